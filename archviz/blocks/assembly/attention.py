"""Attention on the canvas. Here its weights can be seen; exports carry the plain layers, which give the same."""

import math
from functools import partial

from pydantic import Field
from torch import nn

from archviz.blocks.assembly import plain
from archviz.blocks.assembly.node import Change, Layer, Misfit, NodeConfig, Repair, divisor, vectors
from archviz.blocks.attention import CausalMask, DotProduct, MultiHeadAttention, NoMask, ScaledDotProduct
from archviz.blocks.dropout import Dropout, DropoutConfig, NoDropout
from archviz.blocks.grid_attention import GridAttention, NoPositionBias, RelativePositionBias
from archviz.blocks.window_attention import WindowAttention, WindowLayoutConfig
from archviz.core.setup import Inputs


def _heads(width: int, heads: int) -> None:
    if width % heads:
        near = divisor(width, heads)
        raise Misfit(
            f"A width of {width} does not divide into {heads} heads; use {near}.",
            Repair(f"Use {near} head{'s' if near > 1 else ''}", Change({"heads": near})),
        )


def _dropout(rate: float) -> DropoutConfig:
    return Dropout.Config(rate=rate) if rate else NoDropout.Config()


class AttentionNode:
    """Self-attention: every vector becomes a mixture of all vectors; `l d` to `l d`."""

    class Config(NodeConfig):
        name = "attention"
        title = "Self-attention"

        heads: int = Field(2, ge=1, le=128, description="heads that the width is split into")
        causal: bool = Field(False, description="whether a place sees only itself and what comes before")
        dropout: float = Field(0.0, ge=0, lt=1, description="share of the attention weights that is set to 0")
        scaled: bool = Field(True, description="whether scores are divided by the root of the head width")

        def layer(self, *given: Inputs) -> Layer:
            _, width = vectors(given[0], "Self-attention")
            _heads(width, self.heads)
            options: dict[str, object] = {"causal": True} if self.causal else {}
            options |= {"dropout": self.dropout} if self.dropout else {}
            options |= {} if self.scaled else {"scale": 1.0}
            tapped = MultiHeadAttention.Config(
                heads=self.heads,
                scale=ScaledDotProduct.Config() if self.scaled else DotProduct.Config(),
                mask=CausalMask.Config() if self.causal else NoMask.Config(),
                dropout=_dropout(self.dropout),
            )
            return Layer(
                plain.SelfAttention,
                (width, self.heads),
                options,
                weights=4 * width**2,
                tapped=partial(tapped.build, width),
            )


class GridAttentionNode:
    """Grid attention: self-attention over a square grid, with a learned bias for where two places lie; `l d` to `l d`.

    Raffel et al. 2019, arXiv:1910.10683; for grids Liu et al. 2021, arXiv:2103.14030, equation 4.
    """

    class Config(NodeConfig):
        name = "grid"
        title = "Grid attention"

        heads: int = Field(2, ge=1, le=128, description="heads that the width is split into")
        reach: int = Field(3, ge=1, le=63, description="largest offset, in rows or columns, with a bias of its own")
        dropout: float = Field(0.0, ge=0, lt=1, description="share of the attention weights that is set to 0")

        def layer(self, *given: Inputs) -> Layer:
            length, width = vectors(given[0], "Grid attention")
            _heads(width, self.heads)
            if length - math.isqrt(length) ** 2 > 1:
                raise Misfit(
                    f"Grid attention needs a square grid, perhaps with a class token, and {length} vectors make none."
                )
            options: dict[str, object] = {"dropout": self.dropout} if self.dropout else {}
            tapped = GridAttention.Config(
                heads=self.heads,
                position_bias=RelativePositionBias.Config(reach=self.reach),
                dropout=_dropout(self.dropout),
            )
            return Layer(
                plain.GridAttention,
                (width, self.heads, self.reach),
                options,
                weights=4 * width**2,
                tapped=partial(tapped.build, width),
            )


class PlacedWindows:
    """Windows that are moved by so many places, whatever the layer."""

    class Config(WindowLayoutConfig):
        shift: int = Field(0, ge=0, le=63, description="places by which they are moved down and to the right")

        def offset(self, layer: int) -> int:
            return self.shift


class WindowAttentionNode:
    """Window attention: as self-attention, but only inside the windows of a square grid; `l d` to `l d`."""

    class Config(NodeConfig):
        name = "windows"
        title = "Window attention"

        heads: int = Field(2, ge=1, le=128, description="heads that the width is split into")
        window: int = Field(4, ge=1, le=64, description="height and width of a window")
        shift: int = Field(0, ge=0, le=63, description="places by which the windows are moved down and to the right")
        reach: int = Field(3, ge=0, le=63, description="largest offset with a bias of its own; 0: no position bias")
        dropout: float = Field(0.0, ge=0, lt=1, description="share of the attention weights that is set to 0")

        def layer(self, *given: Inputs) -> Layer:
            length, width = vectors(given[0], "Window attention")
            _heads(width, self.heads)
            if math.isqrt(length) ** 2 != length:
                raise Misfit(f"Window attention needs a square grid, and {length} vectors make none.")
            if self.shift >= self.window:
                near = self.window // 2
                raise Misfit(
                    f"A shift of {self.shift} is not smaller than the window of {self.window}; use {near}.",
                    Repair(f"Use shift {near}", Change({"shift": near})),
                )
            options: dict[str, object] = {"dropout": self.dropout} if self.dropout else {}
            arguments = (width, self.heads, self.window, self.shift, self.reach)
            tapped = WindowAttention.Config(
                head_width=width // self.heads,
                windows=PlacedWindows.Config(size=self.window, shift=self.shift),
                position_bias=RelativePositionBias.Config(reach=self.reach) if self.reach else NoPositionBias.Config(),
                dropout=_dropout(self.dropout),
            )
            return Layer(
                plain.WindowedAttention,
                arguments,
                options,
                weights=4 * width**2,
                tapped=partial(tapped.build, width),
            )


class TransformerNode:
    """Transformer block: self-attention and a feed-forward network, both residual (Pre-LN); `l d` to `l d`."""

    class Config(NodeConfig):
        name = "transformer"
        title = "Transformer block"

        heads: int = Field(2, ge=1, le=128, description="heads that the width is split into")
        ratio: int = Field(4, ge=1, le=16, description="how many times wider the feed-forward network is inside")
        causal: bool = Field(False, description="whether a place sees only itself and what comes before")

        def layer(self, *given: Inputs) -> Layer:
            _, width = vectors(given[0], "A transformer block")
            _heads(width, self.heads)
            weights = (4 + 2 * self.ratio) * width**2
            arguments = (width, self.heads, self.ratio, self.causal)
            return Layer(plain.TransformerUnit, arguments, weights=weights, tapped=partial(_tapped_unit, *arguments))


def _tapped_unit(width: int, heads: int, ratio: int, causal: bool) -> nn.Module:
    unit = plain.TransformerUnit(width, heads, ratio, causal)
    mask = CausalMask.Config() if causal else NoMask.Config()
    unit.attention = MultiHeadAttention.Config(heads=heads, mask=mask).build(width)
    return unit
