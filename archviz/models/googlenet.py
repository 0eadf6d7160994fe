"""GoogLeNet: a network of Inception modules, which look at several scales at once and merge what they see.

Szegedy et al. 2014, "Going Deeper with Convolutions", arXiv:1409.4842 (Inception v1).

    stem -> Inception modules, with pooling now and then -> mean over positions -> classifier

B batch, C channels, H W height and width. Like torchvision's, this GoogLeNet has batch normalization (Ioffe & Szegedy
2015, arXiv:1502.03167), and its largest filters are 3x3 where the paper has 5x5. `InceptionNetwork` is the frame of
the whole family: `archviz/models/inception_v3.py` fills it with the modules of a later paper.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Self

import torch
from einops import reduce
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.auxiliary import AuxiliaryConfig, DenseAuxiliaryHead
from archviz.blocks.dropout import Dropout, DropoutConfig
from archviz.blocks.filters import ConvLayer, FilterConfig, SquareFilter, check_odd
from archviz.blocks.initialization import HeNormal, InitConfig
from archviz.blocks.norm import BatchNorm
from archviz.core.config import Config
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.core.tap import Tap


class InceptionStemConfig(Config):
    """Base of every stem: `build(inputs, layer)` turns an image `b c h w` into `outputs` channels."""

    @property
    @abstractmethod
    def widths(self) -> tuple[int, ...]:
        """Channels after each layer."""

    @property
    def outputs(self) -> int:
        """Channels that come out."""
        return self.widths[-1]


class GoogLeNetStem(nn.Module):
    """Stem of GoogLeNet: 7x7 of stride 2, pooling, 1x1, 3x3, pooling; an eighth of H and W is left.

    Szegedy et al. 2014, table 1.
    """

    class Config(InceptionStemConfig):
        width: int = Field(64, ge=1, le=4096, description="channels after the 7x7 and the 1x1 layer")
        last: int = Field(192, ge=1, le=4096, description="channels after the 3x3 layer")

        @property
        def widths(self) -> tuple[int, ...]:
            return self.width, self.width, self.last

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        self.conv1 = layer.build(inputs, config.width, 7, stride=2)
        self.pool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = layer.build(config.width, config.width)
        self.conv3 = layer.build(config.width, config.last, 3)
        self.pool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.conv1(x))
        return self.output(self.pool2(self.conv3(self.conv2(x))))


class OneLayerStem(nn.Module):
    """Stem for small pictures: one 3x3 layer."""

    class Config(InceptionStemConfig):
        width: int = Field(16, ge=1, le=4096, description="channels after the layer")
        stride: int = Field(1, ge=1, le=4, description="stride of the layer: 2 halves height and width")

        @property
        def widths(self) -> tuple[int, ...]:
            return (self.width,)

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        self.conv = layer.build(inputs, config.width, 3, config.stride)
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.conv(x))


class InceptionBlockConfig(Config):
    """Base of every block of the stack: `build(inputs, layer)` maps `b c h w` to `b c' h' w'`, c' = `outputs(c)`."""

    @abstractmethod
    def outputs(self, inputs: int) -> int:
        """Channels that come out, for so many that come in."""

    @property
    @abstractmethod
    def widths(self) -> tuple[int, ...]:
        """Channels after each of its layers."""


class InceptionModule(nn.Module):
    """Inception module: 1x1, 3x3, a large filter and pooling side by side; what they give is concatenated.

    Split, transform, merge: a 1x1 layer before each costly filter keeps it narrow. Szegedy et al. 2014, figure 2b.
    """

    class Config(InceptionBlockConfig):
        one: int = Field(64, ge=1, le=4096, description="channels of the 1x1 branch")
        three: tuple[int, int] = Field(
            (96, 128), description="channels of the 3x3 branch: after its 1x1, after the 3x3"
        )
        large: tuple[int, int] = Field((16, 32), description="channels of the branch with the large filter, likewise")
        pool: int = Field(32, ge=1, le=4096, description="channels of the pooling branch, after its 1x1")
        size: int = Field(3, ge=3, le=31, description="size of the large filter: 5 in the paper, 3 in torchvision")
        filter: FilterConfig = Field(SquareFilter.Config(), description="how the large filter is built")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            check_odd(self.size)
            check_widths(self.widths)
            return self

        def outputs(self, inputs: int) -> int:
            return self.one + self.three[1] + self.large[1] + self.pool

        @property
        def widths(self) -> tuple[int, ...]:
            return self.one, *self.three, *self.large, self.pool

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__()
        self.one = layer.build(inputs, config.one)
        self.three = nn.Sequential(layer.build(inputs, config.three[0]), layer.build(*config.three, 3))
        self.large = nn.Sequential(
            layer.build(inputs, config.large[0]), config.filter.build(*config.large, config.size, layer)
        )
        self.pool = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), layer.build(inputs, config.pool))
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.one(x), self.three(x), self.large(x), self.pool(x))
        return self.output(torch.cat(branches, 1))  # four times b c_i h w -> b (sum of c_i) h w


class Halving(nn.MaxPool2d):
    """Max pooling that halves H and W between Inception modules; at the border it rounds up."""

    class Config(InceptionBlockConfig):
        size: int = Field(3, ge=2, le=7, description="height and width of the window")

        def outputs(self, inputs: int) -> int:
            return inputs

        @property
        def widths(self) -> tuple[int, ...]:
            return ()

    def __init__(self, config: Config, inputs: int, layer: ConvLayer.Config) -> None:
        super().__init__(config.size, stride=2, ceil_mode=True)


def check_widths(widths: tuple[int, ...]) -> None:
    """Raise ValueError if one of these numbers of channels is no number of channels."""
    if min(widths, default=1) < 1:
        raise ValueError(f"a layer with {min(widths)} channels passes nothing on; give every layer at least 1")


def inception(one: int, three: tuple[int, int], large: tuple[int, int], pool: int) -> InceptionModule.Config:
    """One row of table 1."""
    return InceptionModule.Config(one=one, three=three, large=large, pool=pool)


GOOGLENET = (
    inception(64, (96, 128), (16, 32), 32),  # 0: 3a
    inception(128, (128, 192), (32, 96), 64),  # 1: 3b
    Halving.Config(),
    inception(192, (96, 208), (16, 48), 64),  # 3: 4a
    inception(160, (112, 224), (24, 64), 64),  # 4: 4b
    inception(128, (128, 256), (24, 64), 64),  # 5: 4c
    inception(112, (144, 288), (32, 64), 64),  # 6: 4d
    inception(256, (160, 320), (32, 128), 128),  # 7: 4e
    Halving.Config(size=2),
    inception(256, (160, 320), (32, 128), 128),  # 9: 5a
    inception(384, (192, 384), (48, 128), 128),  # 10: 5b
)
"""The stack of Szegedy et al. 2014, table 1."""


class InceptionNetwork(nn.Module):
    """Network of Inception modules: images `b c h w` in, one logit for each class out.

    Szegedy et al. 2014, figure 3. `forward` gives the logits of the last layer alone, in training as well;
    `weighted_logits` adds those of the auxiliary heads, for the loss.
    """

    class Config(ModelConfig):
        in_channels: int = Field(3, ge=1, le=64, description="channels of the image")
        classes: int = Field(1000, ge=2, le=100_000, description="classes to choose between")
        layer: ConvLayer.Config = Field(
            ConvLayer.Config(norm=BatchNorm.Config(eps=1e-3)), description="what stands around every convolution"
        )
        stem: InceptionStemConfig = Field(GoogLeNetStem.Config(), description="what comes before the first block")
        blocks: tuple[InceptionBlockConfig, ...] = Field(
            GOOGLENET, min_length=1, max_length=64, description="modules and poolings, first to last"
        )
        auxiliary: tuple[AuxiliaryConfig, ...] = Field(
            (), max_length=8, description="heads halfway up, used in training only"
        )
        dropout: DropoutConfig = Field(Dropout.Config(rate=0.2), description="dropout before the classifier")
        init: InitConfig = Field(HeNormal.Config(), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            for width in (*self.stem.widths, *(width for block in self.blocks for width in block.widths)):
                self.layer.norm.check(width)
            for head in self.auxiliary:
                head.check(self.layer)
                if head.after >= len(self.blocks):
                    raise ValueError(
                        f"an auxiliary head reads block {head.after}, but the last block is {len(self.blocks) - 1}"
                    )
            return self

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(len(config.blocks))
        self.stem = config.stem.build(config.in_channels, config.layer)
        channels = [config.stem.outputs]
        for block in config.blocks:
            channels.append(block.outputs(channels[-1]))
        self.blocks = nn.Sequential(
            *(block.build(inputs, config.layer) for block, inputs in zip(config.blocks, channels, strict=False))
        )
        self.auxiliary_configs = config.auxiliary
        self.auxiliary = nn.ModuleList(
            head.build(channels[head.after + 1], config.classes, config.layer) for head in config.auxiliary
        )
        self.dropout = config.dropout.build()
        self.head = nn.Linear(channels[-1], config.classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.classify(self.blocks(self.stem(x)))

    def classify(self, x: Tensor) -> Tensor:
        """Logits from what the last block gives: `b c h w -> b k`."""
        return self.head(self.dropout(reduce(x, "b c h w -> b c", "mean")))

    def weighted_logits(self, x: Tensor) -> tuple[tuple[float, Tensor], ...]:
        """Logits of the last layer with weight 1, then those of each auxiliary head with the weight of its loss."""
        x, auxiliary = self.stem(x), list[tuple[float, Tensor]]()
        for index, block in enumerate(self.blocks):
            x = block(x)
            for config, head in zip(self.auxiliary_configs, self.auxiliary, strict=True):
                if config.after == index:
                    auxiliary.append((config.weight, head(x)))
        return (1.0, self.classify(x)), *auxiliary

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def small_googlenet(*, width: int = 8, in_channels: int = 1, classes: int = 10) -> InceptionNetwork.Config:
    """A GoogLeNet for small pictures: four modules in two stages, the large filters 5x5 as in the paper.

    The first stage sees half of H and W and gives 4 `width` channels, the second a quarter and 6 `width`, with about
    the paper's shares of the branches.
    """
    half = max(1, width // 2)
    first = InceptionModule.Config(one=width, three=(width, 2 * width), large=(half, half), pool=half, size=5)
    second = InceptionModule.Config(one=2 * width, three=(width, 2 * width), large=(half, width), pool=width, size=5)
    return InceptionNetwork.Config(
        in_channels=in_channels,
        classes=classes,
        stem=OneLayerStem.Config(width=2 * width, stride=2),
        blocks=(first, first, Halving.Config(size=2), second, second),
    )


AUXILIARY = (DenseAuxiliaryHead.Config(after=3), DenseAuxiliaryHead.Config(after=6))


def _paper(name: str, title: str, config: InceptionNetwork.Config) -> Architecture:
    return Architecture(
        name=name,
        title=title,
        scale="paper",
        config=config,
        inputs=Inputs(shape=(3, 224, 224)),
        source="Szegedy et al. 2014, arXiv:1409.4842, table 1; with batch normalization as in torchvision",
    )


MODELS = (
    _paper("googlenet", "GoogLeNet", InceptionNetwork.Config()),
    _paper("googlenet-aux", "GoogLeNet, auxiliary heads", InceptionNetwork.Config(auxiliary=AUXILIARY)),
    Architecture(
        name="googlenet-small",
        title="GoogLeNet for MNIST",
        scale="playground",
        config=small_googlenet(),
        inputs=Inputs(shape=(1, 14, 14)),
        source="after Szegedy et al. 2014, arXiv:1409.4842",
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision GoogLeNet, with auxiliary heads or without, under this model's names.

    The published weights include the auxiliary heads, and expect pixels scaled to [-1, 1], not by ImageNet's mean and
    standard deviation (in torchvision: `transform_input`).
    """
    blocks = ("3a", "3b", "", "4a", "4b", "4c", "4d", "4e", "", "5a", "5b")
    names = {f"inception{block}": f"blocks.{index}" for index, block in enumerate(blocks) if block}
    names |= {f"conv{number}": f"stem.conv{number}" for number in (1, 2, 3)}
    names |= {"aux1": "auxiliary.0", "aux2": "auxiliary.1", "fc": "head"}
    parts = {"branch1": "one", "branch2": "three", "branch3": "large", "branch4": "pool"}
    parts |= {"bn": "norm", "fc1": "hidden", "fc2": "output"}

    def rename(key: str) -> str:
        first, *rest = key.split(".")
        return ".".join((names[first], *(parts.get(piece, piece) for piece in rest)))

    return {rename(key): value for key, value in state.items()}
