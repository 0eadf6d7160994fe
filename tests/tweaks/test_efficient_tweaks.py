"""Tweaks of chapters 3 and 4: each changes what it says, by as much as it says."""

import pytest

from archviz.blocks.filters import FactorizedFilter, SquareFilter
from archviz.core.config import walk
from archviz.core.setup import Inputs, Setup
from archviz.core.spec import NotApplicable, Tweak
from archviz.engine.cost import cost
from archviz.models import googlenet, inception_v3, mobilenet_v1, mobilenet_v2, resnext
from archviz.models.efficientnet import CompoundGrowth, DepthGrowth, GrowthConfig, ResolutionGrowth, WidthGrowth
from archviz.models.resnet import ResNet, small_resnet
from archviz.tweaks import (
    auxiliary_head,
    cardinality,
    factorized_filters,
    full_convolution,
    growth,
    no_excitation,
    relu6_bottleneck,
    stacked_filters,
)


def setup(model: object) -> Setup:
    from archviz.chapters.ch03_multiscale import RECIPE

    return Setup(model=model, recipe=RECIPE)  # type: ignore[arg-type]


def parts(changed: Setup, kind: type) -> int:
    return sum(isinstance(part, kind) for _, part in walk(changed))


def test_inception_v3_has_factorized_filters_already_and_googlenet_gets_them() -> None:
    with pytest.raises(NotApplicable, match="needs square filters"):
        factorized_filters.TWEAK(setup(inception_v3.inception_v3()))
    before = setup(googlenet.small_googlenet())
    after = factorized_filters.TWEAK(before)
    assert parts(before, SquareFilter.Config) == parts(after, FactorizedFilter.Config) == 4
    assert parts(after, SquareFilter.Config) == 0


def test_both_ways_to_take_filters_apart_save_what_their_formulas_say() -> None:
    """Two modules of size 7 and width 8 have three filters each of 8 channels in and out."""
    square = setup(inception_v3.small_inception(filters=SquareFilter.Config()))
    inputs = square.recipe.dataset.inputs
    full = cost(square.model, inputs)
    for tweak, each in ((factorized_filters.TWEAK, 14), (stacked_filters.TWEAK, 27)):
        found = cost(tweak(square).model, inputs)
        assert full.macs - found.macs == 6 * (49 - each) * 8 * 8 * 7 * 7


def test_an_auxiliary_head_adds_a_loss_and_leaves_the_answer() -> None:
    before = setup(googlenet.small_googlenet())
    after = auxiliary_head.TWEAK(before)
    (head,) = after.model.auxiliary  # type: ignore[attr-defined]
    assert head.after == 1 and head.weight == 0.3
    inputs = before.recipe.dataset.inputs
    assert cost(after.model, inputs).macs == cost(before.model, inputs).macs
    with pytest.raises(NotApplicable):
        auxiliary_head.TWEAK(after)


@pytest.mark.parametrize("tweak", [cardinality.FOUR, cardinality.SIXTEEN])
def test_cardinality_keeps_the_cost_of_the_paper_network(tweak: Tweak) -> None:
    base = next(model for model in resnext.MODELS if model.name == "resnext50_32x4d")
    changed = tweak(setup(base.config)).model
    assert isinstance(changed, ResNet.Config)
    before, after = cost(base.config, base.inputs), cost(changed, base.inputs)
    assert after.macs / before.macs == pytest.approx(1, rel=0.06)
    assert changed.block.groups == int(tweak.title.split()[0])  # type: ignore[attr-defined]


def test_cardinality_needs_bottlenecks() -> None:
    with pytest.raises(NotApplicable, match="needs a ResNet of bottleneck blocks"):
        cardinality.FOUR(setup(small_resnet(8)))


def test_full_convolutions_cost_what_the_formula_says() -> None:
    """One stage of one layer, 16 channels in and 32 out: the separable layer costs 1/32 + 1/9 of the full one."""
    model = mobilenet_v1.small_mobilenet_v1(depths=(1,), widths=(32,)).replace(stem_width=16)
    inputs = Inputs(shape=(1, 14, 14))

    def layer(config: Setup) -> int:
        return sum(row.macs for row in cost(config.model, inputs).layers if row.path.startswith("stages"))

    before = setup(model)
    assert layer(before) / layer(full_convolution.TWEAK(before)) == pytest.approx(1 / 32 + 1 / 9)


def test_relu6_adds_nothing_but_itself() -> None:
    before = setup(mobilenet_v2.small_mobilenet_v2())
    after = relu6_bottleneck.TWEAK(before)
    inputs = before.recipe.dataset.inputs
    assert cost(after.model, inputs).parameters == cost(before.model, inputs).parameters
    with pytest.raises(NotApplicable, match="needs linear bottlenecks"):
        relu6_bottleneck.TWEAK(after)


def test_excitation_costs_parameters_and_hardly_a_multiplication() -> None:
    from archviz.chapters.ch04_efficient import SQUEEZE_EXCITATION

    base = SQUEEZE_EXCITATION.base
    without = no_excitation.TWEAK(base)
    inputs = base.recipe.dataset.inputs
    full, bare = cost(base.model, inputs), cost(without.model, inputs)
    assert full.parameters > 1.3 * bare.parameters
    assert full.macs < 1.02 * bare.macs


@pytest.mark.parametrize(
    ("tweak", "kind"),
    [
        (growth.WIDTH, WidthGrowth.Config),
        (growth.DEPTH, DepthGrowth.Config),
        (growth.RESOLUTION, ResolutionGrowth.Config),
    ],
)
def test_growth_changes_what_the_budget_is_spent_on(tweak: Tweak, kind: type[GrowthConfig]) -> None:
    from archviz.chapters.ch04_efficient import COMPOUND_SCALING

    assert parts(COMPOUND_SCALING.base, CompoundGrowth.Config) == 1
    changed = tweak(COMPOUND_SCALING.base)
    assert parts(changed, kind) == 1 and parts(changed, CompoundGrowth.Config) == 0
