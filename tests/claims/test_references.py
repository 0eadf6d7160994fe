"""Committed reference results: complete, of the experiments as they are now, and reproducible."""

import math

import pytest

from archviz import catalog
from archviz.core.record import fingerprint
from archviz.core.spec import Chapter, Experiment
from archviz.engine.compare import estimates, judge
from archviz.notebook import experiment as runnable
from archviz.runs import reference

EXPERIMENTS = [(chapter, experiment) for chapter in catalog.chapters() for experiment in chapter.experiments]


def name(pair: tuple[Chapter, Experiment]) -> str:
    return f"{pair[0].slug}/{pair[1].slug}"


@pytest.mark.parametrize("pair", EXPERIMENTS, ids=name)
def test_the_reference_is_of_the_experiment_as_it_is_now(pair: tuple[Chapter, Experiment]) -> None:
    chapter, experiment = pair
    found = reference.load(name(pair))
    assert found is not None, f"run `archviz reproduce {name(pair)}` and commit what it writes"
    assert found.design == reference.design(chapter.slug, experiment), "the experiment has changed since"
    assert found.card == reference.card(chapter, experiment)
    trials = experiment.trials(chapter.slug, experiment.reference)
    measured = {(row.arm, row.x, row.seed) for row in found.observations}
    assert measured == {(trial.arm, trial.x, trial.seed) for trial in trials}
    assert len({fingerprint(trial) for trial in trials}) == len(measured)
    assert found.command and found.versions["torch"] and found.hardware and found.date and found.seconds > 0


@pytest.mark.parametrize("pair", EXPERIMENTS, ids=name)
def test_verdicts_follow_from_the_committed_observations(pair: tuple[Chapter, Experiment]) -> None:
    found = reference.load(name(pair))
    assert found is not None
    assert found.verdicts == judge(pair[1], found.observations)
    assert found.estimates == estimates(found.observations)


@pytest.mark.parametrize("pair", EXPERIMENTS, ids=name)
def test_nothing_measured_is_hidden(pair: tuple[Chapter, Experiment]) -> None:
    found = reference.load(name(pair))
    assert found is not None
    lost = [row for row in found.observations if not math.isfinite(row.value)]
    exploded = {(row.arm, row.x, row.seed) for row in found.observations if row.metric == "diverged" and row.value}
    assert {(row.arm, row.x, row.seed) for row in lost} <= exploded


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("pair", EXPERIMENTS, ids=name)
def test_the_live_budget_on_fresh_seeds_does_not_contradict_the_reference(pair: tuple[Chapter, Experiment]) -> None:
    found = reference.load(name(pair))
    assert found is not None
    outcome = runnable(name(pair)).run(seed_offset=1000, progress=False)
    against = {"supported": "contradicted", "contradicted": "supported"}
    assert outcome.verdict.outcome != against.get(found.verdicts[0].outcome)
