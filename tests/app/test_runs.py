"""The Runs page with a history: one run read, several compared, without a browser and without training."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import jobs
from archviz import catalog
from archviz.core.events import Finished, Started
from archviz.core.results import Observation
from archviz.core.spec import Budget, Trial
from archviz.runs.store import Store


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Two finished runs of one experiment, the second without the depth at which the claim is decided."""
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(jobs, "alive", set)
    own = Store()
    monkeypatch.setattr(jobs, "store", lambda: own)
    jobs.library.wait(60)
    chapter, experiment = catalog.experiment("residual/identity")
    made = []
    for depths in ((8.0, 56.0), (8.0,)):
        trials = experiment.trials(chapter.slug, Budget(seeds=3, values=depths))
        run_id = jobs.store().create_run(
            f"{chapter.slug}/{experiment.slug}",
            f"depths {depths}",
            {arm.name: tuple(tweak.slug for tweak in arm.tweaks) for arm in experiment.arms},
            trials,
            "custom",
            "nobody",
            None,
        )
        for row, trial in zip(jobs.store().trials(run_id), trials, strict=True):
            jobs.store().append(row.id, list(events(trial)))
        made.append(run_id)
    yield made
    own.close()


def events(trial: Trial) -> tuple[Started, Finished]:
    """A trial that ended with a loss that grows with depth where the identity path is missing."""
    loss = 0.1 + 0.01 * trial.seed + (1.9 if trial.arm == "B" and trial.x == 56 else 0.0)
    row = Observation(arm=trial.arm, seed=trial.seed, x=trial.x, metric="train_loss", value=loss)
    return (
        Started(step=0, device="cpu", parameters=1, attempt=1),
        Finished(step=150, status="done", seconds=1.0, observations=(row,)),
    )


def page(chosen: list[str]) -> AppTest:
    def script(chosen: list[str]) -> None:
        from app import jobs
        from app.pages.runs import _compare, _one

        followed = [jobs.follow(run_id) for run_id in chosen]
        if len(followed) == 1:
            _one(followed[0])
        else:
            _compare(followed)

    return AppTest.from_function(script, default_timeout=60, kwargs={"chosen": chosen}).run()


def test_runs_are_compared_with_their_verdicts_side_by_side(history: list[str]) -> None:
    app = page(history)
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["run"]) == history and list(table["outcome"]) == ["supported", "inconclusive"]
    assert list(table["n"]) == [3, 0] and table["difference"][0].startswith("1.9")


def test_a_run_without_the_deciding_place_says_what_it_leaves_out(history: list[str]) -> None:
    app = page(history[1:])
    assert not app.exception
    assert any("this run leaves out depth 56" in element.value for element in app.markdown)
