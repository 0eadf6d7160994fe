"""VGG: how far one gets with nothing but 3x3 convolutions, if there are enough of them.

Simonyan & Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image Recognition", arXiv:1409.1556.

    stages of 3x3 layers, each stage ending in pooling -> dense head

B batch, C channels, H W height and width. Two 3x3 layers see 5x5, three see 7x7, with fewer weights than one large
filter and an activation in between; each pooling halves H and W.
"""

from collections.abc import Mapping
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU
from archviz.blocks.dense_head import DenseHead
from archviz.blocks.initialization import HeNormal, InitConfig
from archviz.blocks.norm import BatchNorm, NoNorm, NormConfig
from archviz.blocks.pooling import MaxPool, PoolConfig
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.core.tap import Tap


class VGGLayer(nn.Module):
    """One layer of VGG: 3x3 convolution, normalization where there is one, activation.

    Simonyan & Zisserman 2014, section 2.1. The convolution keeps its bias under batch normalization, as in torchvision.
    """

    def __init__(self, norm: NormConfig, activation: ActivationConfig, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = norm.build(outputs)
        self.activation = activation.build()
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.activation(self.norm(self.conv(x))))


class VGG(nn.Module):
    """VGG: images `b c h w` in, one logit for each class out.

    Simonyan & Zisserman 2014, table 1.
    """

    class Config(ModelConfig):
        in_channels: int = Field(3, ge=1, le=64, description="channels of the image")
        classes: int = Field(1000, ge=2, le=100_000, description="classes to choose between")
        depths: tuple[int, ...] = Field((2, 2, 3, 3, 3), min_length=1, max_length=8, description="layers in each stage")
        widths: tuple[int, ...] = Field(
            (64, 128, 256, 512, 512), min_length=1, max_length=8, description="channels by stage"
        )
        norm: NormConfig = Field(NoNorm.Config(), description="normalization after every convolution")
        activation: ActivationConfig = Field(ReLU.Config(), description="activation of every convolution")
        pool: PoolConfig = Field(MaxPool.Config(), description="pooling at the end of every stage")
        grid: int = Field(7, ge=1, le=64, description="height and width that the dense head sees; images are fitted")
        head: DenseHead.Config = Field(DenseHead.Config(), description="dense layers on top")
        init: InitConfig = Field(HeNormal.Config(), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            if len(self.depths) != len(self.widths):
                raise ValueError(f"{len(self.depths)} depths, {len(self.widths)} widths; give each stage one of both")
            if min(self.depths) < 1 or min(self.widths) < 1:
                raise ValueError("a stage needs at least one layer and one channel")
            for width in self.widths:
                self.norm.check(width)
            return self

        @property
        def depth(self) -> int:
            """Layers with weights on the way through: the number in a network's name."""
            return sum(self.depths) + len(self.head.hidden) + 1

        def with_depth(self, depth: int) -> Self:
            """The same network with so many layers, its convolutions spread evenly over its stages."""
            dense, stages = len(self.head.hidden) + 1, len(self.depths)
            layers, rest = divmod(depth - dense, stages)
            if rest or layers < 1:
                near = max(1, round((depth - dense) / stages)) * stages + dense
                raise ValueError(f"depth {depth} is not {stages}n + {dense} for any n of at least 1; use {near}")
            return self.replace(depths=(layers,) * stages)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(sum(config.depths))
        channels = config.in_channels
        stages = []
        for depth, width in zip(config.depths, config.widths, strict=True):
            layers: list[nn.Module] = []
            for _ in range(depth):
                layers.append(VGGLayer(config.norm, config.activation, channels, width))
                channels = width
            stages.append(nn.Sequential(*layers, config.pool.build()))
        self.stages = nn.Sequential(*stages)
        self.grid = nn.AdaptiveAvgPool2d(config.grid)
        self.head = config.head.build(channels * config.grid**2, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.grid(self.stages(x)).flatten(1))  # b c h w -> b (c h w)

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def small_vgg(
    depths: tuple[int, ...] = (2, 2),
    *,
    widths: tuple[int, ...] | None = None,
    hidden: tuple[int, ...] = (64,),
    in_channels: int = 1,
    classes: int = 10,
) -> VGG.Config:
    """A VGG for small pictures; widths grow from 8 by 8 unless given. The dense head sees 3x3, what 14x14 becomes."""
    return VGG.Config(
        in_channels=in_channels,
        classes=classes,
        depths=depths,
        widths=widths or tuple(8 * (stage + 1) for stage in range(len(depths))),
        grid=3,
        head=DenseHead.Config(hidden=hidden),
    )


def tiny_cnn() -> VGG.Config:
    """The plainest convolutional network for 16x16 pictures: three layers, each with pooling, and a linear classifier.

    It has 17,970 parameters, as many as `vit-tiny` and `mlp-tiny` have, give or take 3 %.
    """
    return VGG.Config(
        in_channels=1, classes=10, depths=(1, 1, 1), widths=(16, 32, 40), grid=2, head=DenseHead.Config(hidden=())
    )


def _paper(depths: tuple[int, ...], letter: str, norm: NormConfig) -> Architecture:
    config = VGG.Config(depths=depths, norm=norm)
    normalized = isinstance(norm, BatchNorm.Config)
    return Architecture(
        name=f"vgg{config.depth}" + ("_bn" if normalized else ""),
        title=f"VGG-{config.depth}" + (", batch norm" if normalized else ""),
        scale="paper",
        config=config,
        inputs=Inputs(shape=(3, 224, 224)),
        source=f"Simonyan & Zisserman 2014, arXiv:1409.1556, table 1, column {letter}"
        + ("; with batch normalization as in torchvision" if normalized else ""),
    )


COLUMNS = {"A": (1, 1, 2, 2, 2), "B": (2, 2, 2, 2, 2), "D": (2, 2, 3, 3, 3), "E": (2, 2, 4, 4, 4)}
"""Layers in each stage, by the columns of table 1."""

MODELS = (
    *(
        _paper(depths, letter, norm)
        for norm in (NoNorm.Config(), BatchNorm.Config())
        for letter, depths in COLUMNS.items()
    ),
    Architecture(
        name="vgg-small",
        title="VGG-6 for MNIST",
        scale="playground",
        config=small_vgg(),
        inputs=Inputs(shape=(1, 14, 14)),
        source="after Simonyan & Zisserman 2014, arXiv:1409.1556",
    ),
    Architecture(
        name="cnn-tiny",
        title="CNN for MNIST",
        scale="playground",
        config=tiny_cnn(),
        inputs=Inputs(shape=(1, 16, 16)),
        source="after LeCun et al. 1998 and Simonyan & Zisserman 2014, arXiv:1409.1556",
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision VGG, with batch normalization or without, under this model's names.

    There layers are numbered through, activations and poolings included: a gap of more than one layer is a pooling.
    """
    normalized = any(key.endswith("running_mean") for key in state)
    numbers = sorted({int(key.split(".")[1]) for key in state if key.startswith("features.")})
    convolutions = numbers[::2] if normalized else numbers
    step = 3 if normalized else 2  # convolution, (normalization,) activation
    names, stage, layer = {}, 0, 0
    for index, number in enumerate(convolutions):
        if index:
            same_stage = number - convolutions[index - 1] == step
            stage, layer = (stage, layer + 1) if same_stage else (stage + 1, 0)
        names[f"features.{number}"] = f"stages.{stage}.{layer}.conv"
        names[f"features.{number + 1}"] = f"stages.{stage}.{layer}.norm"
    names |= {"classifier.0": "head.hidden.0.linear", "classifier.3": "head.hidden.1.linear"}
    names["classifier.6"] = "head.output"
    return {f"{names[layer]}.{leaf}": value for key, value in state.items() for layer, _, leaf in [key.rpartition(".")]}
