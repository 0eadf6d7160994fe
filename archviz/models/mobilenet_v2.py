"""MobileNetV2: inverted residual blocks whose narrow ends are linear.

Sandler, Howard, Zhu, Zhmoginov & Chen 2018, "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
arXiv:1801.04381.

    stem -> stages of inverted residual blocks -> 1x1 convolution -> mean over positions -> classifier

B batch, C channels, H W height and width. The block, which is what the paper is about, is in
`archviz/blocks/inverted_residual.py`.
"""

from collections.abc import Mapping
from typing import Self

import torch
from einops import reduce
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.dropout import Dropout, DropoutConfig, NoDropout
from archviz.blocks.initialization import HeNormal, InitConfig
from archviz.blocks.inverted_residual import InvertedResidual, InvertedStage
from archviz.blocks.separable import ConvolutionLayerConfig, FullConvolution
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture


class MobileNetV2(nn.Module):
    """MobileNetV2: images `b c h w` in, one logit for each class out.

    Sandler et al. 2018, table 2.
    """

    class Config(ModelConfig):
        in_channels: int = Field(3, ge=1, le=64, description="channels of the image")
        classes: int = Field(1000, ge=2, le=100_000, description="classes to choose between")
        stem: ConvolutionLayerConfig = Field(FullConvolution.Config(), description="the first layer")
        stem_width: int = Field(32, ge=1, le=4096, description="channels after the stem")
        stem_stride: int = Field(2, ge=1, le=2, description="stride of the stem: 2 halves height and width")
        block: InvertedResidual.Config = Field(InvertedResidual.Config(), description="what the stages are made of")
        stages: tuple[InvertedStage.Config, ...] = Field(
            (
                InvertedStage.Config(width=16, depth=1, expansion=1),
                InvertedStage.Config(width=24, depth=2, stride=2),
                InvertedStage.Config(width=32, depth=3, stride=2),
                InvertedStage.Config(width=64, depth=4, stride=2),
                InvertedStage.Config(width=96, depth=3),
                InvertedStage.Config(width=160, depth=3, stride=2),
                InvertedStage.Config(width=320, depth=1),
            ),
            min_length=1,
            max_length=16,
            description="the stages, first to last",
        )
        top: ConvolutionLayerConfig = Field(FullConvolution.Config(size=1), description="the last convolution")
        top_width: int = Field(1280, ge=1, le=16_384, description="channels after the last convolution")
        dropout: DropoutConfig = Field(Dropout.Config(rate=0.2), description="dropout before the classifier")
        init: InitConfig = Field(HeNormal.Config(fan="fan_in"), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            self.stem.check(self.in_channels, self.stem_width)
            channels = self.stem_width
            for stage in self.stages:
                stage.check(channels, self.block)
                channels = stage.width
            self.top.check(channels, self.top_width)
            return self

        @property
        def depth(self) -> int:
            """Number of blocks."""
            return sum(stage.depth for stage in self.stages)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(config.depth)
        self.stem = config.stem.build(config.in_channels, config.stem_width, config.stem_stride)
        channels, before = config.stem_width, 0
        stages = []
        for stage in config.stages:
            places = [(before + number) / config.depth for number in range(stage.depth)]
            stages.append(stage.build(channels, config.block, places))
            channels, before = stage.width, before + stage.depth
        self.stages = nn.Sequential(*stages)
        self.top = config.top.build(channels, config.top_width)
        self.dropout = config.dropout.build()
        self.head = nn.Linear(config.top_width, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.top(self.stages(self.stem(x)))
        return self.head(self.dropout(reduce(x, "b c h w -> b c", "mean")))

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def small_mobilenet_v2(
    *, width: int = 8, expansion: int = 6, depth: int = 4, top_width: int = 32, in_channels: int = 1
) -> MobileNetV2.Config:
    """A network for small pictures of ten classes: one stage of `depth` narrow blocks at half the image's size."""
    return MobileNetV2.Config(
        in_channels=in_channels,
        classes=10,
        stem_width=width,
        stages=(InvertedStage.Config(width=width, depth=depth, expansion=expansion),),
        top_width=top_width,
        dropout=NoDropout.Config(),
    )


MODELS = (
    Architecture(
        name="mobilenet_v2",
        title="MobileNetV2",
        scale="paper",
        config=MobileNetV2.Config(),
        inputs=Inputs(shape=(3, 224, 224)),
        source="Sandler et al. 2018, arXiv:1801.04381, table 2",
    ),
    Architecture(
        name="mobilenet_v2-tiny",
        title="MobileNetV2 for MNIST",
        scale="playground",
        config=small_mobilenet_v2(),
        inputs=Inputs(shape=(1, 14, 14)),
        source="after Sandler et al. 2018, arXiv:1801.04381",
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision MobileNetV2 under this model's names."""
    stages = MobileNetV2.Config().stages
    places = [(index, number) for index, stage in enumerate(stages) for number in range(stage.depth)]
    top = len(places) + 1

    def rename(key: str) -> str:
        if key.startswith("classifier.1."):
            return key.replace("classifier.1", "head")
        _, index, part, *rest = key.split(".")
        if int(index) in (0, top):  # the stem and the top: part 0 is the convolution, 1 the normalization
            return ".".join(("stem" if index == "0" else "top", ("conv", "norm")[int(part)], *rest))
        stage, number = places[int(index) - 1]
        steps = ("depthwise", "project") if stages[stage].expansion == 1 else ("expand", "depthwise", "project")
        step, *rest = rest
        if rest[0].isdigit():  # a layer of convolution and normalization
            path = (steps[int(step)], ("conv", "norm")[int(rest[0])], *rest[1:])
        else:  # the projection lies open: its convolution, then its normalization
            path = ("project", ("conv", "norm")[int(step) - len(steps) + 1], *rest)
        return ".".join(("stages", str(stage), str(number), *path))

    return {rename(key): value for key, value in state.items()}
