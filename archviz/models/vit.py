"""ViT: an image is a sentence of patches, read by the blocks of a Transformer.

Dosovitskiy et al. 2020, "An Image Is Worth 16x16 Words: Transformers for Image Recognition at Scale",
arXiv:2010.11929.

    image -> patches -> (+ class token) + positions -> blocks -> one vector for the image -> classifier

B batch, C channels, H W height and width, L number of patches (and class token), D model width. The blocks are in
`archviz/blocks/transformer_block.py`. Where a patch lies may be told by a learned vector for each place (`positions`),
by a bias for each offset in the attention (`GridAttention.Config.position_bias`), or not at all.
"""

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.activation import GELU
from archviz.blocks.feedforward import FeedForward
from archviz.blocks.grid_attention import GridAttention
from archviz.blocks.initialization import InitConfig, Xavier
from archviz.blocks.norm import LayerNorm
from archviz.blocks.patches import PatchEmbedding
from archviz.blocks.positions import LearnedPositions, PositionsConfig
from archviz.blocks.transformer_block import PreNormBlock, TransformerBlockConfig
from archviz.core.config import Config
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture


class SummaryConfig(Config):
    """Base of every summary: `build(width)` may add tokens to `b l d`, and later `read` gives one vector `b d`."""

    tokens: ClassVar[int] = 0
    """How many tokens it adds."""


class ClassToken(nn.Module):
    """Class token: one more, learned token that stands before the patches and gathers what the classifier needs.

    Devlin et al. 2018; Dosovitskiy et al. 2020, equations 1 and 4.
    """

    class Config(SummaryConfig):
        tokens = 1

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.weight.expand(len(x), 1, -1), x), 1)  # b 1 d and b l d -> b 1+l d

    def read(self, x: Tensor) -> Tensor:
        """The vector of the class token."""
        return x[:, 0]  # b l d -> b d


class MeanOfPatches(nn.Module):
    """Mean of patches: the vectors of all patches are averaged.

    Dosovitskiy et al. 2020, appendix D.3, where it does as well.
    """

    class Config(SummaryConfig):
        pass

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return x

    def read(self, x: Tensor) -> Tensor:
        """The mean over the patches."""
        return reduce(x, "b l d -> b d", "mean")


class ViT(nn.Module):
    """Vision transformer: square images `b c h w` in, one logit for each class out.

    Dosovitskiy et al. 2020, figure 1 and table 1.
    """

    class Config(ModelConfig):
        image_size: int = Field(224, ge=1, le=4096, description="height and width of the images")
        in_channels: int = Field(3, ge=1, le=64, description="channels of the image")
        classes: int = Field(1000, ge=2, le=100_000, description="classes to choose between")
        width: int = Field(768, ge=1, le=16_384, description="numbers in each patch's vector")
        layers: int = Field(12, ge=1, le=256, description="number of blocks")
        patches: PatchEmbedding.Config = Field(
            PatchEmbedding.Config(patch_size=16), description="how the image is cut into patches"
        )
        summary: SummaryConfig = Field(ClassToken.Config(), description="how one vector is made of all patches")
        positions: PositionsConfig = Field(LearnedPositions.Config(), description="how the place of a patch is told")
        block: TransformerBlockConfig = Field(
            PreNormBlock.Config(
                attention=GridAttention.Config(heads=12),
                feedforward=FeedForward.Config(activation=GELU.Config()),
                norm=LayerNorm.Config(eps=1e-6),
            ),
            description="what the stack is made of",
        )
        init: InitConfig = Field(Xavier.Config(position_std=0.02), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            self.patches.check(self.image_size)
            self.patches.norm.check(self.width)
            self.positions.check(self.width)
            self.block.check(self.width)
            return self

        @property
        def grid(self) -> int:
            """Patches along one side of the image."""
            return self.image_size // self.patches.patch_size

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.init = config.init.build(config.layers)
        self.patches = config.patches.build(config.in_channels, config.width)
        self.summary = config.summary.build(config.width)
        self.positions = config.positions.build(config.summary.tokens + config.grid**2, config.width)
        self.blocks = nn.Sequential(*(config.block.build(config.width) for _ in range(config.layers)))
        self.closing = config.block.closing(config.width)
        self.head = nn.Linear(config.width, config.classes)

    def forward(self, image: Tensor) -> Tensor:
        known = self.config.image_size
        if image.shape[-2:] != (known, known):
            height, width = image.shape[-2:]
            raise ValueError(
                f"an image of {height} x {width}, but this model takes {known} x {known}; "
                "resized(n) makes of it one that takes n x n"
            )
        return self.classify(self.patches(image))

    def classify(self, patches: Tensor) -> Tensor:
        """The logits `b k` of images that are already vectors of patches `b l d`, row by row."""
        x = self.positions(self.summary(patches))
        return self.head(self.summary.read(self.closing(self.blocks(x))))

    def resized(self, image_size: int) -> "ViT":
        """The same model for images of another size: learned positions are interpolated, all else stays.

        Dosovitskiy et al. 2020, section 3.2. A relative position bias needs nothing: offsets that it has never seen
        count as the largest that it has.
        """
        config = self.config.replace(image_size=image_size)
        state = self.state_dict()
        if "positions.weight" in state:
            state["positions.weight"] = _interpolated(state["positions.weight"], config.summary.tokens, config.grid)
        model: ViT = config.build().to(self.head.weight.device)
        model.load_state_dict(state)
        return model.train(self.training)

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def _interpolated(table: Tensor, extra: int, grid: int) -> Tensor:
    """Positions `l d` for a grid of another size, bicubic; the first `extra` rows belong to no place and stay."""
    side = math.isqrt(len(table) - extra)
    places = rearrange(table[extra:], "(h w) d -> 1 d h w", h=side)
    places = F.interpolate(places, size=(grid, grid), mode="bicubic", align_corners=True)
    return torch.cat((table[:extra], rearrange(places, "1 d h w -> (h w) d")))


def small_vit(
    *,
    image_size: int = 16,
    patch_size: int = 4,
    layers: int = 2,
    heads: int = 2,
    width: int = 32,
    in_channels: int = 1,
    classes: int = 10,
) -> ViT.Config:
    """A model for small pictures: the mean of all patches is read, feed-forward networks are twice as wide inside."""
    return ViT.Config(
        image_size=image_size,
        in_channels=in_channels,
        classes=classes,
        width=width,
        layers=layers,
        patches=PatchEmbedding.Config(patch_size=patch_size),
        summary=MeanOfPatches.Config(),
        block=PreNormBlock.Config(
            attention=GridAttention.Config(heads=heads),
            feedforward=FeedForward.Config(ratio=2, activation=GELU.Config()),
        ),
        init=Xavier.Config(position_std=0.5),
    )


def _paper(name: str, title: str, *, layers: int, heads: int, width: int) -> Architecture:
    base = ViT.Config()
    block = base.block.replace(attention=GridAttention.Config(heads=heads))
    config = base.replace(layers=layers, width=width, block=block)
    return Architecture(
        name=name,
        title=title,
        scale="paper",
        config=config,
        inputs=Inputs(shape=(3, 224, 224)),
        source="Dosovitskiy et al. 2020, arXiv:2010.11929, table 1",
    )


MODELS = (
    _paper("vit_b_16", "ViT-B/16", layers=12, heads=12, width=768),
    _paper("vit_l_16", "ViT-L/16", layers=24, heads=16, width=1024),
    Architecture(
        name="vit-tiny",
        title="ViT for MNIST",
        scale="playground",
        config=small_vit(),
        inputs=Inputs(shape=(1, 16, 16)),
        source="after Dosovitskiy et al. 2020, arXiv:2010.11929",
    ),
)


def from_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a torchvision VisionTransformer under this model's names.

    There query, key and value are stored as one matrix.
    """
    names = {
        "conv_proj": "patches.conv",
        "encoder.ln": "closing",
        "heads.head": "head",
        "ln_1": "attention_norm",
        "self_attention.out_proj": "attention.output",
        "ln_2": "feedforward_norm",
        "mlp.0": "feedforward.up",
        "mlp.3": "feedforward.down",
    }
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        if key == "class_token":
            renamed["summary.weight"] = value.flatten()
        elif key == "encoder.pos_embedding":
            renamed["positions.weight"] = value.squeeze(0)
        else:
            layer = key.removeprefix("encoder.layers.encoder_layer_")
            number, place = layer.split(".", 1) if layer != key else ("", key)
            prefix = f"blocks.{number}." if number else ""
            if "in_proj_" in place:
                for part, rows in zip(("query", "key", "value"), value.chunk(3), strict=True):
                    renamed[f"{prefix}attention.{part}.{place.rpartition('_')[2]}"] = rows
            else:
                path, _, leaf = place.rpartition(".")
                renamed[f"{prefix}{names[path]}.{leaf}"] = value
    return renamed
