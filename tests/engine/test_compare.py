"""Verdicts follow the rules of honest evidence, and intervals agree with an independent implementation."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from archviz import catalog
from archviz.core.results import Observation
from archviz.core.spec import Claim
from archviz.engine.compare import answer, decide, estimates, interval, judge, paired

LOWER = Claim(sentence="B is lower.", metric="train_loss", direction="lower", by=0.1)


def table(a: list[float], b: list[float], metric: str = "train_loss") -> list[Observation]:
    return [
        Observation(arm=arm, seed=seed, metric=metric, value=value)
        for arm, values in (("A", a), ("B", b))
        for seed, value in enumerate(values)
    ]


def test_the_interval_is_that_of_scipys_paired_t_test() -> None:
    a, b = [1.0, 1.2, 0.9, 1.4], [0.7, 0.8, 0.75, 0.9]
    theirs = stats.ttest_rel(b, a).confidence_interval(0.95)
    ours = interval(paired(LOWER, table(a, b)))
    assert ours == pytest.approx((theirs.low, theirs.high))


def test_only_seeds_that_both_arms_finished_are_paired() -> None:
    rows = table([1.0, 2.0, 3.0], [0.5, 1.0])
    assert paired(LOWER, rows) == [-0.5, -1.0]


def test_values_that_are_not_numbers_are_left_out() -> None:
    rows = table([1.0, 2.0, math.nan], [0.5, math.inf, 1.0])
    assert paired(LOWER, rows) == [-0.5]
    assert all(math.isfinite(estimate.mean) for estimate in estimates(rows))


@pytest.mark.parametrize(
    ("direction", "effect", "low", "high", "outcome"),
    [
        ("lower", -0.5, -0.6, -0.4, "supported"),
        ("lower", -0.05, -0.06, -0.04, "contradicted"),  # real, but less than what matters
        ("lower", -0.2, -0.5, 0.1, "inconclusive"),
        ("lower", 0.5, 0.4, 0.6, "contradicted"),
        ("lower", 0.01, -0.05, 0.07, "contradicted"),  # no effect although one was claimed
        ("higher", 0.5, 0.4, 0.6, "supported"),
        ("higher", -0.5, -0.6, -0.4, "contradicted"),
        ("same", 0.01, -0.05, 0.07, "supported"),
        ("same", 0.5, 0.4, 0.6, "contradicted"),
        ("same", 0.01, -0.5, 0.5, "inconclusive"),
        ("same", 0.11, 0.02, 0.2, "contradicted"),
        ("different", -0.5, -0.6, -0.4, "supported"),
        ("different", 0.01, -0.05, 0.07, "contradicted"),
        ("different", 0.2, -0.1, 0.5, "inconclusive"),
    ],
)
def test_decisions(direction: str, effect: float, low: float, high: float, outcome: str) -> None:
    assert decide(replace(LOWER, direction=direction), effect, low, high) == outcome  # type: ignore[arg-type]


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=3, max_size=8))
def test_swapping_the_arms_turns_the_claim_around(pairs: list[tuple[float, float]]) -> None:
    a, b = [p[0] for p in pairs], [p[1] for p in pairs]
    bounds, mirrored = interval(paired(LOWER, table(a, b))), interval(paired(LOWER, table(b, a)))
    assert bounds is not None and mirrored is not None
    assert bounds == pytest.approx((-mirrored[1], -mirrored[0]), abs=1e-9)
    effect = sum(paired(LOWER, table(a, b))) / len(pairs)
    higher = replace(LOWER, direction="higher")
    assert decide(LOWER, effect, *bounds) == decide(higher, -effect, -bounds[1], -bounds[0])


def test_the_answer_to_a_prediction_is_in_the_words_of_the_metric() -> None:
    good, bad = [0.9, 0.91, 0.92], [0.5, 0.52, 0.53]
    accuracy = Claim(sentence="", metric="test_accuracy", direction="higher", by=0.1)
    assert answer(accuracy, table(bad, good, "test_accuracy")) == "better"
    assert answer(LOWER, table(bad, good)) == "worse"
    assert answer(accuracy, table(good, good, "test_accuracy")) == "same"
    assert answer(accuracy, table(good[:2], bad[:2], "test_accuracy")) is None


def test_identical_differences_give_an_interval_of_no_width() -> None:
    assert interval([0.5, 0.5, 0.5]) == (0.5, 0.5)
    assert interval([0.5]) is None


def test_a_run_that_leaves_out_the_deciding_place_says_so() -> None:
    _, experiment = catalog.experiment("residual/identity")
    rows = [
        Observation(arm=arm, seed=seed, x=8.0, metric="train_loss", value=seed / 100)
        for arm in "AB"
        for seed in range(3)
    ]
    at_56, at_8 = judge(experiment, rows, {8.0})
    assert at_56.sentence == "Not decided: this run leaves out depth 56, where the claim is decided."
    assert at_8.outcome == "supported" and " at depth 8" in at_8.sentence
    assert judge(experiment, rows)[0].sentence == "No result yet: no seed has finished in both arms."
