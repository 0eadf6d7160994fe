"""Heads on the canvas: what reads the answer off the last block."""

from typing import ClassVar

from pydantic import Field
from torch import nn

from archviz.blocks.assembly import plain
from archviz.blocks.assembly.node import Insert, Layer, Misfit, NodeConfig, Repair, numbers, vectors, words
from archviz.core.setup import Inputs


class LinearNode:
    """Linear: every output is a weighted sum of all inputs; acts on a row of numbers, or on each vector by itself."""

    class Config(NodeConfig):
        name = "linear"
        title = "Linear"

        features: int = Field(10, ge=1, le=1_000_000, description="numbers that come out; classes, if it is the last")
        bias: bool = Field(True, description="whether a number is added to each output")

        def layer(self, *given: Inputs) -> Layer:
            shape = numbers(given[0], "Linear")
            if len(shape) == 3:
                from archviz.blocks.assembly.connection import FlattenNode

                raise Misfit(
                    f"Linear needs a row of numbers, and gets {words(given[0])}.",
                    Repair("Insert Flatten", Insert(FlattenNode.Config())),
                )
            options = {} if self.bias else {"bias": False}
            return Layer(nn.Linear, (shape[-1], self.features), options, weights=shape[-1] * self.features)


class TiedNode:
    """Tied head: a score for every token, by the matrix of the token embedding itself; `l d` to `l v`.

    Press & Wolf 2017, arXiv:1608.05859; as GPT-2 and BERT have it. No parameters of its own.
    """

    class Config(NodeConfig):
        name = "tied"
        title = "Tied head"
        ports: ClassVar[tuple[str, ...]] = ("input", "embedding")
        tied: ClassVar[int] = 1

        def layer(self, *given: Inputs) -> Layer:
            shape = numbers(given[0], "A tied head")
            _, width = given[1].shape
            if shape[-1] != width or len(shape) == 3:
                repair = Repair(f"Project {shape[-1]} -> {width}", Insert(LinearNode.Config(features=width)))
                raise Misfit(
                    f"A tied head needs vectors as wide as the token embedding ({width}), and gets {words(given[0])}.",
                    repair if len(shape) < 3 else None,
                )
            return Layer(plain.TiedHead, inline=lambda x, matrix: f"F.linear({x}, {matrix})")


class TakeFirstNode:
    """First vector: that of the class token; `l d` to `d`."""

    class Config(NodeConfig):
        name = "first"
        title = "First vector"

        def layer(self, *given: Inputs) -> Layer:
            vectors(given[0], "First vector")
            return Layer(plain.Take, (0,), inline=lambda x: f"{x}[:, 0]")


class TakeLastNode:
    """Last vector: what a recurrent network knows in the end; `l d` to `d`."""

    class Config(NodeConfig):
        name = "last"
        title = "Last vector"

        def layer(self, *given: Inputs) -> Layer:
            vectors(given[0], "Last vector")
            return Layer(plain.Take, (-1,), inline=lambda x: f"{x}[:, -1]")
