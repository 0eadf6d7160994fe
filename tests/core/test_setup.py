"""Setups: two different ones are never taken for the same, and the schedule does what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from archviz.blocks.optimizers import SGD, Adam
from archviz.core.config import Config
from archviz.core.record import fingerprint
from archviz.core.setup import DatasetConfig, Inputs, ModelConfig, Recipe, Setup
from archviz.data.digits import Digits
from archviz.data.mnist5k import Mnist5k
from archviz.data.python_docs import PythonDocs
from archviz.engine.tasks import Classification, NextToken
from tests.core.trees import anatomy, trees


class TreeModel:
    """A model made of any tree."""

    class Config(ModelConfig):
        tree: Config


RATES = st.sampled_from((0.1, 0.01, 1e-3))
OPTIMIZERS = st.one_of(st.builds(SGD.Config, lr=RATES), st.builds(Adam.Config, lr=RATES))
DATASETS = st.sampled_from((Digits.Config(), Mnist5k.Config(size=14), Mnist5k.Config(size=16), PythonDocs.Config()))
RECIPES = st.builds(
    Recipe,
    dataset=DATASETS,
    task=st.sampled_from((Classification.Config(), NextToken.Config())),
    optimizer=OPTIMIZERS,
    steps=st.integers(1, 3),
    clip=st.none() | RATES,
    schedule=st.sampled_from(("constant", "cosine")),
)
SETUPS = st.builds(Setup, model=st.builds(TreeModel.Config, tree=trees()), recipe=RECIPES)


@given(SETUPS, SETUPS)
def test_two_different_setups_never_share_a_fingerprint(one: Setup, other: Setup) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (anatomy(one) == anatomy(other))


@given(SETUPS, st.data())
def test_a_change_of_any_one_field_changes_the_fingerprint(setup: Setup, data: st.DataObject) -> None:
    changes = {
        "steps": st.integers(4, 9),
        "clip": st.just(7.0),
        "warmup": st.just(5),
        "batch_size": st.just(3),
        "precision": st.just("bfloat16"),
    }
    name = data.draw(st.sampled_from(sorted(changes)))
    changed = setup.replace(recipe=setup.recipe.replace(**{name: data.draw(changes[name])}))
    assert fingerprint(changed) != fingerprint(setup)


@given(SETUPS)
def test_a_setup_survives_json(setup: Setup) -> None:
    again = Setup.model_validate_json(setup.model_dump_json())
    assert anatomy(again) == anatomy(setup)
    assert fingerprint(again) == fingerprint(setup)


@given(RECIPES, st.integers(0, 20), st.integers(1, 60))
def test_the_rate_rises_in_warm_up_and_stays_within_bounds(recipe: Recipe, warmup: int, steps: int) -> None:
    recipe = recipe.replace(warmup=warmup, steps=steps)
    factors = [recipe.lr_factor(step) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)
    if recipe.schedule == "constant":
        assert factors == sorted(factors)
        assert all(factor == 1 for factor in factors[warmup:])
    elif warmup == 0:
        assert factors == sorted(factors, reverse=True)
        assert factors[0] == 1


def test_cosine_falls_to_half_in_the_middle_and_nearly_to_nothing() -> None:
    recipe = Recipe(
        dataset=Digits.Config(),
        task=Classification.Config(),
        optimizer=SGD.Config(lr=0.1),
        steps=1000,
        schedule="cosine",
    )
    assert recipe.lr_factor(500) == pytest.approx(0.5)
    assert recipe.lr_factor(999) < 1e-4


def test_inputs_are_tokens_when_they_have_a_vocabulary() -> None:
    assert Inputs(shape=(8,), vocabulary=5).tokens
    assert not Inputs(shape=(1, 8, 8)).tokens


def test_a_dataset_has_to_say_what_it_holds() -> None:
    with pytest.raises(TypeError, match="does not say its inputs"):
        _ = DatasetConfig().inputs
    with pytest.raises(TypeError, match="does not say its outputs"):
        _ = DatasetConfig().outputs


def test_a_learning_rate_is_above_zero() -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        SGD.Config(lr=0)
