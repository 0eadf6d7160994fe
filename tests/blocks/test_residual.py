import pytest
import torch
from torch import nn

from archviz.blocks.activation import NoActivation, ReLU
from archviz.blocks.norm import BatchNorm, GroupNorm, NoNorm
from archviz.blocks.residual import (
    BasicBlock,
    Bottleneck,
    IdentitySkip,
    NoSkip,
    PaddedSkip,
    PreActivationBlock,
    PreActivationBottleneck,
    ProjectionSkip,
    ResidualBlockConfig,
    SkipConfig,
)

BLOCKS: list[ResidualBlockConfig] = [
    BasicBlock.Config(),
    Bottleneck.Config(),
    PreActivationBlock.Config(),
    PreActivationBottleneck.Config(),
]
SKIPS: list[SkipConfig] = [IdentitySkip.Config(), PaddedSkip.Config(), ProjectionSkip.Config(), NoSkip.Config()]


def _silence_branch(block: nn.Module) -> None:
    """Set the last convolution of the branch to 0, so that F(x) = 0."""
    last = block.conv3 if hasattr(block, "conv3") else block.conv2
    nn.init.zeros_(last.weight)


@pytest.mark.parametrize("config", BLOCKS, ids=lambda part: part.kind)
@pytest.mark.parametrize("skip", SKIPS, ids=lambda part: part.kind)
@pytest.mark.parametrize("stride", [1, 2])
def test_every_block_joins_every_skip(config: ResidualBlockConfig, skip: SkipConfig, stride: int) -> None:
    block = config.replace(skip=skip).build(4, 8, stride)
    x = torch.randn(2, 4, 6, 6, requires_grad=True)
    y = block(x)
    assert y.shape == (2, config.outputs(8), 6 // stride, 6 // stride)
    y.square().sum().backward()
    assert all(parameter.grad is not None for parameter in block.parameters())


@pytest.mark.parametrize("config", BLOCKS, ids=lambda part: part.kind)
def test_the_identity_path_lets_the_input_through_untouched(config: ResidualBlockConfig) -> None:
    config = config.replace(norm=NoNorm.Config(), activation=NoActivation.Config())
    x = torch.randn(2, config.outputs(8), 6, 6)
    for skip, expected in (
        (IdentitySkip.Config(), x),
        (PaddedSkip.Config(), x),
        (NoSkip.Config(), torch.zeros_like(x)),
    ):
        block = config.replace(skip=skip).build(config.outputs(8), 8)
        _silence_branch(block)
        for name, parameter in block.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
        assert torch.equal(block(x), expected)


def test_only_post_activation_changes_the_sum() -> None:
    x = torch.randn(2, 8, 6, 6)
    post, pre = BasicBlock.Config().build(8, 8), PreActivationBlock.Config().build(8, 8)
    _silence_branch(post)
    _silence_branch(pre)
    assert torch.equal(post(x), x.relu())
    assert torch.equal(pre(x), x)


def test_a_padded_skip_thins_out_and_pads_by_zeros() -> None:
    x = torch.randn(2, 4, 6, 6)
    y = PaddedSkip.Config().build(4, 8, 2, BatchNorm.Config())(x, torch.zeros(2, 8, 3, 3))
    assert torch.equal(y[:, :4], x[:, :, ::2, ::2])
    assert (y[:, 4:] == 0).all()


def test_the_identity_skip_has_parameters_only_where_shapes_differ() -> None:
    same = IdentitySkip.Config().build(8, 8, 1, BatchNorm.Config())
    assert not list(same.parameters())
    assert list(IdentitySkip.Config().build(8, 16, 1, BatchNorm.Config()).parameters())
    assert list(IdentitySkip.Config().build(8, 8, 2, BatchNorm.Config()).parameters())
    assert list(ProjectionSkip.Config().build(8, 8, 1, BatchNorm.Config()).parameters())


def test_without_a_norm_convolutions_get_a_bias() -> None:
    names = dict(BasicBlock.Config(norm=NoNorm.Config()).build(8, 8).named_parameters())
    assert {"conv1.bias", "conv2.bias"} <= set(names)
    assert "conv1.bias" not in dict(BasicBlock.Config().build(8, 8).named_parameters())


def test_groups_divide_the_3x3_convolution_alone() -> None:
    block = Bottleneck.Config(groups=4, expansion=2).build(16, 8)
    assert (block.conv1.groups, block.conv2.groups, block.conv3.groups) == (1, 4, 1)
    assert block.conv3.out_channels == 16


def test_widths_that_do_not_fit_are_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="12 channels do not divide into 5 groups; use 4 or 6"):
        Bottleneck.Config(groups=5).check(12)
    with pytest.raises(ValueError, match="12 channels do not divide into 8 groups; use 6 or 12"):
        BasicBlock.Config(norm=GroupNorm.Config(groups=8)).check(12)


@pytest.mark.parametrize(
    "config", [PreActivationBlock.Config(), PreActivationBottleneck.Config()], ids=lambda c: c.kind
)
def test_a_pre_activation_stack_closes_with_norm_and_activation(config: ResidualBlockConfig) -> None:
    norm, activation = config.closing(8)
    assert isinstance(norm, BatchNorm)
    assert isinstance(activation, ReLU)
    assert isinstance(BasicBlock.Config().closing(8), nn.Identity)
