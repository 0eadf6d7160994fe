"""Configs: a model is a tree of frozen, validated descriptions; a tweak is a function from tree to tree."""

import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from operator import attrgetter
from typing import Any, TypeVar

from pydantic import ConfigDict

from archviz.core.record import Record


class Config(Record):
    """Description of one part, declared inside the part's class: `class ReLU: class Config(Config): ...`."""

    model_config = ConfigDict(allow_inf_nan=False)

    def build(self, *shape: Any, **options: Any) -> Any:
        """The part this config describes: `Part(config, *shape)`. `shape` is what only the surroundings know."""
        cls = type(self)
        owner, _, name = cls.__qualname__.rpartition(".")
        if not owner or name != "Config" or "<locals>" in owner:
            raise TypeError(f"{cls.__qualname__} is not declared as `Config` inside a part, so it cannot be built")
        return attrgetter(owner)(sys.modules[cls.__module__])(self, *shape, **options)


C = TypeVar("C", bound=Config)
R = TypeVar("R", bound=Config)


def walk(root: Config, path: str = "") -> Iterator[tuple[str, Config]]:
    """Every config of the tree with its dotted path, parents first; the root has the empty path."""
    yield path, root
    for name, value in root:
        yield from _walk_value(value, f"{path}.{name}" if path else name)


def _walk_value(value: Any, path: str) -> Iterator[tuple[str, Config]]:
    if isinstance(value, Config):
        yield from walk(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk_value(item, f"{path}.{index}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk_value(item, f"{path}.{key}")


def swap(root: R, kind: type[C], replacement: Callable[[C], Config], where: str = "*") -> R:
    """A new tree in which every config of `kind` whose path matches `where` is replaced; the base is unchanged.

    `where` is a shell pattern over dotted paths ("model.blocks.*.norm"). Parts below a replaced part are replaced
    first. Raises pydantic's ValidationError if a replacement does not fit in its place.
    """

    def change(value: Any, path: str) -> Any:
        if isinstance(value, Config):
            fields = {name: change(item, f"{path}.{name}" if path else name) for name, item in value}
            changed = any(fields[name] is not item for name, item in value)
            value = type(value).model_validate(fields) if changed else value
            return replacement(value) if isinstance(value, kind) and fnmatchcase(path, where) else value
        if isinstance(value, tuple):
            items = tuple(change(item, f"{path}.{index}") for index, item in enumerate(value))
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if isinstance(value, dict):
            named = {key: change(item, f"{path}.{key}") for key, item in value.items()}
            return named if any(named[key] is not item for key, item in value.items()) else value
        return value

    return change(root, "")  # type: ignore[no-any-return]


def edit(root: R, path: str, **changes: Any) -> R:
    """A new tree in which fields of the one config at `path` are changed: `edit(setup, "recipe.optimizer", lr=0.1)`."""
    head, _, rest = path.partition(".")
    if not head:
        return root.replace(**changes)
    return root.replace(**{head: edit(getattr(root, head), rest, **changes)})
