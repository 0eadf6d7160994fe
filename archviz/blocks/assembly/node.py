"""Nodes: the contract of every block that can be put on the canvas.

A node says which plain torch layer it becomes, given what comes in. That one description is read twice: `Layer.build`
makes the module that trains here, `Layer.source` writes the line that makes the same module anywhere. Where a part of
ours has taps to look inside, it takes the place of the plain layer here; tests compare the two.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import nn

from archviz.core.config import Config
from archviz.core.setup import Inputs

MOST_PARAMETERS = 500_000_000
"""Of one layer: more are refused before anything is allocated."""
MOST_VALUES = 2**28
"""Numbers that one block may give for one example (1 GiB)."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """A repair: other values for fields of the node at fault."""

    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Insert:
    """A repair: a new node on the line into this port of the node at fault."""

    node: "NodeConfig"
    port: int = 0


@dataclass(frozen=True)
class Repair:
    """What would mend a misfit, in words and as one change."""

    label: str
    change: Change | Insert


class Misfit(ValueError):
    """A node that cannot take what comes in; the message is one sentence for the reader, `repair` may mend it."""

    def __init__(self, sentence: str, repair: Repair | None = None) -> None:
        super().__init__(sentence)
        self.repair = repair


@dataclass(frozen=True)
class Layer:
    """A plain torch module as its class and arguments."""

    factory: type[nn.Module]
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    inline: Callable[..., str] | None = None
    """For operations without parameters that Python says in one expression: the operands' names to that expression."""
    weights: int = 0
    """Parameters that it will have, where that is known before it is built."""
    tapped: Callable[[], nn.Module] | None = None
    """The same layer with taps, parameters under the same names, where there is something to look at inside."""

    def build(self) -> nn.Module:
        """The module."""
        return self.tapped() if self.tapped else self.factory(*self.args, **self.options)

    def source(self) -> str:
        """The expression that makes it, in Python: torch's own layers by `nn.`, ours by their name."""
        own = not self.factory.__module__.startswith("torch.")
        shown = [repr(value) for value in self.args]
        shown += [f"{name}={value!r}" for name, value in self.options.items()]
        return f"{'' if own else 'nn.'}{self.factory.__name__}({', '.join(shown)})"


class NodeConfig(Config):
    """Base of every block on the canvas: `layer(*given)` is the torch layer that it becomes."""

    name: ClassVar[str]
    """What its nodes are called: `conv` gives conv1, conv2, ..."""
    title: ClassVar[str]
    hint: ClassVar[str] = ""
    ports: ClassVar[tuple[str, ...]] = ("input",)
    many: ClassVar[bool] = False
    """Whether the last port takes any number of lines, at least two."""
    tied: ClassVar[int] = 0
    """How many of the ports, the last ones, take the matrix of an embedding instead of what it gives."""

    def layer(self, *given: Inputs) -> Layer:
        """The layer for such inputs. Raises Misfit when they do not go together."""
        raise NotImplementedError

    def matrix(self, *given: Inputs) -> Inputs | None:
        """The matrix that other blocks may share, if it has one."""
        return None

    def examples(self, *given: Inputs) -> tuple[torch.Tensor, ...]:
        """What its layer is called with, on the meta device: one example of each value, and each matrix."""
        values = len(given) - self.tied
        return (*(empty(one) for one in given[:values]), *(empty(one)[0] for one in given[values:]))

    def gives(self, layer: nn.Module, *given: Inputs) -> Inputs:
        """What comes out of the built layer, found on the meta device."""
        with torch.no_grad():
            out = layer(*self.examples(*given))
        return Inputs(shape=tuple(out.shape[1:]))


def empty(given: Inputs) -> torch.Tensor:
    """One example of this shape on the meta device."""
    kind = torch.int64 if given.tokens else torch.float32
    return torch.empty((1, *given.shape), dtype=kind, device="meta")


def words(given: Inputs) -> str:
    """What a value is, for a sentence: "an image of 16×8×8"."""
    size = "×".join(map(str, given.shape))
    if given.tokens:
        return f"{size} tokens"
    kinds = {1: f"a row of {size} numbers", 2: f"{given.shape[0]} vectors of {given.shape[-1]}"}
    return kinds.get(len(given.shape), f"an image of {size}")


def image(given: Inputs, what: str) -> tuple[int, int, int]:
    """Channels, height and width. Raises Misfit unless it is an image."""
    if given.tokens or len(given.shape) != 3:
        raise Misfit(f"{what} needs an image, and gets {words(given)}.")
    return given.shape


def vectors(given: Inputs, what: str) -> tuple[int, int]:
    """Length and width. Raises Misfit unless it is a row of vectors."""
    if not given.tokens and len(given.shape) == 2:
        return given.shape
    from archviz.blocks.assembly import embedding

    if given.tokens:
        repair = Repair("Insert Token embedding", Insert(embedding.TokensNode.Config()))
        raise Misfit(f"{what} needs vectors, and gets token numbers.", repair)
    repair = Repair("Insert Image to vectors", Insert(embedding.SequenceNode.Config()))
    raise Misfit(f"{what} needs a row of vectors, and gets {words(given)}.", repair if len(given.shape) == 3 else None)


def numbers(given: Inputs, what: str) -> Shape:
    """The shape of real values of any kind. Raises Misfit for token numbers."""
    if given.tokens:
        from archviz.blocks.assembly import embedding

        repair = Repair("Insert Token embedding", Insert(embedding.TokensNode.Config()))
        raise Misfit(f"{what} needs real numbers, and gets token numbers.", repair)
    return given.shape


def channels(given: Inputs) -> int:
    """The size along which parts are normalized, attended or concatenated: `c` of an image, `d` of vectors."""
    return given.shape[0] if len(given.shape) == 3 else given.shape[-1]


def divisor(number: int, wanted: int) -> int:
    """The divisor of `number` that is nearest to `wanted`."""
    found = [d for d in range(1, math.isqrt(number) + 1) if number % d == 0]
    return min((*found, *(number // d for d in found)), key=lambda d: (abs(d - wanted), d))


def check_size(layer: Layer, count: int | None = None) -> None:
    """Raises Misfit for a layer of absurd size: by its `weights` before it is built, then by its true `count`."""
    parameters = layer.weights if count is None else count
    if parameters > MOST_PARAMETERS:
        raise Misfit(
            f"This layer would have {parameters:,} parameters, more than {MOST_PARAMETERS:,}; make it narrower, "
            "or make what comes in smaller."
        )


def reason(error: Exception) -> str:
    """What torch says, as one sentence."""
    said = re.sub(r"\s+", " ", str(error).strip().split("\n")[0]) or type(error).__name__
    return f"Torch refuses: {said[:200].rstrip('.')}."
