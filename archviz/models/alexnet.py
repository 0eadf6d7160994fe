"""AlexNet: the convolutional network that won ImageNet in 2012 and made the world look at deep learning.

Krizhevsky, Sutskever & Hinton 2012, "ImageNet Classification with Deep Convolutional Neural Networks".

    layers of convolution, activation, normalization, pooling -> dense head

B batch, C channels, H W height and width. `alexnet` is the single-column version without normalization that
torchvision has (Krizhevsky 2014, arXiv:1404.5997); `alexnet-grouped` is the paper's, cut into two halves that met only
in some layers because one GPU of the time was too small: its convolutions have two groups.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU
from archviz.blocks.dense_head import DenseHead
from archviz.blocks.divisors import check_divides
from archviz.blocks.initialization import HeNormal, InitConfig
from archviz.blocks.norm import LocalResponseNorm, NoNorm, NormConfig
from archviz.blocks.pooling import MaxPool, NoPool, PoolConfig
from archviz.core.config import Config as PartConfig
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.core.tap import Tap

POOL = MaxPool.Config(size=3, stride=2)


class AlexNetLayer(nn.Module):
    """One layer of AlexNet: convolution, activation, and then normalization and pooling where there are any.

    Krizhevsky et al. 2012, sections 3.1 to 3.5.
    """

    class Config(PartConfig):
        channels: int = Field(64, ge=1, le=4096, description="channels that come out")
        size: int = Field(3, ge=1, le=31, description="height and width of the filter")
        stride: int = Field(1, ge=1, le=16, description="step from one place of the filter to the next")
        padding: int = Field(1, ge=0, le=15, description="zeros added at each border")
        groups: int = Field(1, ge=1, le=1024, description="groups of channels that do not see each other")
        activation: ActivationConfig = Field(ReLU.Config(), description="activation after the convolution")
        norm: NormConfig = Field(NoNorm.Config(), description="normalization after the activation")
        pool: PoolConfig = Field(NoPool.Config(), description="pooling at the end")

        def check(self, inputs: int) -> None:
            """Raise ValueError, saying what to change, if the layer cannot follow so many channels."""
            for channels in (inputs, self.channels):
                check_divides(self.groups, channels, f"{channels} channels do not divide into {self.groups} groups")
            self.norm.check(self.channels)

    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, config.channels, config.size, config.stride, config.padding, groups=config.groups)
        self.activation = config.activation.build()
        self.norm = config.norm.build(config.channels)
        self.pool = config.pool.build()
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.pool(self.norm(self.activation(self.conv(x)))))


class AlexNet(nn.Module):
    """AlexNet: images `b c h w` in, one logit for each class out.

    Krizhevsky et al. 2012, figure 2.
    """

    class Config(ModelConfig):
        in_channels: int = Field(3, ge=1, le=64, description="channels of the image")
        classes: int = Field(1000, ge=2, le=100_000, description="classes to choose between")
        layers: tuple[AlexNetLayer.Config, ...] = Field(
            (
                AlexNetLayer.Config(channels=64, size=11, stride=4, padding=2, pool=POOL),
                AlexNetLayer.Config(channels=192, size=5, padding=2, pool=POOL),
                AlexNetLayer.Config(channels=384),
                AlexNetLayer.Config(channels=256),
                AlexNetLayer.Config(channels=256, pool=POOL),
            ),
            min_length=1,
            max_length=32,
            description="the convolutional layers, first to last",
        )
        grid: int = Field(6, ge=1, le=64, description="height and width that the dense head sees; images are fitted")
        head: DenseHead.Config = Field(DenseHead.Config(), description="dense layers on top")
        init: InitConfig = Field(HeNormal.Config(), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            widths = (self.in_channels, *(layer.channels for layer in self.layers))
            for layer, (inputs, _) in zip(self.layers, pairwise(widths), strict=True):
                layer.check(inputs)
            return self

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(len(config.layers))
        layers, channels = [], config.in_channels
        for layer in config.layers:
            layers.append(layer.build(channels))
            channels = layer.channels
        self.layers = nn.Sequential(*layers)
        self.grid = nn.AdaptiveAvgPool2d(config.grid)
        self.head = config.head.build(channels * config.grid**2, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.grid(self.layers(x)).flatten(1))  # b c h w -> b (c h w)

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def grouped_alexnet() -> AlexNet.Config:
    """AlexNet as published: two halves that meet in the third layer and in the dense ones, and normalization."""
    norm = LocalResponseNorm.Config()
    return AlexNet.Config(
        layers=(
            AlexNetLayer.Config(channels=96, size=11, stride=4, padding=2, norm=norm, pool=POOL),
            AlexNetLayer.Config(channels=256, size=5, padding=2, groups=2, norm=norm, pool=POOL),
            AlexNetLayer.Config(channels=384),
            AlexNetLayer.Config(channels=384, groups=2),
            AlexNetLayer.Config(channels=256, groups=2, pool=POOL),
        )
    )


def small_alexnet(
    *, widths: tuple[int, ...] = (12, 24, 24), hidden: tuple[int, ...] = (64,), in_channels: int = 1, classes: int = 10
) -> AlexNet.Config:
    """An AlexNet for small pictures: one 5x5 layer, then 3x3 layers; pooling after each of the first two.

    The dense head sees a grid of 3x3, which is what 14x14 becomes; larger pictures are fitted to it.
    """
    first = AlexNetLayer.Config(channels=widths[0], size=5, padding=2, pool=MaxPool.Config())
    rest = (
        AlexNetLayer.Config(channels=width, pool=MaxPool.Config() if index == 0 else NoPool.Config())
        for index, width in enumerate(widths[1:])
    )
    return AlexNet.Config(
        in_channels=in_channels,
        classes=classes,
        layers=(first, *rest),
        grid=3,
        head=DenseHead.Config(hidden=hidden),
    )


def _paper(name: str, title: str, config: AlexNet.Config, source: str) -> Architecture:
    return Architecture(
        name=name, title=title, scale="paper", config=config, inputs=Inputs(shape=(3, 224, 224)), source=source
    )


MODELS = (
    _paper("alexnet", "AlexNet", AlexNet.Config(), "Krizhevsky 2014, arXiv:1404.5997, as in torchvision"),
    _paper("alexnet-grouped", "AlexNet on two GPUs", grouped_alexnet(), "Krizhevsky et al. 2012, section 3.5"),
    Architecture(
        name="alexnet-small",
        title="AlexNet for MNIST",
        scale="playground",
        config=small_alexnet(),
        inputs=Inputs(shape=(1, 14, 14)),
        source="after Krizhevsky et al. 2012",
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision AlexNet under this model's names."""
    names = {
        "features.0": "layers.0.conv",
        "features.3": "layers.1.conv",
        "features.6": "layers.2.conv",
        "features.8": "layers.3.conv",
        "features.10": "layers.4.conv",
        "classifier.1": "head.hidden.0.linear",
        "classifier.4": "head.hidden.1.linear",
        "classifier.6": "head.output",
    }
    return {f"{names[layer]}.{leaf}": value for key, value in state.items() for layer, _, leaf in [key.rpartition(".")]}
