"""Filters: ways to look at n x n pixels around each place, and the layer that they are made of.

    square        n x n                      n^2 M N                      weights
    factorized    1 x n, then n x 1          n M M + n M N                2 / n of the square when M = N
    stacked       (n - 1) / 2 times 3 x 3    9 (n - 3) / 2 M M + 9 M N    9 (n - 1) / (2 n^2) of it when M = N

for M channels in and N out. All have the same field of view and map `b c h w` to `b c' h w`. The cheaper ones have
activations in between, and cannot be every filter: a row and a column multiply to a matrix of rank 1.
"""

from collections import OrderedDict

from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU
from archviz.blocks.norm import BatchNorm, NormConfig
from archviz.core.config import Config as PartConfig


class ConvLayer(nn.Module):
    """Layer: convolution of any shape, normalization, activation.

    `size` is that of the filter, (height, width) or one number for both; without `padding` the image keeps its height
    and width at stride 1.
    """

    class Config(PartConfig):
        norm: NormConfig = Field(BatchNorm.Config(), description="normalization after the convolution")
        activation: ActivationConfig = Field(ReLU.Config(), description="activation after the normalization")

    def __init__(
        self,
        config: Config,
        inputs: int,
        outputs: int,
        size: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int | None = None,
    ) -> None:
        super().__init__()
        height, width = (size, size) if isinstance(size, int) else size
        around = (height // 2, width // 2) if padding is None else (padding, padding)
        self.conv = nn.Conv2d(inputs, outputs, (height, width), stride, around, bias=not config.norm.shifts)
        self.norm = config.norm.build(outputs)
        self.activation = config.activation.build()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.norm(self.conv(x)))


class FilterConfig(PartConfig):
    """Base of every filter: `build(inputs, outputs, size, layer)` looks at size x size pixels; `size` must be odd.

    With `column_first` a filter that takes rows and columns apart begins with the column.
    """


class SquareFilter(ConvLayer):
    """Square filter: one n x n convolution."""

    class Config(FilterConfig):
        pass

    def __init__(
        self, config: Config, inputs: int, outputs: int, size: int, layer: ConvLayer.Config, column_first: bool = False
    ) -> None:
        super().__init__(layer, inputs, outputs, size)


class FactorizedFilter(nn.Sequential):
    """Factorized filter: a 1 x n convolution and an n x 1 convolution.

    Szegedy et al. 2015, arXiv:1512.00567, section 3.2 and figure 3.
    """

    class Config(FilterConfig):
        pass

    def __init__(
        self, config: Config, inputs: int, outputs: int, size: int, layer: ConvLayer.Config, column_first: bool = False
    ) -> None:
        shapes = {"row": (1, size), "column": (size, 1)}
        first, second = reversed(shapes) if column_first else shapes
        steps = OrderedDict[str, nn.Module]()
        steps[first] = layer.build(inputs, inputs, shapes[first])
        steps[second] = layer.build(inputs, outputs, shapes[second])
        super().__init__(steps)


class StackedFilter(nn.Sequential):
    """Stacked filter: as many 3 x 3 convolutions as it takes to see n x n.

    Simonyan & Zisserman 2014, arXiv:1409.1556, section 2.3; Szegedy et al. 2015, arXiv:1512.00567, section 3.1.
    """

    class Config(FilterConfig):
        pass

    def __init__(
        self, config: Config, inputs: int, outputs: int, size: int, layer: ConvLayer.Config, column_first: bool = False
    ) -> None:
        between = [inputs] * (size // 2 - 1)
        super().__init__(*(layer.build(inputs, width, 3) for width in (*between, outputs)))


def check_odd(size: int) -> None:
    """Raise ValueError unless a filter of this size has a middle, so that the image can keep its size."""
    if size % 2 == 0:
        raise ValueError(f"a filter of size {size} has no middle; use {size - 1} or {size + 1}")
