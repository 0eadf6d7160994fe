"""Connections on the canvas: how streams meet, and how one shape becomes another."""

from typing import ClassVar

from pydantic import Field
from torch import nn

from archviz.blocks.assembly import plain
from archviz.blocks.assembly.convolution import ConvolutionNode
from archviz.blocks.assembly.head import LinearNode
from archviz.blocks.assembly.node import Insert, Layer, Misfit, NodeConfig, Repair, image, numbers, words
from archviz.core.setup import Inputs


class AddNode:
    """Add: the sum of all inputs, as at the end of a residual block; all must have one shape."""

    class Config(NodeConfig):
        name = "add"
        title = "Add"
        ports: ClassVar[tuple[str, ...]] = ("terms",)
        many: ClassVar[bool] = True

        def layer(self, *given: Inputs) -> Layer:
            shapes = [numbers(one, "Add") for one in given]
            if len(set(shapes)) > 1:
                shown = " and ".join(dict.fromkeys("×".join(map(str, shape)) for shape in shapes))
                raise Misfit(f"All terms of a sum need the same shape, and these are {shown}.", _projection(given))
            return Layer(plain.Add, inline=lambda *x: " + ".join(x))


def _projection(given: tuple[Inputs, ...]) -> Repair | None:
    """The 1x1 convolution (or the matrix) that makes the skip path as the branch is, if there is one."""
    if len(given) != 2 or len(given[0].shape) != len(given[1].shape):
        return None
    skip = min((0, 1), key=lambda port: (given[port].shape[0], -given[port].shape[-1], port))
    here, there = given[skip].shape, given[1 - skip].shape
    if len(here) == 3:
        if here[1:] == there[1:]:
            stride = 1
        else:
            if here[0] == there[0]:  # the larger image is the one that must shrink
                skip = 0 if (here[1] >= there[1] and skip == 0) or (there[1] > here[1] and skip == 1) else 1 - skip
                here, there = given[skip].shape, given[1 - skip].shape
            stride = -(-here[1] // max(1, there[1]))
            if stride < 1 or any(-(-here[d] // stride) != there[d] for d in (1, 2)):
                return None
        node: NodeConfig = ConvolutionNode.Config(channels=there[0], kernel=1, stride=stride, padding=0, bias=False)
        label = f"Project {here[0]} -> {there[0]} on the skip path" + (f" at stride {stride}" if stride > 1 else "")
        return Repair(label, Insert(node, skip))
    if here[:-1] != there[:-1]:
        return None
    skip = 0 if here[-1] <= there[-1] and skip == 0 else skip
    return Repair(
        f"Project {here[-1]} -> {there[-1]} on the skip path", Insert(LinearNode.Config(features=there[-1]), skip)
    )


class MultiplyNode:
    """Multiply: each number times its partner; a row of c numbers turns the channels of an image up or down."""

    class Config(NodeConfig):
        name = "multiply"
        title = "Multiply"
        ports: ClassVar[tuple[str, ...]] = ("input", "gate")

        def layer(self, *given: Inputs) -> Layer:
            x, gate = (numbers(one, "Multiply") for one in given)
            squeezed = len(x) == 3 and gate in ((x[0],), (x[0], 1, 1))
            if x != gate and not squeezed:
                raise Misfit(f"The gate must have the shape of the input, and is {words(given[1])}.")
            channels = len(gate) == 1 and len(x) == 3
            return Layer(plain.Multiply, inline=lambda a, b: f"{a} * {b}{'[:, :, None, None]' if channels else ''}")


class ConcatenateNode:
    """Concatenate: the channels of all inputs, one after another; everything else must agree."""

    class Config(NodeConfig):
        name = "concat"
        title = "Concatenate"
        ports: ClassVar[tuple[str, ...]] = ("parts",)
        many: ClassVar[bool] = True

        def layer(self, *given: Inputs) -> Layer:
            shapes = [numbers(one, "Concatenate") for one in given]
            dim = 1 if len(shapes[0]) == 3 else len(shapes[0])
            rest = {(len(shape), *shape[: dim - 1], *shape[dim:]) for shape in shapes}
            if len(rest) > 1:
                shown = " and ".join(dict.fromkeys("×".join(map(str, shape)) for shape in shapes))
                raise Misfit(f"What is concatenated may differ in channels only, and these are {shown}.")
            return Layer(plain.ConcatenateChannels, (dim,), inline=lambda *x: f"torch.cat(({', '.join(x)}), {dim})")


class FlattenNode:
    """Flatten: all numbers of an example in one row; `c h w` to `(c h w)`."""

    class Config(NodeConfig):
        name = "flatten"
        title = "Flatten"

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "Flatten")
            return Layer(nn.Flatten, inline=lambda x: f"{x}.flatten(1)")


class ResidualNode:
    """Residual block: two 3×3 convolutions whose result is added to what came in; `c h w` to `c' h' w'`."""

    class Config(NodeConfig):
        name = "residual"
        title = "Residual block"

        channels: int = Field(16, ge=1, le=16_384, description="channels that come out")
        stride: int = Field(1, ge=1, le=8, description="2 halves height and width")

        def layer(self, *given: Inputs) -> Layer:
            channels = image(given[0], "A residual block")[0]
            weights = 9 * self.channels * (channels + self.channels)
            return Layer(plain.ResidualUnit, (channels, self.channels, self.stride), weights=weights)
