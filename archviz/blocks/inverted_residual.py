"""Inverted residual blocks: narrow between blocks, wide inside them, where a depthwise convolution is cheap.

    x -> 1x1 to many channels -> depthwise k x k -> 1x1 to few channels -> + x

Sandler et al. 2018, arXiv:1801.04381; Tan & Le 2019, arXiv:1905.11946. All map `b c h w` to `b c' h' w'`; a stride of
2 halves height and width.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Self

from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU6
from archviz.blocks.excitation import ExcitationConfig, NoExcitation
from archviz.blocks.norm import BatchNorm, NormConfig
from archviz.blocks.residual import SkipConfig, convolution
from archviz.blocks.separable import FilterSize
from archviz.blocks.stochastic_depth import NoStochasticDepth, StochasticDepthConfig
from archviz.core.config import Config as PartConfig
from archviz.core.tap import Tap


class ProjectionEndConfig(PartConfig):
    """Base of what ends the narrow side of a block: `build()` keeps the shape of its input."""


class LinearBottleneck(nn.Identity):
    """Linear bottleneck: nothing after the last 1x1 convolution, since ReLU would lose what so few channels hold.

    Sandler et al. 2018, section 3.2 and figure 1.
    """

    class Config(ProjectionEndConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class ReLU6Bottleneck(nn.ReLU6):
    """ReLU6 bottleneck: the last 1x1 convolution is followed by ReLU6, as every other one is.

    Sandler et al. 2018, figure 6a.
    """

    class Config(ProjectionEndConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class SameShapeSkip(nn.Module):
    """Identity path where it needs no help: x + F(x) if the shapes agree, else F(x) alone.

    Sandler et al. 2018, figure 4d.
    """

    class Config(SkipConfig):
        pass

    def __init__(self, config: Config, inputs: int, outputs: int, stride: int, norm: NormConfig) -> None:
        super().__init__()
        self.adds = inputs == outputs and stride == 1

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return x + branch if self.adds else branch

    def extra_repr(self) -> str:
        return "x + F(x)" if self.adds else "F(x)"


class InvertedResidual(nn.Module):
    """Inverted residual block: 1x1 up, depthwise k x k, 1x1 down to a linear bottleneck; y = x + F(x).

    Sandler et al. 2018, table 1. With squeeze and excitation before the last 1x1 it is EfficientNet's MBConv
    (Tan & Le 2019, table 1). At `expansion` 1 the first 1x1 is left out.
    """

    class Config(PartConfig):
        norm: NormConfig = Field(BatchNorm.Config(), description="normalization after every convolution")
        activation: ActivationConfig = Field(ReLU6.Config(), description="activation on the wide side")
        excitation: ExcitationConfig = Field(NoExcitation.Config(), description="turns channels of the wide side down")
        bottleneck: ProjectionEndConfig = Field(LinearBottleneck.Config(), description="what ends the narrow side")
        skip: SkipConfig = Field(SameShapeSkip.Config(), description="how the input joins the branch")
        stochastic_depth: StochasticDepthConfig = Field(
            NoStochasticDepth.Config(), description="leaving branches out in training, where the input goes on"
        )

        def check(self, inputs: int, outputs: int, expansion: int) -> None:
            """Raise ValueError, saying what to change, if a block between so many channels cannot be built."""
            self.norm.check(expansion * inputs)
            self.norm.check(outputs)

    def __init__(
        self,
        config: Config,
        inputs: int,
        outputs: int,
        *,
        expansion: int = 6,
        size: FilterSize = 3,
        stride: int = 1,
        place: float = 0.0,
    ) -> None:
        super().__init__()
        wide = expansion * inputs
        self.expand: nn.Module = nn.Identity()
        if expansion != 1:
            self.expand = _layer(convolution(inputs, wide, 1, config.norm), config.norm, config.activation)
        depthwise = convolution(wide, wide, size, config.norm, stride, groups=wide)
        self.depthwise = _layer(depthwise, config.norm, config.activation)
        self.excitation = config.excitation.build(wide, inputs)
        self.project = _layer(convolution(wide, outputs, 1, config.norm), config.norm, config.bottleneck)
        keeps = config.skip.keeps and inputs == outputs and stride == 1
        self.stochastic_depth = config.stochastic_depth.build(place) if keeps else nn.Identity()
        self.skip = config.skip.build(inputs, outputs, stride, config.norm)
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        y = self.excitation(self.depthwise(self.expand(x)))
        y = self.stochastic_depth(self.project(y))
        return self.output(self.skip(x, y))


def _layer(conv: nn.Conv2d, norm: NormConfig, end: ActivationConfig | ProjectionEndConfig) -> nn.Sequential:
    return nn.Sequential(OrderedDict(conv=conv, norm=norm.build(conv.out_channels), activation=end.build()))


class InvertedStage(nn.Sequential):
    """Stage: inverted residual blocks of one width; only the first may halve height and width.

    Sandler et al. 2018, table 2; Tan & Le 2019, table 1.
    """

    class Config(PartConfig):
        width: int = Field(16, ge=1, le=4096, description="channels between the blocks")
        depth: int = Field(1, ge=1, le=64, description="number of blocks")
        stride: int = Field(1, ge=1, le=2, description="stride of the first block: 2 halves height and width")
        expansion: int = Field(6, ge=1, le=16, description="how many times more channels the blocks have inside")
        size: FilterSize = Field(3, description="height and width of the depthwise filters")

        def check(self, inputs: int, block: InvertedResidual.Config) -> None:
            """Raise ValueError, saying what to change, if such blocks cannot follow so many channels."""
            block.check(inputs, self.width, self.expansion)
            block.check(self.width, self.width, self.expansion)

        def scaled(self, width: float, depth: float, multiple: int) -> Self:
            """A stage with `width` times the channels, in multiples of `multiple`, and `depth` times the blocks."""
            channels = scaled_width(self.width, width, multiple)
            return self.replace(width=channels, depth=math.ceil(self.depth * depth))

    def __init__(self, config: Config, inputs: int, block: InvertedResidual.Config, places: Sequence[float]) -> None:
        blocks = []
        for number, place in enumerate(places):
            stride = config.stride if number == 0 else 1
            blocks.append(
                block.build(
                    inputs, config.width, expansion=config.expansion, size=config.size, stride=stride, place=place
                )
            )
            inputs = config.width
        super().__init__(*blocks)


def scaled_width(width: int, factor: float, multiple: int) -> int:
    """`factor` times `width`, rounded to a multiple, but never down by more than a tenth.

    >>> [scaled_width(32, factor, 8) for factor in (1.0, 1.1, 1.2)]
    [32, 32, 40]
    """
    wanted = width * factor
    rounded = max(multiple, int(wanted + multiple / 2) // multiple * multiple)
    return rounded + multiple if rounded < 0.9 * wanted else rounded
