import math

import pytest
import torch

from archviz.blocks.initialization import (
    BRANCH_ENDS,
    DepthScaledNormal,
    HeNormal,
    InitConfig,
    Normal,
    TorchDefault,
    Xavier,
)
from archviz.core.config import swap
from archviz.core.setup import ModelConfig
from archviz.engine.initialize import initialize
from archviz.models.resnet import small_resnet
from archviz.models.transformer import small_transformer


def _draw(config: InitConfig, name: str, *shape: int, layers: int = 8) -> torch.Tensor:
    parameter = torch.full(shape, math.nan)
    assert config.build(layers)(name, parameter, torch.Generator().manual_seed(0))
    return parameter


def test_he_keeps_the_variance_by_fan_out_or_fan_in() -> None:
    weight = _draw(HeNormal.Config(), "conv.weight", 64, 32, 3, 3)
    assert weight.std().item() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)
    weight = _draw(HeNormal.Config(fan="fan_in"), "conv.weight", 64, 32, 3, 3)
    assert weight.std().item() == pytest.approx(math.sqrt(2 / (32 * 9)), rel=0.02)


def test_he_leaves_everything_but_convolutions_and_biases_to_the_default() -> None:
    init = HeNormal.Config().build(1)
    assert not init("head.weight", torch.empty(10, 32), torch.Generator())
    assert not init("norm.weight", torch.empty(32), torch.Generator())
    assert (_draw(HeNormal.Config(), "head.bias", 32) == 0).all()


def test_xavier_draws_matrices_embeddings_and_positions_each_by_its_own_rule() -> None:
    config = Xavier.Config(embedding_std=0.5, position_std=1.5)
    assert _draw(config, "embedding.tokens.weight", 300, 40).std().item() == pytest.approx(0.5, rel=0.03)
    assert _draw(config, "embedding.segments.weight", 300, 40).std().item() == pytest.approx(0.5, rel=0.03)
    assert _draw(config, "embedding.positions.weight", 300, 40).std().item() == pytest.approx(1.5, rel=0.03)
    weight = _draw(config, "blocks.0.feedforward.up.weight", 200, 100)
    assert weight.std().item() == pytest.approx(math.sqrt(2 / 300), rel=0.02)
    assert weight.abs().max().item() <= math.sqrt(6 / 300)
    query = _draw(config, "blocks.0.attention.query.weight", 100, 100)  # a third of a matrix of 300 x 100
    assert query.std().item() == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert (_draw(config, "blocks.0.attention.query.bias", 10) == 0).all()
    assert not config.build(1)("blocks.0.attention_norm.weight", torch.empty(10), torch.Generator())


def test_torchs_default_is_left_alone_but_for_positions() -> None:
    config = TorchDefault.Config(position_std=0.3)
    for name in ("positions.weight", "blocks.0.attention.position_bias.weight"):
        assert _draw(config, name, 300, 40).std().item() == pytest.approx(0.3, rel=0.03)
    for name in ("blocks.0.attention.query.weight", "blocks.0.attention.query.bias"):
        assert not config.build(1)(name, torch.empty(10, 10), torch.Generator())


def test_normal_draws_everything_alike() -> None:
    for name in ("embedding.tokens.weight", "blocks.0.feedforward.down.weight"):
        assert _draw(Normal.Config(std=0.05), name, 300, 40).std().item() == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize("end", BRANCH_ENDS)
def test_depth_scaling_shrinks_the_ends_of_branches(end: str) -> None:
    weight = _draw(DepthScaledNormal.Config(), f"blocks.3.{end}", 300, 40, layers=8)
    assert weight.std().item() == pytest.approx(0.02 / 4, rel=0.03)
    weight = _draw(DepthScaledNormal.Config(), "blocks.3.feedforward.up.weight", 300, 40, layers=8)
    assert weight.std().item() == pytest.approx(0.02, rel=0.03)


def test_the_sum_of_depth_scaled_branches_does_not_grow_with_depth() -> None:
    """The names that the initialization goes by are those that the parts really have."""
    for layers in (2, 12):
        config = small_transformer(layers=layers, heads=2, width=32).replace(init=DepthScaledNormal.Config())
        names = [name for name, _ in config.build().named_parameters()]
        assert sum(name.endswith(BRANCH_ENDS) for name in names) == 2 * layers


@pytest.mark.parametrize(
    "config",
    [small_resnet(8), small_transformer(layers=2, heads=2, width=16)],
    ids=lambda config: config.kind,
)
@pytest.mark.parametrize("init", [HeNormal, Xavier, Normal, DepthScaledNormal], ids=lambda cls: cls.__name__)
def test_every_initialization_works_in_every_model(config: ModelConfig, init: type) -> None:
    model = swap(config, InitConfig, lambda _: init.Config()).build()
    for parameter in model.parameters():
        torch.nn.init.constant_(parameter, math.nan)
    initialize(model, seed=0)
    assert all(parameter.isfinite().all() for parameter in model.parameters())
