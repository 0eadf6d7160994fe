"""Swin: a vision transformer with attention inside shifted windows, and ever fewer, wider patches.

Liu, Lin, Cao, Hu, Wei, Zhang, Lin & Guo 2021, "Swin Transformer: Hierarchical Vision Transformer using Shifted
Windows", arXiv:2103.14030.

    image -> patches -> stages of (merging of 2x2 patches ->) blocks -> mean of all patches -> classifier

B batch, C channels, H W height and width, L number of patches, D model width, which doubles with every merging. The
attention, which is what the paper is about, is in `archviz/blocks/window_attention.py`. Images are square, of any size
that the patches fill.
"""

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import Self

import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.activation import GELU
from archviz.blocks.feedforward import FeedForward, FeedForwardConfig
from archviz.blocks.grid_attention import RelativePositionBias
from archviz.blocks.initialization import InitConfig, Normal, TorchDefault
from archviz.blocks.norm import LayerNorm, NormConfig
from archviz.blocks.patches import PatchEmbedding
from archviz.blocks.stochastic_depth import NoStochasticDepth, StochasticDepth, StochasticDepthConfig
from archviz.blocks.window_attention import ShiftedWindows, WindowAttention
from archviz.core.config import Config as PartConfig
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.core.tap import Tap


class PatchMerging(nn.Module):
    """Patch merging: each square of 2x2 patches becomes one of twice the width; `b (h w) d` to `b (h/2 w/2) 2d`.

    Liu et al. 2021, section 3.1. An odd grid is padded by zeros.
    """

    def __init__(self, norm: NormConfig, width: int) -> None:
        super().__init__()
        self.norm = norm.build(4 * width)
        self.reduce = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = rearrange(x, "b (h w) d -> b h w d", h=math.isqrt(x.shape[1]))
        if x.shape[1] % 2:
            x = F.pad(x, (0, 0, 0, 1, 0, 1))
        return self.reduce(self.norm(rearrange(x, "b (h i) (w j) d -> b (h w) (j i d)", i=2, j=2)))


class SwinBlock(nn.Module):
    """Swin block: attention inside windows and a feed-forward network, both residual and normalized before (Pre-LN).

    Liu et al. 2021, equation 3.
    """

    class Config(PartConfig):
        attention: WindowAttention.Config = Field(WindowAttention.Config(), description="how patches look at others")
        feedforward: FeedForwardConfig = Field(
            FeedForward.Config(activation=GELU.Config()), description="what each patch does by itself"
        )
        norm: NormConfig = Field(LayerNorm.Config(), description="normalization of both halves")
        stochastic_depth: StochasticDepthConfig = Field(
            NoStochasticDepth.Config(), description="leaving branches out in training"
        )

        def check(self, width: int) -> None:
            """Raise ValueError, saying what to change, if a block of this width cannot be built."""
            self.attention.check(width)
            self.norm.check(width)

    def __init__(self, config: Config, width: int, layer: int, place: float) -> None:
        super().__init__()
        self.attention_norm = config.norm.build(width)
        self.attention = config.attention.build(width, layer)
        self.feedforward_norm = config.norm.build(width)
        self.feedforward = config.feedforward.build(width)
        self.stochastic_depth = config.stochastic_depth.build(place)
        self.output = Tap("b l d")

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.stochastic_depth(self.attention(self.attention_norm(x)))
        x = x + self.stochastic_depth(self.feedforward(self.feedforward_norm(x)))
        return self.output(x)


class Swin(nn.Module):
    """Swin transformer: square images `b c h w` in, one logit for each class out.

    Liu et al. 2021, figure 3.
    """

    class Config(ModelConfig):
        in_channels: int = Field(3, ge=1, le=64, description="channels of the image")
        classes: int = Field(1000, ge=2, le=100_000, description="classes to choose between")
        width: int = Field(96, ge=1, le=4096, description="numbers in each patch's vector in the first stage")
        depths: tuple[int, ...] = Field((2, 2, 6, 2), min_length=1, max_length=6, description="blocks in each stage")
        patches: PatchEmbedding.Config = Field(
            PatchEmbedding.Config(patch_size=4, norm=LayerNorm.Config()), description="how the image is cut up"
        )
        block: SwinBlock.Config = Field(SwinBlock.Config(), description="what the stages are made of")
        init: InitConfig = Field(Normal.Config(), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            if min(self.depths) < 1:
                raise ValueError("a stage needs at least one block")
            self.patches.norm.check(self.width)
            for width in self.widths:
                self.block.check(width)
            for width in self.widths[:-1]:
                self.block.norm.check(4 * width)
            return self

        @property
        def widths(self) -> tuple[int, ...]:
            """Numbers in each patch's vector, by stage."""
            return tuple(self.width * 2**stage for stage in range(len(self.depths)))

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(sum(config.depths))
        self.patches = config.patches.build(config.in_channels, config.width)
        last, before = max(1, sum(config.depths) - 1), 0
        stages = []
        for index, (depth, width) in enumerate(zip(config.depths, config.widths, strict=True)):
            merging = PatchMerging(config.block.norm, width // 2) if index > 0 else nn.Identity()
            blocks = [config.block.build(width, layer, (before + layer) / last) for layer in range(depth)]
            stages.append(nn.Sequential(OrderedDict(merging=merging, blocks=nn.Sequential(*blocks))))
            before += depth
        self.stages = nn.Sequential(*stages)
        self.closing = config.block.norm.build(config.widths[-1])
        self.head = nn.Linear(config.widths[-1], config.classes)

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        if height != width:
            raise ValueError(f"an image of {height} x {width}, but windows need a square one; crop or pad it")
        x = self.closing(self.stages(self.patches(image)))
        return self.head(reduce(x, "b l d -> b d", "mean"))

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def small_swin(
    *,
    depths: tuple[int, ...] = (4,),
    width: int = 24,
    head_width: int = 12,
    window: int = 4,
    patch_size: int = 2,
    in_channels: int = 3,
    classes: int = 10,
) -> Swin.Config:
    """A model for small pictures; at 16x16 its first stage has 8x8 patches in four windows."""
    return Swin.Config(
        in_channels=in_channels,
        classes=classes,
        width=width,
        depths=depths,
        patches=PatchEmbedding.Config(patch_size=patch_size, norm=LayerNorm.Config()),
        block=SwinBlock.Config(
            attention=WindowAttention.Config(
                head_width=head_width,
                windows=ShiftedWindows.Config(size=window),
                position_bias=RelativePositionBias.Config(reach=window - 1),
            ),
            feedforward=FeedForward.Config(ratio=2, activation=GELU.Config()),
        ),
        init=TorchDefault.Config(),
    )


def _paper(name: str, title: str, *, width: int, depths: tuple[int, ...], rate: float) -> Architecture:
    block = SwinBlock.Config(stochastic_depth=StochasticDepth.Config(rate=rate))
    return Architecture(
        name=name,
        title=title,
        scale="paper",
        config=Swin.Config(width=width, depths=depths, block=block),
        inputs=Inputs(shape=(3, 224, 224)),
        source="Liu et al. 2021, arXiv:2103.14030, section 3.3",
    )


def _playground(name: str, title: str, config: Swin.Config) -> Architecture:
    return Architecture(
        name=name,
        title=title,
        scale="playground",
        config=config,
        inputs=Inputs(shape=(config.in_channels, 16, 16)),
        source="after Liu et al. 2021, arXiv:2103.14030",
    )


MODELS = (
    _paper("swin_t", "Swin-T", width=96, depths=(2, 2, 6, 2), rate=0.2),
    _paper("swin_s", "Swin-S", width=96, depths=(2, 2, 18, 2), rate=0.3),
    _paper("swin_b", "Swin-B", width=128, depths=(2, 2, 18, 2), rate=0.5),
    _playground("swin-tiny", "Swin of one stage for small colour images", small_swin()),
    _playground(
        "swin-mini", "Swin of two stages for MNIST", small_swin(depths=(2, 2), width=16, head_width=8, in_channels=1)
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision SwinTransformer under this model's names.

    There query, key and value are stored as one matrix, and merging ends a stage instead of starting the next.
    """
    names = {
        "norm1": "attention_norm",
        "attn.proj": "attention.output",
        "norm2": "feedforward_norm",
        "mlp.0": "feedforward.up",
        "mlp.3": "feedforward.down",
    }
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        path, _, leaf = key.rpartition(".")
        pieces = path.split(".")
        if leaf == "relative_position_index":
            continue  # computed, not learned
        if pieces[0] != "features":
            renamed[f"{path.replace('norm', 'closing')}.{leaf}"] = value
        elif pieces[1] == "0":
            renamed[f"patches.{'conv' if pieces[2] == '0' else 'norm'}.{leaf}"] = value
        elif int(pieces[1]) % 2 == 0:
            renamed[f"stages.{int(pieces[1]) // 2}.merging.{pieces[2].replace('reduction', 'reduce')}.{leaf}"] = value
        else:
            block = f"stages.{int(pieces[1]) // 2}.blocks.{pieces[2]}"
            part = ".".join(pieces[3:])
            if part == "attn.qkv":
                for name, rows in zip(("query", "key", "value"), value.chunk(3), strict=True):
                    renamed[f"{block}.attention.{name}.{leaf}"] = rows
            elif leaf == "relative_position_bias_table":
                renamed[f"{block}.attention.position_bias.weight"] = value
            else:
                renamed[f"{block}.{names[part]}.{leaf}"] = value
    return renamed
