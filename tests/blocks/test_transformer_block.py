import pytest
import torch
from torch import nn

from archviz.blocks.attention import CausalMask, MultiHeadAttention
from archviz.blocks.norm import GroupNorm, LayerNorm, NoNorm
from archviz.blocks.transformer_block import PostNormBlock, PreNormBlock, TransformerBlockConfig

BLOCKS: list[TransformerBlockConfig] = [PreNormBlock.Config(), PostNormBlock.Config()]


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(0))  # b l d


def test_post_norm_normalizes_the_sum(x: torch.Tensor) -> None:
    block = PostNormBlock.Config().build(16)
    y = block.attention_norm(x + block.attention(x))
    y = block.feedforward_norm(y + block.feedforward(y))
    torch.testing.assert_close(block(x), y)
    torch.testing.assert_close(block(x).std(-1, unbiased=False), torch.ones(2, 5), atol=1e-3, rtol=1e-3)


def test_pre_norm_normalizes_what_enters_a_branch(x: torch.Tensor) -> None:
    block = PreNormBlock.Config().build(16)
    y = x + block.attention(block.attention_norm(x))
    y = y + block.feedforward(block.feedforward_norm(y))
    torch.testing.assert_close(block(x), y)


def test_only_pre_norm_leaves_the_residual_stream_alone(x: torch.Tensor) -> None:
    for config, same in ((PreNormBlock.Config(), True), (PostNormBlock.Config(), False)):
        block = config.build(16)
        for last in (block.attention.output, block.feedforward.down):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
        assert torch.equal(block(x), x) == same


def test_both_have_the_same_parameters_under_the_same_names() -> None:
    shapes = [{name: p.shape for name, p in config.build(16).named_parameters()} for config in BLOCKS]
    assert shapes[0] == shapes[1]


def test_a_pre_norm_stack_closes_with_a_norm() -> None:
    assert isinstance(PreNormBlock.Config().closing(16), LayerNorm)
    assert isinstance(PreNormBlock.Config(norm=NoNorm.Config()).closing(16), NoNorm)
    assert isinstance(PostNormBlock.Config().closing(16), nn.Identity)


def test_one_turns_into_the_other_with_all_its_parts() -> None:
    pre = PreNormBlock.Config(attention=MultiHeadAttention.Config(heads=2, mask=CausalMask.Config()))
    post = PostNormBlock.Config(**dict(pre))
    assert dict(post) == dict(pre)


@pytest.mark.parametrize("config", BLOCKS, ids=lambda part: part.kind)
def test_widths_that_do_not_fit_are_refused_with_advice(config: TransformerBlockConfig) -> None:
    with pytest.raises(ValueError, match="width 18 does not divide into 4 heads; use 3 or 6"):
        config.check(18)
    with pytest.raises(ValueError, match="16 channels do not divide into 5 groups; use 4 or 8"):
        config.replace(norm=GroupNorm.Config(groups=5)).check(16)
