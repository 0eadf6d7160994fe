import math

import pytest
import torch
from torch import nn

from archviz.blocks.attention import (
    CausalMask,
    DotProduct,
    MaskConfig,
    MultiHeadAttention,
    NoMask,
    ScaleConfig,
    ScaledDotProduct,
)
from archviz.blocks.dropout import Dropout
from archviz.core.tap import Tap

MASKS = [NoMask.Config(), CausalMask.Config()]
SCALES = [ScaledDotProduct.Config(), DotProduct.Config()]


def _x(length: int = 7, width: int = 24) -> torch.Tensor:
    return torch.randn(2, length, width, generator=torch.Generator().manual_seed(0))  # b l d


def _attention(mask: MaskConfig, scale: ScaleConfig) -> MultiHeadAttention:
    torch.manual_seed(0)
    attention: MultiHeadAttention = MultiHeadAttention.Config(heads=4, mask=mask, scale=scale).build(24)
    return attention


@pytest.mark.parametrize("mask", MASKS, ids=lambda part: part.kind)
@pytest.mark.parametrize("scale", SCALES, ids=lambda part: part.kind)
def test_watching_the_weights_does_not_change_the_output(mask: MaskConfig, scale: ScaleConfig) -> None:
    attention = _attention(mask, scale)
    fused = attention(_x())
    attention.weights.watched = True
    torch.testing.assert_close(attention(_x()), fused, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("mask", MASKS, ids=lambda part: part.kind)
@pytest.mark.parametrize("watched", [False, True])
def test_it_is_torchs_multi_head_attention(mask: MaskConfig, watched: bool) -> None:
    attention = _attention(mask, ScaledDotProduct.Config())
    attention.weights.watched = watched
    theirs = nn.MultiheadAttention(24, 4, batch_first=True)
    parts = (attention.query, attention.key, attention.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.weight.copy_(attention.output.weight)
        theirs.out_proj.bias.copy_(attention.output.bias)
    future = torch.ones(7, 7, dtype=torch.bool).triu(1) if attention.mask.causal else None
    expected, _ = theirs(_x(), _x(), _x(), attn_mask=future)
    torch.testing.assert_close(attention(_x()), expected, atol=1e-6, rtol=1e-5)


def _weights(attention: MultiHeadAttention, x: torch.Tensor) -> torch.Tensor:
    seen = []
    attention.weights.watched = True
    attention.weights.register_forward_hook(lambda _tap, _inputs, output: seen.append(output))
    attention(x)
    return seen[0]


def test_the_tap_shows_a_distribution_for_every_query() -> None:
    attention = _attention(NoMask.Config(), ScaledDotProduct.Config())
    weights = _weights(attention, _x())
    assert isinstance(attention.weights, Tap)
    assert weights.shape == (2, 4, 7, 7)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 7))


def test_a_causal_mask_hides_the_future() -> None:
    attention = _attention(CausalMask.Config(), ScaledDotProduct.Config())
    weights = _weights(attention, _x())
    assert (weights.triu(1) == 0).all()
    assert (weights.tril() > 0).sum() == 2 * 4 * (7 * 8 / 2)
    attention.weights.watched = False
    changed = _x()
    changed[:, 4:] += 1
    torch.testing.assert_close(attention(changed)[:, :4], attention(_x())[:, :4])
    seeing = _attention(NoMask.Config(), ScaledDotProduct.Config())
    assert not torch.allclose(seeing(changed)[:, :4], seeing(_x())[:, :4])


def test_without_positions_or_mask_attention_does_not_know_the_order() -> None:
    attention = _attention(NoMask.Config(), ScaledDotProduct.Config())
    order = torch.randperm(7, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(attention(_x()[:, order]), attention(_x())[:, order], atol=1e-6, rtol=1e-5)


def test_the_scale_keeps_the_variance_of_scores_at_one() -> None:
    generator = torch.Generator().manual_seed(0)
    for d in (4, 64, 1024):
        q, k = torch.randn(2, 2000, d, generator=generator)
        scores = (q * k).sum(-1)
        assert abs((ScaledDotProduct.Config().factor(d) * scores).std().item() - 1) < 0.1
        assert abs((DotProduct.Config().factor(d) * scores).std().item() / math.sqrt(d) - 1) < 0.1


@pytest.mark.parametrize("watched", [False, True])
def test_weights_are_dropped_in_training_only(watched: bool) -> None:
    torch.manual_seed(0)
    attention = MultiHeadAttention.Config(heads=4, dropout=Dropout.Config(rate=0.5)).build(24)
    attention.weights.watched = watched
    assert not torch.equal(attention(_x()), attention(_x()))
    attention.eval()
    assert torch.equal(attention(_x()), attention(_x()))


def test_heads_that_do_not_divide_the_width_are_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="width 48 does not divide into 5 heads; use 4 or 6"):
        MultiHeadAttention.Config(heads=5).build(48)
