"""Convolution layers: a full convolution, and the same in two cheap steps, each with normalization and activation.

    full                 every filter looks at every channel          k^2 M N     multiplications at each position
    depthwise separable  one filter a channel, then 1x1 mixes them    k^2 M + M N

for M channels in, N out and filters of size k: the second costs 1/N + 1/k^2 of the first. Both map `b c h w` to
`b c' h' w'`; a stride of 2 halves height and width.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU6
from archviz.blocks.norm import BatchNorm, NormConfig
from archviz.blocks.residual import convolution
from archviz.core.config import Config
from archviz.core.tap import Tap

FilterSize = Literal[1, 3, 5, 7]
"""Height and width of a filter; odd, so that it has a middle and the image can keep its size."""


class ConvolutionLayerConfig(Config):
    """Base of every convolution layer: `build(inputs, outputs, stride)` maps `b c h w` to `b c' h' w'`."""

    size: FilterSize = Field(3, description="height and width of the filters")
    norm: NormConfig = Field(BatchNorm.Config(), description="normalization after every convolution")
    activation: ActivationConfig = Field(ReLU6.Config(), description="activation after every normalization")

    def check(self, inputs: int, outputs: int) -> None:
        """Raise ValueError, saying what to change, if a layer between so many channels cannot be built."""
        self.norm.check(outputs)


class FullConvolution(nn.Module):
    """Full convolution: every filter looks at every channel; then normalization and activation.

    LeCun et al. 1998.
    """

    class Config(ConvolutionLayerConfig):
        pass

    def __init__(self, config: Config, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = convolution(inputs, outputs, config.size, config.norm, stride)
        self.norm = config.norm.build(outputs)
        self.activation = config.activation.build()
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.activation(self.norm(self.conv(x))))


class DepthwiseSeparable(nn.Module):
    """Depthwise separable convolution: one filter for each channel, then a 1x1 convolution that mixes channels.

    Howard et al. 2017, arXiv:1704.04861, section 3.1 and figure 3; normalization and activation after both steps.
    """

    class Config(ConvolutionLayerConfig):
        def check(self, inputs: int, outputs: int) -> None:
            self.norm.check(inputs)
            self.norm.check(outputs)

    def __init__(self, config: Config, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.depthwise = convolution(inputs, inputs, config.size, config.norm, stride, groups=inputs)
        self.depthwise_norm = config.norm.build(inputs)
        self.depthwise_activation = config.activation.build()
        self.pointwise = convolution(inputs, outputs, 1, config.norm)
        self.pointwise_norm = config.norm.build(outputs)
        self.pointwise_activation = config.activation.build()
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        x = self.depthwise_activation(self.depthwise_norm(self.depthwise(x)))
        return self.output(self.pointwise_activation(self.pointwise_norm(self.pointwise(x))))
