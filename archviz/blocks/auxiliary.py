"""Auxiliary heads: classifiers halfway up a deep network, so that its lower layers get a gradient of their own.

They are used in training only; what the network answers comes from its last layer. A model that has some gives their
logits with `weighted_logits(x)`, and `engine/tasks.py` adds their losses.
"""

from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.dropout import Dropout, DropoutConfig
from archviz.blocks.filters import ConvLayer
from archviz.core.config import Config


class AuxiliaryConfig(Config):
    """Base of every auxiliary head: `build(inputs, classes, layer)` maps `b c h w` to logits `b k`."""

    after: int = Field(0, ge=0, le=255, description="number of the block that it reads, from 0")
    weight: float = Field(0.3, gt=0, le=10, description="weight of its loss beside the last layer's")

    def check(self, layer: ConvLayer.Config) -> None:
        """Raise ValueError, saying what to change, if a head with such layers cannot be built."""


class DenseAuxiliaryHead(nn.Module):
    """Auxiliary head of GoogLeNet: mean over a 4x4 grid, a 1x1 layer, two dense layers.

    Szegedy et al. 2014, arXiv:1409.4842, section 5.
    """

    class Config(AuxiliaryConfig):
        channels: int = Field(128, ge=1, le=4096, description="channels of the 1x1 layer")
        hidden: int = Field(1024, ge=1, le=65_536, description="units of the hidden dense layer")
        dropout: DropoutConfig = Field(Dropout.Config(rate=0.7), description="dropout of the hidden units")

        def check(self, layer: ConvLayer.Config) -> None:
            layer.norm.check(self.channels)

    def __init__(self, config: Config, inputs: int, classes: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        self.grid = nn.AdaptiveAvgPool2d(4)
        self.conv = layer.build(inputs, config.channels)
        self.hidden = nn.Linear(16 * config.channels, config.hidden)
        self.activation = layer.activation.build()
        self.dropout = config.dropout.build()
        self.output = nn.Linear(config.hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(self.grid(x)).flatten(1)  # b c 4 4 -> b (c 4 4)
        return self.output(self.dropout(self.activation(self.hidden(x))))


class ConvAuxiliaryHead(nn.Module):
    """Auxiliary head of Inception v3: mean pooling, a 1x1 layer, a 5x5 layer, one dense layer.

    Szegedy et al. 2015, arXiv:1512.00567, figure 8. Made for 17x17 and nothing smaller.
    """

    class Config(AuxiliaryConfig):
        weight: float = Field(0.4, gt=0, le=10, description="weight of its loss beside the last layer's")
        channels: int = Field(128, ge=1, le=4096, description="channels of the 1x1 layer")
        outputs: int = Field(768, ge=1, le=4096, description="channels of the 5x5 layer")

        def check(self, layer: ConvLayer.Config) -> None:
            layer.norm.check(self.channels)
            layer.norm.check(self.outputs)

    def __init__(self, config: Config, inputs: int, classes: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv1 = layer.build(inputs, config.channels)
        self.conv2 = layer.build(config.channels, config.outputs, 5, padding=0)
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.output = nn.Linear(config.outputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv2(self.conv1(self.pool(x)))  # b c 17 17 -> b c 5 5 -> b c' 1 1
        return self.output(self.mean(x).flatten(1))
