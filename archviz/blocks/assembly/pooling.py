"""Poolings on the canvas."""

from typing import Any

from pydantic import Field
from torch import nn

from archviz.blocks.assembly import plain
from archviz.blocks.assembly.convolution import reaches
from archviz.blocks.assembly.node import Change, Layer, Misfit, NodeConfig, Repair, image, numbers, words
from archviz.core.setup import Inputs


class WindowNodeConfig(NodeConfig):
    """What poolings over a sliding window have in common."""

    kernel: int = Field(2, ge=1, le=64, description="height and width of the window")
    stride: int = Field(2, ge=1, le=64, description="step from one window to the next")
    padding: int = Field(0, ge=0, le=32, description="border that counts as nothing")
    round_up: bool = Field(False, description="whether a last window may reach over the border")

    def _options(self, given: Inputs) -> dict[str, Any]:
        _, height, width = image(given, "A pooling")
        if 2 * self.padding > self.kernel:
            half = self.kernel // 2
            raise Misfit(
                f"The padding of {self.padding} is more than half the window of {self.kernel}; use {half}.",
                Repair(f"Use padding {half}", Change({"padding": half})),
            )
        if (
            self.kernel > min(height, width) + 2 * self.padding
            and self.kernel // 2 * 2 + min(height, width) < self.kernel
        ):
            raise Misfit(
                f"The window of {self.kernel} is larger than the image; use {min(height, width)}.",
                Repair(f"Use kernel {min(height, width)}", Change({"kernel": min(height, width)})),
            )
        reaches(min(height, width), self.kernel, self.padding, "padding", "side")
        options: dict[str, Any] = {}
        if self.stride != self.kernel:
            options["stride"] = self.stride
        if self.padding:
            options["padding"] = self.padding
        if self.round_up:
            options["ceil_mode"] = True
        return options


class MaxPoolNode:
    """Max pooling: the largest value of each window; `c h w` to `c h' w'`."""

    class Config(WindowNodeConfig):
        name = "maxpool"
        title = "Max pooling"

        def layer(self, *given: Inputs) -> Layer:
            return Layer(nn.MaxPool2d, (self.kernel,), self._options(given[0]))


class MeanPoolNode:
    """Mean pooling: the mean of each window; `c h w` to `c h' w'`."""

    class Config(WindowNodeConfig):
        name = "meanpool"
        title = "Mean pooling"

        def layer(self, *given: Inputs) -> Layer:
            return Layer(nn.AvgPool2d, (self.kernel,), self._options(given[0]))


class FitNode:
    """Fit to size: mean pooling with windows of the size that gives this height and width; `c h w` to `c n n`."""

    class Config(NodeConfig):
        name = "fit"
        title = "Fit to size"

        size: int = Field(7, ge=1, le=256, description="height and width that come out")

        def layer(self, *given: Inputs) -> Layer:
            image(given[0], "Fit to size")
            return Layer(nn.AdaptiveAvgPool2d, (self.size,))


class GlobalMeanNode:
    """Global mean: the mean over all places; an image or a row of vectors becomes one row of numbers."""

    class Config(NodeConfig):
        name = "mean"
        title = "Global mean"

        def layer(self, *given: Inputs) -> Layer:
            shape = numbers(given[0], "A mean over places")
            if len(shape) not in (2, 3):
                raise Misfit(f"A mean over places needs an image or vectors, and gets {words(given[0])}.")
            over = "(2, 3)" if len(shape) == 3 else "1"
            return Layer(plain.Mean, inline=lambda x: f"{x}.mean({over})")
