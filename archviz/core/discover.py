"""Discovery: a folder of content is scanned, and every module in it must hold its constant."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def discover(package: str, constant: str) -> tuple[Any, ...]:
    """The `constant` of every module of `package`, in the order of file names; tuples are joined.

    Raises ImportError naming the file when a module lacks the constant: nothing is ever skipped.
    """
    found: list[Any] = []
    for info in iter_modules(import_module(package).__path__):
        module = import_module(f"{package}.{info.name}")
        if not hasattr(module, constant):
            raise ImportError(f"{package}/{info.name}.py has no {constant}; every file in that folder declares one")
        value = getattr(module, constant)
        found.extend(value if isinstance(value, tuple) else (value,))
    return tuple(found)
