"""See why neural architectures are built the way they are.

from archviz import experiment
experiment("residual/identity").run(seeds=4)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archviz.notebook import experiment

__all__ = ["experiment"]


def __getattr__(name: str) -> Any:
    """`archviz.experiment` on first use: importing archviz alone stays instant."""
    if name == "experiment":
        from archviz.notebook import experiment

        return experiment
    raise AttributeError(f"module 'archviz' has no attribute {name!r}")
