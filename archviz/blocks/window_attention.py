"""Attention inside windows: a grid of patches is cut into squares, and patches look at their own square only.

For l patches and windows of m x m that costs m^2 l scores instead of l^2. Liu et al. 2021, "Swin Transformer",
arXiv:2103.14030, section 3.2. Where the windows lie is a part of its own, since that decides how far a patch can see.
"""

import math

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from pydantic import Field
from torch import Tensor

from archviz.blocks.attention import AttentionConfig, MultiHeadAttention, ScaleConfig, ScaledDotProduct
from archviz.blocks.divisors import check_divides
from archviz.blocks.dropout import DropoutConfig, NoDropout
from archviz.blocks.grid_attention import PositionBiasConfig, RelativePositionBias
from archviz.core.config import Config


class WindowLayoutConfig(Config):
    """Base of every layout: how large windows are, and by how much those of a layer are moved."""

    size: int = Field(7, ge=1, le=64, description="height and width of a window in patches")

    def offset(self, layer: int) -> int:
        """Patches by which the windows of this layer (counted from 0) are moved down and to the right."""
        raise NotImplementedError


class ShiftedWindows:
    """Shifted windows: in every other layer they are moved by half their size, so that news crosses their borders.

    Liu et al. 2021, figures 2 and 4.
    """

    class Config(WindowLayoutConfig):
        def offset(self, layer: int) -> int:
            return self.size // 2 if layer % 2 else 0


class FixedWindows:
    """Fixed windows: the same in every layer, so that what happens in one is never heard of in another."""

    class Config(WindowLayoutConfig):
        def offset(self, layer: int) -> int:
            return 0


class WindowAttention(MultiHeadAttention):
    """Self-attention inside windows of a square grid, with a bias for the offset of two patches; `b l d` to `b l d`.

    Liu et al. 2021, arXiv:2103.14030, section 3.2.

    Moved windows at the border of the grid take in patches from its other side, which then do not see each other.
    A grid that windows do not fill is padded by zeros. The tap `weights` sees `b h q k` with the windows of all
    images, one after another, as its `b`.
    """

    class Config(AttentionConfig):
        head_width: int = Field(32, ge=1, le=16_384, description="numbers that each head works on")
        windows: WindowLayoutConfig = Field(ShiftedWindows.Config(), description="where the windows lie")
        position_bias: PositionBiasConfig = Field(
            RelativePositionBias.Config(reach=6), description="what the offset of two patches adds to their score"
        )
        scale: ScaleConfig = Field(ScaledDotProduct.Config(), description="what scores are multiplied by")
        dropout: DropoutConfig = Field(NoDropout.Config(), description="dropout of attention weights")

        def check(self, width: int) -> None:
            sentence = f"width {width} does not divide into heads of width {self.head_width}"
            check_divides(self.head_width, width, sentence)

    def __init__(self, config: Config, width: int, layer: int = 0) -> None:
        config.check(width)
        heads = width // config.head_width
        super().__init__(MultiHeadAttention.Config(heads=heads, scale=config.scale, dropout=config.dropout), width)
        self.window = config.windows.size
        self.offset = config.windows.offset(layer)
        self.position_bias = config.position_bias.build(heads)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        grid = math.isqrt(x.shape[1])
        missing = -grid % self.window
        side = grid + missing
        offset = self.offset if side > self.window else 0  # a single window has nowhere to go
        x = rearrange(x, "b (h w) d -> b h w d", h=grid)
        if missing:
            x = F.pad(x, (0, 0, 0, missing, 0, missing))
        if offset:
            x = x.roll((-offset, -offset), (1, 2))
        x = rearrange(x, "b (n i) (m j) d -> b (n m) (i j) d", i=self.window, j=self.window)
        bias = self.position_bias(self.window**2)  # 1 h q k
        if offset:
            bias = _blocked(side, self.window, offset, x) + (0 if bias is None else bias)  # n h q k
            bias = repeat(bias, "n h q k -> (b n) h q k", b=len(x))
        y = super().forward(x.flatten(0, 1), bias)
        y = rearrange(y, "(b n m) (i j) d -> b (n i) (m j) d", b=len(x), n=side // self.window, i=self.window)
        if offset:
            y = y.roll((offset, offset), (1, 2))
        return rearrange(y[:, :grid, :grid], "b h w d -> b (h w) d")

    def extra_repr(self) -> str:
        return f"window={self.window}, offset={self.offset}"


def _blocked(side: int, window: int, offset: int, like: Tensor) -> Tensor:
    """Minus infinity, `n 1 q k`, where two patches share a moved window but come from different ends of the grid."""
    steps = torch.arange(side, device=like.device)
    end = (steps >= side - window).long() + (steps >= side - offset)
    region = rearrange(3 * end[:, None] + end, "(n i) (m j) -> (n m) (i j)", i=window, j=window)
    apart = (region[:, :, None] != region[:, None, :])[:, None]  # n 1 q k
    return torch.zeros(apart.shape, device=like.device).masked_fill(apart, -math.inf)
