"""MobileNetV1: a plain stack of depthwise separable convolutions, small and fast enough for a telephone.

Howard et al. 2017, "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications",
arXiv:1704.04861.

    stem -> stages of depthwise separable convolutions -> mean over positions -> classifier

B batch, C channels, H W height and width. Each stage after the first halves H and W. The two kinds of convolution,
which are what the paper is about, are in `archviz/blocks/separable.py`.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Self

import torch
from einops import reduce
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.dropout import Dropout, DropoutConfig, NoDropout
from archviz.blocks.initialization import HeNormal, InitConfig
from archviz.blocks.norm import BatchNorm
from archviz.blocks.separable import ConvolutionLayerConfig, DepthwiseSeparable, FullConvolution
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture


class MobileNetV1(nn.Module):
    """MobileNetV1: images `b c h w` in, one logit for each class out.

    Howard et al. 2017, table 1.
    """

    class Config(ModelConfig):
        in_channels: int = Field(3, ge=1, le=64, description="channels of the image")
        classes: int = Field(1000, ge=2, le=100_000, description="classes to choose between")
        stem: ConvolutionLayerConfig = Field(FullConvolution.Config(), description="the first layer")
        stem_width: int = Field(32, ge=1, le=4096, description="channels after the stem")
        stem_stride: int = Field(2, ge=1, le=2, description="stride of the stem: 2 halves height and width")
        layer: ConvolutionLayerConfig = Field(DepthwiseSeparable.Config(), description="what the stages are made of")
        depths: tuple[int, ...] = Field((1, 2, 2, 6, 2), min_length=1, max_length=8, description="layers by stage")
        widths: tuple[int, ...] = Field(
            (64, 128, 256, 512, 1024), min_length=1, max_length=8, description="channels by stage"
        )
        dropout: DropoutConfig = Field(NoDropout.Config(), description="dropout before the classifier")
        init: InitConfig = Field(HeNormal.Config(fan="fan_in"), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            if len(self.depths) != len(self.widths):
                raise ValueError(f"{len(self.depths)} depths, {len(self.widths)} widths; give each stage one of both")
            if min(self.depths) < 1 or min(self.widths) < 1:
                raise ValueError("a stage needs at least one layer and one channel")
            self.stem.check(self.in_channels, self.stem_width)
            for inputs, outputs in pairwise((self.stem_width, *self.widths)):
                self.layer.check(inputs, outputs)
            return self

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(sum(config.depths))
        self.stem = config.stem.build(config.in_channels, config.stem_width, config.stem_stride)
        channels = config.stem_width
        stages = []
        for index, (depth, width) in enumerate(zip(config.depths, config.widths, strict=True)):
            stage = []
            for number in range(depth):
                stride = 2 if index > 0 and number == 0 else 1
                stage.append(config.layer.build(channels, width, stride))
                channels = width
            stages.append(nn.Sequential(*stage))
        self.stages = nn.Sequential(*stages)
        self.dropout = config.dropout.build()
        self.head = nn.Linear(channels, config.classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stages(self.stem(x))
        return self.head(self.dropout(reduce(x, "b c h w -> b c", "mean")))

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def small_mobilenet_v1(
    *, depths: tuple[int, ...] = (1, 2, 2), widths: tuple[int, ...] = (16, 32, 64), in_channels: int = 1
) -> MobileNetV1.Config:
    """A network for small pictures of ten classes: its stem keeps height and width."""
    return MobileNetV1.Config(
        in_channels=in_channels, classes=10, stem_width=widths[0], stem_stride=1, depths=depths, widths=widths
    )


PUBLISHED_NORM = BatchNorm.Config(eps=1e-3)
"""The authors' own training code adds this to variances, and so do the weights that came of it."""

MODELS = (
    Architecture(
        name="mobilenet_v1",
        title="MobileNetV1",
        scale="paper",
        config=MobileNetV1.Config(
            stem=FullConvolution.Config(norm=PUBLISHED_NORM),
            layer=DepthwiseSeparable.Config(norm=PUBLISHED_NORM),
            dropout=Dropout.Config(rate=0.001),
        ),
        inputs=Inputs(shape=(3, 224, 224)),
        source="Howard et al. 2017, arXiv:1704.04861, table 1",
    ),
    Architecture(
        name="mobilenet_v1-tiny",
        title="MobileNetV1 for MNIST",
        scale="playground",
        config=small_mobilenet_v1(),
        inputs=Inputs(shape=(1, 14, 14)),
        source="after Howard et al. 2017, arXiv:1704.04861",
    ),
)


def from_transformers(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a `transformers` MobileNetV1ForImageClassification under this model's names.

    Its outputs are equal when images are padded alike (`tf_padding=False`): TensorFlow pads strided convolutions at
    the bottom and the right only.
    """
    depths = MobileNetV1.Config().depths
    places = [f"stages.{stage}.{number}" for stage, depth in enumerate(depths) for number in range(depth)]

    def rename(key: str) -> str:
        key = key.removeprefix("mobilenet_v1.")
        if key.startswith("classifier."):
            return key.replace("classifier", "head")
        if key.startswith("conv_stem."):
            return key.replace("conv_stem", "stem").replace("convolution", "conv").replace("normalization", "norm")
        _, index, part, leaf = key.split(".")
        step = "pointwise" if int(index) % 2 else "depthwise"
        step += "_norm" if part == "normalization" else ""
        return f"{places[int(index) // 2]}.{step}.{leaf}"

    return {rename(key): value for key, value in state.items()}
