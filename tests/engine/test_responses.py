"""Dropout is noise around what the network says without it; response normalization divides."""

import torch

from archviz.blocks.norm import LocalResponseNorm
from archviz.blocks.optimizers import SGD
from archviz.core.setup import Recipe, Setup
from archviz.data.digits import Digits
from archviz.engine.responses import PASSES, damping, passes, spreads
from archviz.engine.tasks import Classification
from archviz.models.alexnet import small_alexnet
from archviz.tweaks import add_batch_norm, no_dropout


def setup() -> Setup:
    recipe = Recipe(dataset=Digits.Config(), task=Classification.Config(), optimizer=SGD.Config(lr=0.1))
    return Setup(model=small_alexnet(hidden=(64,)), recipe=recipe)


def test_dropout_scatters_around_the_answer_without_it() -> None:
    curve = passes({"A": setup(), "B": no_dropout.TWEAK(setup())}, "t")
    lines = {series.name: torch.tensor(series.y) for series in curve.series}
    assert set(lines) == {"A", "mean of A so far", "B"}
    assert lines["B"].unique().numel() == 1 and len(lines["A"]) == PASSES
    error = lines["A"].std() / PASSES**0.5
    assert lines["A"].std() > 0 and abs(lines["mean of A so far"][-1] - lines["B"][0]) < 4 * error


def test_response_normalization_divides_by_what_its_formula_says() -> None:
    norm = LocalResponseNorm.Config()
    for series, activity in zip(damping(norm, "t").series, (0.0, 30.0, 100.0, 300.0), strict=True):
        for x, y in zip(series.x, series.y, strict=True):
            total = x**2 + (norm.neighbours - 1) * activity**2
            assert abs(y - x / (norm.k + norm.alpha * total) ** norm.beta) < 1e-3 * max(1.0, x)


def test_batch_norm_gives_every_layer_the_same_spread() -> None:
    curve = spreads({"A": setup(), "B": add_batch_norm.TWEAK(setup())}, "t")
    plain, normed = (torch.tensor(series.y) for series in curve.series)
    assert len(plain) == 3 == len(normed)
    assert abs(normed[-1] - 1) < 0.05, "the last layer has no pooling after its norm"
