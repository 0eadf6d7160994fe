"""EfficientNet: inverted residual blocks with squeeze and excitation, grown in width, depth and resolution together.

Tan & Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", arXiv:1905.11946.

    stem -> stages of inverted residual blocks -> 1x1 convolution -> mean over positions -> classifier

The network is MobileNetV2's with other numbers and parts: swish, filters of two sizes, squeeze and excitation,
stochastic depth. What is new is how B0 grows into B1 to B7: `EfficientNet.Config.scaled`. `GrownEfficientNet` spends a
given number of multiplications on more width, depth or resolution, so that ways to grow can be compared.
"""

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import NamedTuple, Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.activation import SiLU
from archviz.blocks.dropout import Dropout, NoDropout
from archviz.blocks.excitation import SqueezeExcitation
from archviz.blocks.inverted_residual import InvertedResidual, InvertedStage, scaled_width
from archviz.blocks.norm import BatchNorm, NormConfig
from archviz.blocks.separable import ConvolutionLayerConfig, FullConvolution
from archviz.blocks.stochastic_depth import NoStochasticDepth, StochasticDepth
from archviz.core.config import Config as PartConfig
from archviz.core.config import swap
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.models.mobilenet_v2 import MobileNetV2

MBCONV = InvertedResidual.Config(
    activation=SiLU.Config(),
    excitation=SqueezeExcitation.Config(activation=SiLU.Config()),
    stochastic_depth=StochasticDepth.Config(rate=0.2),
)
"""The block of the paper: "mobile inverted bottleneck convolution"."""


class EfficientNet(MobileNetV2):
    """EfficientNet: images `b c h w` in, one logit for each class out; as it stands, the baseline B0.

    Tan & Le 2019, table 1.
    """

    class Config(MobileNetV2.Config):
        stem: ConvolutionLayerConfig = Field(
            FullConvolution.Config(activation=SiLU.Config()), description="the first layer"
        )
        block: InvertedResidual.Config = Field(MBCONV, description="what the stages are made of")
        stages: tuple[InvertedStage.Config, ...] = Field(
            (
                InvertedStage.Config(width=16, depth=1, expansion=1),
                InvertedStage.Config(width=24, depth=2, stride=2),
                InvertedStage.Config(width=40, depth=2, stride=2, size=5),
                InvertedStage.Config(width=80, depth=3, stride=2),
                InvertedStage.Config(width=112, depth=3, size=5),
                InvertedStage.Config(width=192, depth=4, stride=2, size=5),
                InvertedStage.Config(width=320, depth=1),
            ),
            min_length=1,
            max_length=16,
            description="the stages, first to last",
        )
        top: ConvolutionLayerConfig = Field(
            FullConvolution.Config(size=1, activation=SiLU.Config()), description="the last convolution"
        )

        def scaled(self, *, width: float = 1.0, depth: float = 1.0, multiple: int = 8) -> Self:
            """The same network with `width` times the channels and `depth` times the blocks of each stage.

            Channels are rounded to a multiple of `multiple`, blocks up. The third dimension, resolution, is that of the
            images: MACs grow with depth x width^2 x resolution^2 (Tan & Le 2019, equations 2 and 3).
            """
            if min(width, depth) <= 0:
                raise ValueError(f"width {width} and depth {depth} must both be above 0; 1 leaves them as they are")
            return self.replace(
                stem_width=scaled_width(self.stem_width, width, multiple),
                stages=tuple(stage.scaled(width, depth, multiple) for stage in self.stages),
                top_width=scaled_width(self.top_width, width, multiple),
            )


def small_efficientnet(
    *, depth: int = 1, widths: tuple[int, ...] = (8, 16, 24), in_channels: int = 1
) -> EfficientNet.Config:
    """A network for small pictures of ten classes: the stem and the first stage keep height and width."""
    stages = tuple(
        InvertedStage.Config(
            width=channels, depth=depth, expansion=1 if index == 0 else 4, stride=1 if index == 0 else 2
        )
        for index, channels in enumerate(widths)
    )
    return EfficientNet.Config(
        in_channels=in_channels,
        classes=10,
        stem_width=widths[0],
        stem_stride=1,
        block=MBCONV.replace(stochastic_depth=NoStochasticDepth.Config()),
        stages=stages,
        top_width=4 * widths[-1],
        dropout=NoDropout.Config(),
    )


class Factors(NamedTuple):
    """How many times wider, deeper and finer a network becomes."""

    width: float
    depth: float
    resolution: float


class GrowthConfig(PartConfig):
    """Base of every growth: `build().factors(budget)` says how to make a network `budget` times as costly.

    MACs grow with depth x width^2 x resolution^2.
    """


class Growth:
    """A way to spend multiplications on a larger network."""

    @abstractmethod
    def factors(self, budget: float) -> Factors:
        """What makes a network cost `budget` times the MACs."""


class CompoundGrowth(Growth):
    """Compound scaling: width, depth and resolution grow together, each by its constant to the same power.

    Tan & Le 2019, equation 3; the constants were found for B0 by a small search, and cost 1.92 in all.
    """

    class Config(GrowthConfig):
        depth: float = Field(1.2, ge=1, le=4, description="alpha: more blocks for one step of growth")
        width: float = Field(1.1, ge=1, le=4, description="beta: more channels for one step of growth")
        resolution: float = Field(1.15, ge=1, le=4, description="gamma: more pixels a side for one step of growth")

        @model_validator(mode="after")
        def _grows(self) -> Self:
            if self.depth * self.width * self.resolution == 1:
                raise ValueError("with all three constants at 1 nothing grows; set at least one above 1")
            return self

    def __init__(self, config: Config) -> None:
        self.config = config

    def factors(self, budget: float) -> Factors:
        alpha, beta, gamma = self.config.depth, self.config.width, self.config.resolution
        steps = math.log(budget) / math.log(alpha * beta**2 * gamma**2)
        return Factors(width=beta**steps, depth=alpha**steps, resolution=gamma**steps)


class WidthGrowth(Growth):
    """Width scaling: more channels in every layer, nothing else. Tan & Le 2019, figure 2b."""

    class Config(GrowthConfig):
        pass

    def __init__(self, config: Config) -> None:
        pass

    def factors(self, budget: float) -> Factors:
        return Factors(width=math.sqrt(budget), depth=1.0, resolution=1.0)


class DepthGrowth(Growth):
    """Depth scaling: more blocks in every stage, nothing else. Tan & Le 2019, figure 2c."""

    class Config(GrowthConfig):
        pass

    def __init__(self, config: Config) -> None:
        pass

    def factors(self, budget: float) -> Factors:
        return Factors(width=1.0, depth=budget, resolution=1.0)


class ResolutionGrowth(Growth):
    """Resolution scaling: finer images for the same network. Tan & Le 2019, figure 2d."""

    class Config(GrowthConfig):
        pass

    def __init__(self, config: Config) -> None:
        pass

    def factors(self, budget: float) -> Factors:
        return Factors(width=1.0, depth=1.0, resolution=math.sqrt(budget))


class GrownEfficientNet(nn.Module):
    """EfficientNet grown to a budget: a small network, made `budget` times as costly in one of several ways.

    Images `b c h w` in, one logit for each class out. They are reduced to the network's resolution first, so all ways
    to grow start from the same images. Tan & Le 2019, section 3.
    """

    class Config(ModelConfig):
        base: EfficientNet.Config = Field(EfficientNet.Config(), description="the network that grows")
        resolution: int = Field(224, ge=4, le=1024, description="pixels a side that the base network sees")
        budget: float = Field(1.0, ge=1, le=1024, description="MACs, as a multiple of the base network's")
        growth: GrowthConfig = Field(CompoundGrowth.Config(), description="what the budget is spent on")

        @property
        def factors(self) -> Factors:
            """How many times wider, deeper and finer it is than its base."""
            growth: Growth = self.growth.build()
            return growth.factors(self.budget)

        @property
        def network(self) -> EfficientNet.Config:
            """The grown network; channels come in pairs, and blocks are rounded, so that budgets are kept."""
            wide = self.base.scaled(width=self.factors.width, multiple=2)
            depths = (max(1, round(stage.depth * self.factors.depth)) for stage in wide.stages)
            stages = zip(wide.stages, depths, strict=True)
            return wide.replace(stages=tuple(stage.replace(depth=depth) for stage, depth in stages))

        @property
        def side(self) -> int:
            """Pixels a side that it sees."""
            return round(self.resolution * self.factors.resolution)

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.side = config.side
        self.network: EfficientNet = config.network.build()

    def forward(self, x: Tensor) -> Tensor:
        if self.side > min(x.shape[2:]):
            raise ValueError(
                f"the network wants {self.side} pixels a side, but the images have {min(x.shape[2:])}; use a smaller "
                "budget or resolution"
            )
        return self.network(F.adaptive_avg_pool2d(x, self.side))  # b c h w -> b c side side -> b k

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as the base network says; False leaves it to torch's default."""
        return self.network.init_parameter(name, parameter, generator)


LARGE_NORM = BatchNorm.Config(eps=1e-3, momentum=0.01)
"""What torchvision gives to B5 and larger, and the authors to all."""


def _paper(
    number: int, resolution: int, *, width: float, depth: float, dropout: float, norm: NormConfig | None = None
) -> Architecture:
    config = EfficientNet.Config(dropout=Dropout.Config(rate=dropout)).scaled(width=width, depth=depth)
    return Architecture(
        name=f"efficientnet_b{number}",
        title=f"EfficientNet-B{number}",
        scale="paper",
        config=swap(config, BatchNorm.Config, lambda old: norm or old),
        inputs=Inputs(shape=(3, resolution, resolution)),
        source="Tan & Le 2019, arXiv:1905.11946, table 2",
    )


def _playground(name: str, title: str, config: EfficientNet.Config, channels: int, size: int) -> Architecture:
    return Architecture(
        name=name,
        title=title,
        scale="playground",
        config=config,
        inputs=Inputs(shape=(channels, size, size)),
        source="after Tan & Le 2019, arXiv:1905.11946",
    )


MODELS = (
    _paper(0, 224, width=1.0, depth=1.0, dropout=0.2),
    _paper(1, 240, width=1.0, depth=1.1, dropout=0.2),
    _paper(2, 260, width=1.1, depth=1.2, dropout=0.3),
    _paper(3, 300, width=1.2, depth=1.4, dropout=0.3),
    _paper(4, 380, width=1.4, depth=1.8, dropout=0.4),
    _paper(5, 456, width=1.6, depth=2.2, dropout=0.4, norm=LARGE_NORM),
    _paper(6, 528, width=1.8, depth=2.6, dropout=0.5, norm=LARGE_NORM),
    _paper(7, 600, width=2.0, depth=3.1, dropout=0.5, norm=LARGE_NORM),
    _playground("efficientnet-nano", "EfficientNet for MNIST", small_efficientnet(), 1, 14),
    _playground(
        "efficientnet-tiny",
        "EfficientNet for small colour images",
        small_efficientnet(depth=2, widths=(12, 24, 40), in_channels=3),
        3,
        16,
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision EfficientNet (B0 to B7) under this model's names.

    There the two layers of squeeze and excitation are 1x1 convolutions; here they are linear.
    """
    top = max(int(key.split(".")[1]) for key in state if key.startswith("features."))

    def rename(key: str) -> str:
        if key.startswith("classifier.1."):
            return key.replace("classifier.1", "head")
        _, index, part, *rest = key.split(".")
        if int(index) in (0, top):  # the stem and the top: part 0 is the convolution, 1 the normalization
            return ".".join(("stem" if index == "0" else "top", ("conv", "norm")[int(part)], *rest))
        _, step, layer, leaf = rest  # block, its step, a layer of this step, weight or bias
        steps = ["expand", "depthwise", "excitation", "project"]
        if f"features.{index}.{part}.block.3.0.weight" not in state:  # without an expansion
            steps.remove("expand")
        layers = {"0": "conv", "1": "norm", "fc1": "squeeze", "fc2": "excite"}
        return ".".join(("stages", str(int(index) - 1), part, steps[int(step)], layers[layer], leaf))

    squeezed = (".fc1.weight", ".fc2.weight")
    return {rename(key): value.flatten(1) if key.endswith(squeezed) else value for key, value in state.items()}
