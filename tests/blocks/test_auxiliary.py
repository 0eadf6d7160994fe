import pytest
import torch

from archviz.blocks.auxiliary import AuxiliaryConfig, ConvAuxiliaryHead, DenseAuxiliaryHead
from archviz.blocks.filters import ConvLayer
from archviz.blocks.norm import GroupNorm


@pytest.mark.parametrize(
    "config",
    [DenseAuxiliaryHead.Config(channels=8, hidden=16), ConvAuxiliaryHead.Config(channels=8, outputs=12)],
    ids=lambda config: config.kind,
)
def test_a_feature_map_becomes_logits(config: AuxiliaryConfig) -> None:
    head = config.build(6, 4, ConvLayer.Config())
    logits = head(torch.randn(2, 6, 17, 17))
    assert logits.shape == (2, 4)
    logits.square().sum().backward()
    assert all(p.grad is not None for p in head.parameters())


@pytest.mark.parametrize(
    ("config", "channels"), [(DenseAuxiliaryHead.Config(), 128), (ConvAuxiliaryHead.Config(outputs=768), 128)]
)
def test_a_norm_that_does_not_fit_is_refused(config: AuxiliaryConfig, channels: int) -> None:
    config.check(ConvLayer.Config(norm=GroupNorm.Config(groups=4)))
    with pytest.raises(ValueError, match=f"{channels} channels do not divide into 3 groups; use 2 or 4"):
        config.check(ConvLayer.Config(norm=GroupNorm.Config(groups=3)))
