"""An EfficientNet grown to a budget: what it costs, and that nothing else changes."""

import pytest
import torch

from archviz.core.setup import Inputs
from archviz.engine.cost import cost
from archviz.models.efficientnet import (
    CompoundGrowth,
    DepthGrowth,
    GrownEfficientNet,
    GrowthConfig,
    ResolutionGrowth,
    WidthGrowth,
    small_efficientnet,
)

INPUTS = Inputs(shape=(3, 64, 64))
GROWTHS = (CompoundGrowth.Config(), WidthGrowth.Config(), DepthGrowth.Config(), ResolutionGrowth.Config())


def grown(growth: GrowthConfig, budget: float) -> GrownEfficientNet.Config:
    base = small_efficientnet(depth=4, widths=(16, 32, 48), in_channels=3)
    return GrownEfficientNet.Config(base=base, resolution=16, budget=budget, growth=growth)


@pytest.mark.parametrize("growth", GROWTHS, ids=lambda growth: growth.kind)
@pytest.mark.parametrize("budget", [1.5, 2.0, 4.0, 10.0])
def test_factors_use_the_budget_up(growth: GrowthConfig, budget: float) -> None:
    factors = growth.build().factors(budget)
    assert factors.depth * factors.width**2 * factors.resolution**2 == pytest.approx(budget)
    assert growth.build().factors(1.0) == (1.0, 1.0, 1.0)


def test_compound_growth_is_the_papers() -> None:
    """From B0 with phi = 1: 1.2 times the blocks, 1.1 times the channels, 1.15 times the pixels."""
    factors = CompoundGrowth.Config().build().factors(1.2 * 1.1**2 * 1.15**2)
    assert factors == pytest.approx((1.1, 1.2, 1.15))


def test_single_growth_leaves_the_rest() -> None:
    assert WidthGrowth.Config().build().factors(4.0) == (2.0, 1.0, 1.0)
    assert DepthGrowth.Config().build().factors(4.0) == (1.0, 4.0, 1.0)
    assert ResolutionGrowth.Config().build().factors(4.0) == (1.0, 1.0, 2.0)


@pytest.mark.parametrize("growth", GROWTHS, ids=lambda growth: growth.kind)
def test_a_grown_network_costs_about_its_budget(growth: GrowthConfig) -> None:
    base = cost(grown(growth, 1.0), INPUTS)
    assert cost(grown(growth, 4.0), INPUTS).macs / base.macs == pytest.approx(4, rel=0.2)


def test_without_growth_it_is_its_base_on_smaller_images() -> None:
    config = grown(CompoundGrowth.Config(), 1.0)
    assert config.network == config.base and config.side == 16
    model = config.build().eval()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        small = torch.nn.functional.avg_pool2d(images, 4)
        torch.testing.assert_close(model(images), model.network(small))


def test_images_that_are_too_small_are_refused_with_a_sentence() -> None:
    model = grown(ResolutionGrowth.Config(), 4.0).build()
    with pytest.raises(ValueError, match="wants 32 pixels a side, but the images have 28; use a smaller budget"):
        model(torch.randn(1, 3, 28, 28))


def test_constants_of_1_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing grows; set at least one above 1"):
        CompoundGrowth.Config(depth=1, width=1, resolution=1)
