"""Convolutions on the canvas."""

from pydantic import Field
from torch import nn

from archviz.blocks.assembly.node import Change, Layer, Misfit, NodeConfig, Repair, divisor, image
from archviz.core.setup import Inputs


def reaches(size: int, kernel: int, padding: int, field: str, along: str) -> None:
    """Raises Misfit when a kernel is larger than the padded image, with the padding that mends it."""
    if size + 2 * padding < kernel:
        needed = -(-(kernel - size) // 2)
        raise Misfit(
            f"The kernel of {kernel} is larger than the image, which has a {along} of {size}"
            + (f" and {padding} of padding" if padding else "")
            + f"; use padding {needed} or a smaller kernel.",
            Repair(f"Use padding {needed}", Change({field: needed})),
        )


def grouped(channels: int, filters: int, groups: int) -> None:
    """Raises Misfit when channels do not divide into groups."""
    for count, what in ((channels, "channels"), (filters, "filters")):
        if count % groups:
            near = divisor(_common(channels, filters), groups)
            raise Misfit(
                f"{count} {what} do not divide into {groups} groups; use {near}.",
                Repair(f"Use {near} group{'s' if near > 1 else ''}", Change({"groups": near})),
            )


def _common(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


class ConvolutionNode:
    """Convolution: slides small square filters over an image; `c h w` to `c' h' w'`."""

    class Config(NodeConfig):
        name = "conv"
        title = "Convolution"

        channels: int = Field(16, ge=1, le=65_536, description="filters, and so channels that come out")
        kernel: int = Field(3, ge=1, le=64, description="height and width of a filter")
        stride: int = Field(1, ge=1, le=64, description="step from one place of the filter to the next")
        padding: int = Field(1, ge=0, le=64, description="zeros added at each border")
        groups: int = Field(1, ge=1, le=65_536, description="groups of channels that do not see each other")
        bias: bool = Field(True, description="whether a number is added to each channel")

        def layer(self, *given: Inputs) -> Layer:
            channels, height, width = image(given[0], "A convolution")
            grouped(channels, self.channels, self.groups)
            reaches(min(height, width), self.kernel, self.padding, "padding", "side")
            options: dict[str, object] = {}
            if self.stride != 1:
                options["stride"] = self.stride
            if self.padding:
                options["padding"] = self.padding
            if self.groups != 1:
                options["groups"] = self.groups
            if not self.bias:
                options["bias"] = False
            weights = channels // self.groups * self.channels * self.kernel**2
            return Layer(nn.Conv2d, (channels, self.channels, self.kernel), options, weights=weights)


class RectangularNode:
    """Rectangular convolution: filters of any height and width, such as 1×7; `c h w` to `c' h' w'`."""

    class Config(NodeConfig):
        name = "rectangular"
        title = "Rectangular convolution"

        channels: int = Field(16, ge=1, le=65_536, description="filters, and so channels that come out")
        height: int = Field(1, ge=1, le=64, description="height of a filter")
        width: int = Field(7, ge=1, le=64, description="width of a filter")
        stride: int = Field(1, ge=1, le=64, description="step from one place of the filter to the next")
        pad_height: int = Field(0, ge=0, le=64, description="zeros added at top and bottom")
        pad_width: int = Field(3, ge=0, le=64, description="zeros added at left and right")
        bias: bool = Field(True, description="whether a number is added to each channel")

        def layer(self, *given: Inputs) -> Layer:
            channels, height, width = image(given[0], "A convolution")
            reaches(height, self.height, self.pad_height, "pad_height", "height")
            reaches(width, self.width, self.pad_width, "pad_width", "width")
            options: dict[str, object] = {"padding": (self.pad_height, self.pad_width)}
            if self.stride != 1:
                options["stride"] = self.stride
            if not self.bias:
                options["bias"] = False
            weights = channels * self.channels * self.height * self.width
            return Layer(nn.Conv2d, (channels, self.channels, (self.height, self.width)), options, weights=weights)


class DepthwiseNode:
    """Depthwise convolution: one filter for each channel by itself; `c h w` to `c h' w'`."""

    class Config(NodeConfig):
        name = "depthwise"
        title = "Depthwise convolution"

        kernel: int = Field(3, ge=1, le=64, description="height and width of a filter")
        stride: int = Field(1, ge=1, le=64, description="step from one place of the filter to the next")
        padding: int = Field(1, ge=0, le=64, description="zeros added at each border")
        bias: bool = Field(True, description="whether a number is added to each channel")

        def layer(self, *given: Inputs) -> Layer:
            channels, height, width = image(given[0], "A depthwise convolution")
            reaches(min(height, width), self.kernel, self.padding, "padding", "side")
            options: dict[str, object] = {"groups": channels}
            if self.stride != 1:
                options["stride"] = self.stride
            if self.padding:
                options["padding"] = self.padding
            if not self.bias:
                options["bias"] = False
            return Layer(nn.Conv2d, (channels, channels, self.kernel), options, weights=channels * self.kernel**2)
