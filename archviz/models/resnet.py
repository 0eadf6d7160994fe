"""ResNet: very deep convolutional networks that train because every block adds to its input.

He, Zhang, Ren & Sun 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385.

    stem -> stages of residual blocks -> mean over positions -> classifier

B batch, C channels, H W height and width. Each stage after the first halves H and W. The blocks themselves, which
are what the paper is about, are in `archviz/blocks/residual.py`.
"""

from collections.abc import Mapping
from typing import Self

import torch
from einops import reduce
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU
from archviz.blocks.initialization import HeNormal, InitConfig
from archviz.blocks.norm import BatchNorm, NormConfig
from archviz.blocks.residual import BasicBlock, Bottleneck, ResidualBlockConfig, convolution
from archviz.core.config import Config
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.core.tap import Tap


class StemConfig(Config):
    """Base of every stem: `build(inputs, width)` turns an image of `inputs` channels into `width` of them."""

    norm: NormConfig = Field(BatchNorm.Config(), description="normalization after the convolution")
    activation: ActivationConfig = Field(ReLU.Config(), description="activation after the normalization")


class ImageNetStem(nn.Module):
    """Stem for photographs: a 7x7 convolution and 3x3 pooling, each of stride 2, leave a quarter of H and W."""

    class Config(StemConfig):
        pass

    def __init__(self, config: Config, inputs: int, width: int) -> None:
        super().__init__()
        self.conv = convolution(inputs, width, 7, config.norm, stride=2)
        self.norm = config.norm.build(width)
        self.activation = config.activation.build()
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.pool(self.activation(self.norm(self.conv(x)))))


class SmallStem(nn.Module):
    """Stem for small pictures: one 3x3 convolution that keeps H and W.

    He et al. 2015, section 4.2.
    """

    class Config(StemConfig):
        pass

    def __init__(self, config: Config, inputs: int, width: int) -> None:
        super().__init__()
        self.conv = convolution(inputs, width, 3, config.norm)
        self.norm = config.norm.build(width)
        self.activation = config.activation.build()
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.activation(self.norm(self.conv(x))))


class ResNet(nn.Module):
    """Residual network: images `b c h w` in, one logit for each class out.

    He et al. 2015, tables 1 and 6.
    """

    class Config(ModelConfig):
        in_channels: int = Field(3, ge=1, le=64, description="channels of the image")
        classes: int = Field(1000, ge=2, le=100_000, description="classes to choose between")
        stem: StemConfig = Field(ImageNetStem.Config(), description="what comes before the first block")
        stem_width: int = Field(64, ge=1, le=4096, description="channels after the stem")
        block: ResidualBlockConfig = Field(BasicBlock.Config(), description="what the stages are made of")
        depths: tuple[int, ...] = Field((2, 2, 2, 2), min_length=1, max_length=8, description="blocks in each stage")
        widths: tuple[int, ...] = Field(
            (64, 128, 256, 512), min_length=1, max_length=8, description="channels of the 3x3 convolutions by stage"
        )
        init: InitConfig = Field(HeNormal.Config(), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            if len(self.depths) != len(self.widths):
                raise ValueError(f"{len(self.depths)} depths, {len(self.widths)} widths; give each stage one of both")
            if min(self.depths) < 1 or min(self.widths) < 1:
                raise ValueError("a stage needs at least one block and one channel")
            self.stem.norm.check(self.stem_width)
            self.block.norm.check(self.stem_width)
            for width in self.widths:
                self.block.check(width)
            return self

        @property
        def depth(self) -> int:
            """Layers with weights on the way through: the number in a network's name."""
            return self.block.convolutions * sum(self.depths) + 2

        def with_depth(self, depth: int) -> Self:
            """The same network with so many layers, the blocks spread evenly over its stages."""
            step = self.block.convolutions * len(self.depths)
            blocks, rest = divmod(depth - 2, step)
            if rest or blocks < 1:
                near = max(1, round((depth - 2) / step)) * step + 2
                raise ValueError(f"depth {depth} is not {step}n + 2 for any n of at least 1; use {near}")
            return self.replace(depths=(blocks,) * len(self.depths))

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(sum(config.depths))
        self.stem = config.stem.build(config.in_channels, config.stem_width)
        channels = config.stem_width
        stages = []
        for index, (depth, width) in enumerate(zip(config.depths, config.widths, strict=True)):
            stage = []
            for number in range(depth):
                stride = 2 if index > 0 and number == 0 else 1
                stage.append(config.block.build(channels, width, stride))
                channels = config.block.outputs(width)
            stages.append(nn.Sequential(*stage))
        self.stages = nn.Sequential(*stages)
        self.closing = config.block.closing(channels)
        self.head = nn.Linear(channels, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.closing(self.stages(self.stem(x)))
        return self.head(reduce(x, "b c h w -> b c", "mean"))

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def small_resnet(
    depth: int, *, block: ResidualBlockConfig | None = None, widths: tuple[int, ...] = (8, 16, 32), in_channels: int = 1
) -> ResNet.Config:
    """A network of `depth` layers for small pictures of ten classes. He et al. 2015, section 4.2, at half the width."""
    return ResNet.Config(
        in_channels=in_channels,
        classes=10,
        stem=SmallStem.Config(),
        stem_width=widths[0],
        block=block or BasicBlock.Config(),
        depths=(1,) * len(widths),
        widths=widths,
    ).with_depth(depth)


def _paper(name: str, block: ResidualBlockConfig, depths: tuple[int, ...]) -> Architecture:
    return Architecture(
        name=name,
        title=f"ResNet-{name.removeprefix('resnet')}",
        scale="paper",
        config=ResNet.Config(block=block, depths=depths),
        inputs=Inputs(shape=(3, 224, 224)),
        source="He et al. 2015, arXiv:1512.03385, table 1",
    )


def _playground(name: str, title: str, config: ResNet.Config, size: int) -> Architecture:
    return Architecture(
        name=name,
        title=title,
        scale="playground",
        config=config,
        inputs=Inputs(shape=(1, size, size)),
        source="after He et al. 2015, arXiv:1512.03385, section 4.2",
    )


MODELS = (
    _paper("resnet18", BasicBlock.Config(), (2, 2, 2, 2)),
    _paper("resnet34", BasicBlock.Config(), (3, 4, 6, 3)),
    _paper("resnet50", Bottleneck.Config(), (3, 4, 6, 3)),
    _paper("resnet101", Bottleneck.Config(), (3, 4, 23, 3)),
    _paper("resnet152", Bottleneck.Config(), (3, 8, 36, 3)),
    _playground("resnet8", "ResNet-8 for digits", small_resnet(8), 8),
    _playground("resnet20", "ResNet-20 for digits", small_resnet(20), 8),
    _playground("resnet56", "ResNet-56 for digits", small_resnet(56), 8),
    _playground("resnet14", "ResNet-14 for MNIST", small_resnet(14, widths=(16, 32)), 14),
    _playground(
        "resnet14-bottleneck",
        "ResNet-14 for MNIST, bottlenecks",
        small_resnet(14, block=Bottleneck.Config(), widths=(16, 32)),
        14,
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision ResNet under this model's names."""

    def rename(key: str) -> str:
        first, _, rest = key.partition(".")
        if first in ("conv1", "bn1"):
            return f"stem.{first[:-1].replace('bn', 'norm')}.{rest}"
        if first == "fc":
            return f"head.{rest}"
        stage = int(first.removeprefix("layer")) - 1
        return f"stages.{stage}.{rest}".replace(".bn", ".norm").replace("downsample", "skip.project")

    return {rename(key): value for key, value in state.items()}
