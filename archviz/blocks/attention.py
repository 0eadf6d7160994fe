"""Attention: every position looks at the others and takes the mean of their values, weighted by how well they match.

    weights = softmax(mask(scale q k^T)),  output = weights v

b batch, l positions, q and k query and key positions, d head width, h heads.
"""

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from einops import rearrange
from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.divisors import check_divides
from archviz.blocks.dropout import DropoutConfig, NoDropout
from archviz.core.config import Config
from archviz.core.tap import Tap


class MaskConfig(Config):
    """Base of every mask: which positions a position may look at."""


class NoMask(nn.Identity):
    """Every position sees the whole sequence, as in an encoder."""

    class Config(MaskConfig):
        pass

    causal: ClassVar[bool] = False

    def __init__(self, config: Config) -> None:
        super().__init__()


class CausalMask(nn.Module):
    """A position sees itself and what comes before, never what it has to predict.

    Vaswani et al. 2017, section 3.2.3.
    """

    class Config(MaskConfig):
        pass

    causal: ClassVar[bool] = True

    def __init__(self, config: Config) -> None:
        super().__init__()

    def forward(self, scores: Tensor) -> Tensor:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)  # q k
        return scores.masked_fill(future, -math.inf)


class ScaleConfig(Config):
    """Base of every scale: `factor(d)` multiplies the scores of heads that are `d` wide."""

    def factor(self, d: int) -> float:
        """What the dot product of two vectors of width `d` is multiplied by."""
        raise NotImplementedError


class ScaledDotProduct:
    """Scores q k / sqrt(d): of variance 1 at every head width, so that softmax does not saturate.

    Vaswani et al. 2017, equation 1.
    """

    class Config(ScaleConfig):
        def factor(self, d: int) -> float:
            return 1 / math.sqrt(d)


class DotProduct:
    """Scores q k as they are: their variance grows with the head width, and softmax saturates."""

    class Config(ScaleConfig):
        def factor(self, d: int) -> float:
            return 1.0


class AttentionConfig(Config):
    """Base of every attention: `build(width)` maps `b l d` to `b l d`."""

    def check(self, width: int) -> None:
        """Raise ValueError, saying what to change, if vectors of this width cannot attend."""


class MultiHeadAttention(nn.Module):
    """Self-attention in several heads, each over its own share of the width.

    Vaswani et al. 2017, section 3.2.2.

    Input and output are `b l (h d)`; a `bias` that broadcasts to `b h q k` is added to the scores. The fused kernel
    never forms the weights; while somebody watches the tap `weights` (`b h q k`) they are, with the same outcome.
    """

    class Config(AttentionConfig):
        heads: int = Field(4, ge=1, le=128, description="heads that the width is split into")
        scale: ScaleConfig = Field(ScaledDotProduct.Config(), description="what scores are multiplied by")
        mask: MaskConfig = Field(NoMask.Config(), description="which positions a position may look at")
        dropout: DropoutConfig = Field(NoDropout.Config(), description="dropout of attention weights")

        def check(self, width: int) -> None:
            check_divides(self.heads, width, f"width {width} does not divide into {self.heads} heads")

    def __init__(self, config: Config, width: int) -> None:
        config.check(width)
        super().__init__()
        self.heads = config.heads
        self.scale = config.scale.factor(width // config.heads)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.mask = config.mask.build()
        self.weights = Tap("b h q k")
        self.dropout = config.dropout.build()
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        q = rearrange(self.query(x), "b l (h d) -> b h l d", h=self.heads)
        k = rearrange(self.key(x), "b l (h d) -> b h l d", h=self.heads)
        v = rearrange(self.value(x), "b l (h d) -> b h l d", h=self.heads)
        attend = self._attend_visibly if self.weights.watched else self._attend_fused
        return self.output(rearrange(attend(q, k, v, bias), "b h l d -> b l (h d)"))

    def _attend_fused(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        rate = self.dropout.p if self.training else 0.0
        if bias is None:
            return F.scaled_dot_product_attention(q, k, v, dropout_p=rate, is_causal=self.mask.causal, scale=self.scale)
        mixed = F.scaled_dot_product_attention(q, k, v, self.mask(bias), dropout_p=rate, scale=self.scale)
        # Copied into the order in which the heads are joined: an export to ONNX would take it for granted.
        return mixed.transpose(1, 2).clone(memory_format=torch.contiguous_format).transpose(1, 2)

    def _attend_visibly(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        scores = self.scale * q @ k.transpose(-2, -1)  # b h q k
        if bias is not None:
            scores = scores + bias
        weights = self.weights(self.mask(scores).softmax(-1))
        return self.dropout(weights) @ v
