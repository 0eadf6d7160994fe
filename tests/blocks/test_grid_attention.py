import pytest
import torch
from torch import nn
from torchvision.models.swin_transformer import ShiftedWindowAttention

from archviz.blocks.attention import CausalMask, MultiHeadAttention
from archviz.blocks.grid_attention import GridAttention, RelativePositionBias
from archviz.engine.capture import watching

RELATIVE = GridAttention.Config(heads=2, position_bias=RelativePositionBias.Config(reach=3))


def strong(config: GridAttention.Config) -> GridAttention:
    attention: GridAttention = config.build(8)
    nn.init.normal_(attention.position_bias.weight)
    return attention


def test_a_table_that_covers_the_grid_is_torchvisions() -> None:
    theirs = ShiftedWindowAttention(8, [7, 7], [0, 0], 2)
    ours = RelativePositionBias.Config(reach=6).build(2)
    ours.load_state_dict({"weight": theirs.relative_position_bias_table})
    torch.testing.assert_close(ours(49), theirs.get_relative_position_bias())


def test_on_a_larger_grid_the_same_offsets_get_the_same_bias() -> None:
    part = RelativePositionBias.Config(reach=3).build(2)
    small, large = part(16), part(36).view(1, 2, 6, 6, 6, 6)
    torch.testing.assert_close(small.view(1, 2, 4, 4, 4, 4), large[:, :, :4, :4, :4, :4])
    torch.testing.assert_close(large[:, :, 0, 0, 3, 0], large[:, :, 0, 0, 5, 0])  # offsets 3 and 5: both are the reach
    assert not torch.equal(large[:, :, 0, 0, 2, 0], large[:, :, 0, 0, 3, 0])


def test_the_bias_depends_on_the_offset_alone() -> None:
    bias = RelativePositionBias.Config(reach=3).build(2)(16).view(1, 2, 4, 4, 4, 4)
    torch.testing.assert_close(bias[:, :, 0, 1, 2, 2], bias[:, :, 1, 0, 3, 1])
    assert not torch.equal(bias[:, :, 0, 1, 2, 2], bias[:, :, 2, 2, 0, 1])


def test_a_class_token_gets_no_bias() -> None:
    part = RelativePositionBias.Config(reach=3).build(2)
    with_token = part(17)
    assert with_token.shape == (1, 2, 17, 17)
    assert not with_token[..., 0, :].any() and not with_token[..., 0].any()
    torch.testing.assert_close(with_token[..., 1:, 1:], part(16))


@pytest.mark.parametrize("mask", [None, CausalMask.Config()])
def test_the_fused_kernel_and_the_visible_weights_agree(mask: CausalMask.Config | None) -> None:
    attention = strong(RELATIVE if mask is None else RELATIVE.replace(mask=mask))
    x = torch.randn(3, 16, 8)
    fused = attention(x)
    with watching(attention, "b h q k") as seen:
        visible = attention(x)
    torch.testing.assert_close(fused, visible, atol=1e-5, rtol=1e-4)
    weights = seen["weights"].value
    assert weights.shape == (3, 2, 16, 16)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 2, 16))
    assert (weights[..., 0, 1:] == 0).all() == (mask is not None)


def test_weights_follow_the_formula() -> None:
    attention = strong(RELATIVE)
    x = torch.randn(1, 16, 8)
    with watching(attention, "b h q k") as seen:
        attention(x)
    q, k = (part(x).view(1, 16, 2, 4).transpose(1, 2) for part in (attention.query, attention.key))  # b h l d
    expected = (q @ k.transpose(-2, -1) / 2 + attention.position_bias(16)).softmax(-1)
    torch.testing.assert_close(seen["weights"].value, expected)


def test_without_a_bias_it_is_plain_attention() -> None:
    plain, grid = MultiHeadAttention.Config(heads=2).build(8), GridAttention.Config(heads=2).build(8)
    grid.load_state_dict(plain.state_dict())
    x = torch.randn(3, 17, 8)
    assert torch.equal(plain(x), grid(x))


def test_the_bias_learns() -> None:
    attention = strong(RELATIVE)
    attention(torch.randn(3, 16, 8)).square().sum().backward()
    assert attention.position_bias.weight.grad.abs().sum() > 0
