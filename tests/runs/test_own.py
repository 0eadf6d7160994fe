"""Runs of what a reader has put together: looked into while they train, like those of the book."""

import pytest
import torch

from archviz.blocks.assembly.sheet import Sheet
from archviz.blocks.optimizers import AdamW
from archviz.core.events import Probed
from archviz.core.results import Heatmap
from archviz.core.setup import Recipe, Setup
from archviz.core.spec import Budget, Train
from archviz.data.digits import Digits
from archviz.engine.tasks import Classification
from archviz.engine.train import run_trial
from archviz.models.assembled import of
from archviz.runs.own import own_experiment
from tests.export.test_assembled import RESIDUAL, chain

ADAMW = AdamW.Config(lr=0.003)
RECIPE = Recipe(dataset=Digits.Config(), task=Classification.Config(), optimizer=ADAMW, steps=3, batch_size=8)


def probed(sheet: Sheet) -> dict[str, Probed]:
    """The last reading of each probe while the model on this sheet trains."""
    setups = {"A": Setup(model=RESIDUAL, recipe=RECIPE), "B": Setup(model=of(sheet), recipe=RECIPE)}
    _, experiment = own_experiment(setups, {"A": "residual", "B": "the canvas"})
    assert isinstance(experiment.measure, Train)
    trial = next(trial for trial in experiment.trials("build", Budget(seeds=1)) if trial.arm == "B")
    return {event.probe: event for event in run_trial(trial, experiment.measure) if isinstance(event, Probed)}


def test_a_model_without_attention_shows_gradients_and_activations() -> None:
    assert set(probed(chain("image", "conv", "relu", "mean", "linear"))) == {"gradient-flow", "activations"}


@pytest.mark.parametrize("kind", ["attention", "grid", "windows", "transformer"])
def test_the_attention_of_blocks_is_seen(kind: str) -> None:
    sheet = chain("image", "patches", kind, "mean", "linear", patches={"size": 2})
    readings = probed(sheet)
    assert set(readings) == {"gradient-flow", "attention", "activations"}
    maps = [result for result in readings["attention"].results if isinstance(result, Heatmap)]
    assert len(maps) == 2  # one a head
    for one in maps:
        torch.testing.assert_close(torch.tensor(one.values).sum(1), torch.ones(len(one.values)))
