"""Inception v3: Inception modules whose large filters are taken apart into rows and columns.

Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567.

    stem -> fine modules (35x35) -> factorized modules (17x17) -> wide modules (8x8) -> mean -> classifier

B batch, C channels, H W height and width. The frame is GoogLeNet's (`archviz/models/googlenet.py`); the filters, which
are what the paper is about, are in `archviz/blocks/filters.py`. Modules are named as in torchvision: A to E.
"""

from collections.abc import Mapping
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.auxiliary import ConvAuxiliaryHead
from archviz.blocks.dropout import Dropout, NoDropout
from archviz.blocks.filters import ConvLayer, FactorizedFilter, FilterConfig, check_odd
from archviz.core.setup import Inputs
from archviz.core.spec import Architecture
from archviz.core.tap import Tap
from archviz.models.googlenet import (
    InceptionBlockConfig,
    InceptionNetwork,
    InceptionStemConfig,
    OneLayerStem,
    check_widths,
)


class InceptionV3Stem(nn.Module):
    """Stem of Inception v3: five small layers and two poolings; 299x299 becomes 35x35.

    Szegedy et al. 2015, table 1.
    """

    class Config(InceptionStemConfig):
        first: tuple[int, int, int] = Field((32, 32, 64), description="channels of the layers before the first pooling")
        second: tuple[int, int] = Field((80, 192), description="channels of the layers before the second pooling")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            check_widths(self.widths)
            return self

        @property
        def widths(self) -> tuple[int, ...]:
            return *self.first, *self.second

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        a, b, c, d, e = config.widths
        self.conv1 = layer.build(inputs, a, 3, stride=2, padding=0)
        self.conv2 = layer.build(a, b, 3, padding=0)
        self.conv3 = layer.build(b, c, 3)
        self.pool1 = nn.MaxPool2d(3, stride=2)
        self.conv4 = layer.build(c, d)
        self.conv5 = layer.build(d, e, 3, padding=0)
        self.pool2 = nn.MaxPool2d(3, stride=2)
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.conv3(self.conv2(self.conv1(x))))
        return self.output(self.pool2(self.conv5(self.conv4(x))))


class InceptionA(nn.Module):
    """Fine module: 1x1, 5x5, two 3x3 in a row (which see 5x5 as well) and mean pooling side by side.

    Szegedy et al. 2015, figure 5; its 5x5 is kept, as in torchvision.
    """

    class Config(InceptionBlockConfig):
        one: int = Field(64, ge=1, le=4096, description="channels of the 1x1 branch")
        five: tuple[int, int] = Field((48, 64), description="channels of the 5x5 branch: after its 1x1, after the 5x5")
        deep: tuple[int, int] = Field((64, 96), description="channels of the 3x3 branch: after its 1x1, after each 3x3")
        pool: int = Field(32, ge=1, le=4096, description="channels of the pooling branch, after its 1x1")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            check_widths(self.widths)
            return self

        def outputs(self, inputs: int) -> int:
            return self.one + self.five[1] + self.deep[1] + self.pool

        @property
        def widths(self) -> tuple[int, ...]:
            return self.one, *self.five, *self.deep, self.pool

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        narrow, wide = config.deep
        self.one = layer.build(inputs, config.one)
        self.five = nn.Sequential(layer.build(inputs, config.five[0]), layer.build(*config.five, 5))
        self.deep = nn.Sequential(layer.build(inputs, narrow), layer.build(narrow, wide, 3), layer.build(wide, wide, 3))
        self.pool = nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), layer.build(inputs, config.pool))
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.one(x), self.five(x), self.deep(x), self.pool(x))
        return self.output(torch.cat(branches, 1))  # four times b c_i h w -> b (sum of c_i) h w


class InceptionB(nn.Module):
    """Reduction: convolutions and pooling of stride 2 side by side halve H and W while the channels grow.

    Szegedy et al. 2015, section 5 and figure 10.
    """

    class Config(InceptionBlockConfig):
        three: int = Field(384, ge=1, le=4096, description="channels of the 3x3 branch")
        deep: tuple[int, int] = Field((64, 96), description="channels of the 3x3 branch: after its 1x1, after each 3x3")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            check_widths(self.widths)
            return self

        def outputs(self, inputs: int) -> int:
            return self.three + self.deep[1] + inputs

        @property
        def widths(self) -> tuple[int, ...]:
            return self.three, *self.deep

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        narrow, wide = config.deep
        self.three = layer.build(inputs, config.three, 3, stride=2, padding=0)
        self.deep = nn.Sequential(
            layer.build(inputs, narrow),
            layer.build(narrow, wide, 3),
            layer.build(wide, wide, 3, stride=2, padding=0),
        )
        self.pool = nn.MaxPool2d(3, stride=2)
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.three(x), self.deep(x), self.pool(x))
        return self.output(torch.cat(branches, 1))  # three times b c_i h' w' -> b (sum of c_i) h' w'


class InceptionC(nn.Module):
    """Factorized module: 1x1, one large filter, two large filters in a row and mean pooling side by side.

    Each large filter is a row and a column: 1 x n and n x 1. Szegedy et al. 2015, section 3.2 and figure 6.
    """

    class Config(InceptionBlockConfig):
        width: int = Field(128, ge=1, le=4096, description="channels that go into the large filters, after a 1x1")
        branch: int = Field(192, ge=1, le=4096, description="channels that each of the four branches gives")
        size: int = Field(7, ge=3, le=31, description="size n of the large filters")
        filter: FilterConfig = Field(FactorizedFilter.Config(), description="how the large filters are built")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            check_odd(self.size)
            return self

        def outputs(self, inputs: int) -> int:
            return 4 * self.branch

        @property
        def widths(self) -> tuple[int, ...]:
            return self.width, self.branch

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        width, branch, size = config.width, config.branch, config.size
        self.one = layer.build(inputs, branch)
        self.large = nn.Sequential(layer.build(inputs, width), config.filter.build(width, branch, size, layer))
        self.deep = nn.Sequential(
            layer.build(inputs, width),
            config.filter.build(width, width, size, layer, column_first=True),
            config.filter.build(width, branch, size, layer, column_first=True),
        )
        self.pool = nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), layer.build(inputs, branch))
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.one(x), self.large(x), self.deep(x), self.pool(x))
        return self.output(torch.cat(branches, 1))  # four times b c h w -> b 4c h w


class InceptionD(nn.Module):
    """Reduction with a large filter: 3x3 alone, 3x3 after a factorized n x n, and pooling, all of stride 2.

    After Szegedy et al. 2015, section 5; the 7x7 is torchvision's (and the authors' own code's).
    """

    class Config(InceptionBlockConfig):
        three: tuple[int, int] = Field(
            (192, 320), description="channels of the 3x3 branch: after its 1x1, after the 3x3"
        )
        large: int = Field(192, ge=1, le=4096, description="channels of all layers of the branch with the large filter")
        size: int = Field(7, ge=3, le=31, description="size n of the large filter")
        filter: FilterConfig = Field(FactorizedFilter.Config(), description="how the large filter is built")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            check_odd(self.size)
            check_widths(self.widths)
            return self

        def outputs(self, inputs: int) -> int:
            return self.three[1] + self.large + inputs

        @property
        def widths(self) -> tuple[int, ...]:
            return *self.three, self.large

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        narrow, wide = config.three
        self.three = nn.Sequential(layer.build(inputs, narrow), layer.build(narrow, wide, 3, stride=2, padding=0))
        self.large = nn.Sequential(
            layer.build(inputs, config.large),
            config.filter.build(config.large, config.large, config.size, layer),
            layer.build(config.large, config.large, 3, stride=2, padding=0),
        )
        self.pool = nn.MaxPool2d(3, stride=2)
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.three(x), self.large(x), self.pool(x))
        return self.output(torch.cat(branches, 1))  # three times b c_i h' w' -> b (sum of c_i) h' w'


class Cross(nn.Module):
    """A 1x3 and a 3x1 convolution side by side: `b c h w -> b 2c h w`.

    Szegedy et al. 2015, figure 7.
    """

    def __init__(self, channels: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        self.row = layer.build(channels, channels, (1, 3))
        self.column = layer.build(channels, channels, (3, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.row(x), self.column(x)), 1)


class InceptionE(nn.Module):
    """Wide module: branches that end in a 1x3 and a 3x1 side by side; many channels on a coarse grid.

    Szegedy et al. 2015, section 6 and figure 7.
    """

    class Config(InceptionBlockConfig):
        one: int = Field(320, ge=1, le=4096, description="channels of the 1x1 branch")
        cross: int = Field(384, ge=1, le=4096, description="channels of each 1x3 and each 3x1")
        deep: int = Field(448, ge=1, le=4096, description="channels after the 1x1 of the branch with a 3x3")
        pool: int = Field(192, ge=1, le=4096, description="channels of the pooling branch, after its 1x1")

        def outputs(self, inputs: int) -> int:
            return self.one + 4 * self.cross + self.pool

        @property
        def widths(self) -> tuple[int, ...]:
            return self.one, self.cross, self.deep, self.pool

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        self.one = layer.build(inputs, config.one)
        self.three = nn.Sequential(layer.build(inputs, config.cross), Cross(config.cross, layer))
        self.deep = nn.Sequential(
            layer.build(inputs, config.deep),
            layer.build(config.deep, config.cross, 3),
            Cross(config.cross, layer),
        )
        self.pool = nn.Sequential(nn.AvgPool2d(3, stride=1, padding=1), layer.build(inputs, config.pool))
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.one(x), self.three(x), self.deep(x), self.pool(x))
        return self.output(torch.cat(branches, 1))  # four times b c_i h w -> b (sum of c_i) h w


def inception_v3() -> InceptionNetwork.Config:
    """Inception v3 with its auxiliary head. Szegedy et al. 2015, table 1, as torchvision reads it."""
    return InceptionNetwork.Config(
        stem=InceptionV3Stem.Config(),
        blocks=(
            InceptionA.Config(pool=32),  # 0
            InceptionA.Config(pool=64),
            InceptionA.Config(pool=64),
            InceptionB.Config(),  # 3
            InceptionC.Config(width=128),
            InceptionC.Config(width=160),
            InceptionC.Config(width=160),
            InceptionC.Config(width=192),  # 7
            InceptionD.Config(),
            InceptionE.Config(),
            InceptionE.Config(),  # 10
        ),
        auxiliary=(ConvAuxiliaryHead.Config(after=7),),
        dropout=Dropout.Config(rate=0.5),
    )


def small_inception(
    *,
    modules: int = 2,
    width: int = 8,
    size: int = 7,
    filters: FilterConfig | None = None,
    in_channels: int = 1,
    classes: int = 10,
) -> InceptionNetwork.Config:
    """Factorized modules at a resolution where their filters see everything: 14x14 becomes 7x7 in the stem.

    `filters` may be any other way to see n x n: the field of view stays, parameters and MACs change.
    """
    module = InceptionC.Config(width=width, branch=width, size=size, filter=filters or FactorizedFilter.Config())
    return InceptionNetwork.Config(
        in_channels=in_channels,
        classes=classes,
        stem=OneLayerStem.Config(width=2 * width, stride=2),
        blocks=(module,) * modules,
        dropout=NoDropout.Config(),
    )


MODELS = (
    Architecture(
        name="inception_v3",
        title="Inception v3",
        scale="paper",
        config=inception_v3(),
        inputs=Inputs(shape=(3, 299, 299)),
        source="Szegedy et al. 2015, arXiv:1512.00567, table 1",
    ),
    Architecture(
        name="inception-small",
        title="Inception v3 for MNIST",
        scale="playground",
        config=small_inception(),
        inputs=Inputs(shape=(1, 14, 14)),
        source="after Szegedy et al. 2015, arXiv:1512.00567, figure 6",
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision Inception v3 under this model's names.

    The published weights expect pixels scaled to [-1, 1], not by ImageNet's mean and standard deviation (in
    torchvision: `transform_input`).
    """
    blocks = ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
    stem = ("1a_3x3", "2a_3x3", "2b_3x3", "3b_1x1", "4a_3x3")
    names = {
        **{f"Mixed_{block}": f"blocks.{index}" for index, block in enumerate(blocks)},
        **{f"Conv2d_{layer}": f"stem.conv{number}" for number, layer in enumerate(stem, start=1)},
        "branch1x1": "one",
        "branch3x3": "three",
        "branch3x3_1": "three.0",
        "branch3x3_2": "three.1",
        "branch3x3_2a": "three.1.row",
        "branch3x3_2b": "three.1.column",
        "branch5x5_1": "five.0",
        "branch5x5_2": "five.1",
        "branch3x3dbl_1": "deep.0",
        "branch3x3dbl_2": "deep.1",
        "branch3x3dbl_3": "deep.2",
        "branch3x3dbl_3a": "deep.2.row",
        "branch3x3dbl_3b": "deep.2.column",
        "branch7x7_1": "large.0",
        "branch7x7_2": "large.1.row",
        "branch7x7_3": "large.1.column",
        "branch7x7x3_1": "large.0",
        "branch7x7x3_2": "large.1.row",
        "branch7x7x3_3": "large.1.column",
        "branch7x7x3_4": "large.2",
        "branch7x7dbl_1": "deep.0",
        "branch7x7dbl_2": "deep.1.column",
        "branch7x7dbl_3": "deep.1.row",
        "branch7x7dbl_4": "deep.2.column",
        "branch7x7dbl_5": "deep.2.row",
        "branch_pool": "pool.1",
        "AuxLogits": "auxiliary.0",
        "conv0": "conv1",
        "conv1": "conv2",
        "bn": "norm",
        "fc": "head",
    }

    def rename(key: str) -> str:
        pieces = key.replace("AuxLogits.fc", "auxiliary.0.output").split(".")
        return ".".join(names.get(piece, piece) for piece in pieces)

    return {rename(key): value for key, value in state.items()}
