import json

import pytest

import archviz
from archviz import catalog, notebook
from archviz.core.results import Observation
from archviz.core.spec import Budget
from archviz.engine.compare import judge
from archviz.engine.curves import LossPoint
from archviz.runs.follow import Answer

from . import toys
from .test_cli import engine as engine


@pytest.fixture
def toy_chapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "chapters", lambda: (toys.CHAPTER,))


def outcome(slug: str) -> notebook.Outcome:
    """What a run would have measured."""
    experiment = next(one for one in toys.CHAPTER.experiments if one.slug == slug)
    places = experiment.axis.values if experiment.axis else (None,)
    rows = tuple(
        Observation(arm=arm, seed=seed, x=x, metric="test_loss", value=(arm == "B") + 0.01 * seed + (x or 0))
        for arm in "AB"
        for seed in range(3)
        for x in places
    )
    losses = tuple(LossPoint(arm="A", x=None, seed=0, step=step, loss=1 / step) for step in (1, 2))
    return notebook.Outcome(
        Answer(
            run_id="r",
            chapter=toys.CHAPTER,
            experiment=experiment,
            budget=Budget(seeds=3),
            seconds=1.0,
            trials=(),
            observations=rows,
            verdicts=judge(experiment, rows),
            losses=losses,
            readings=(),
        )
    )


def test_archviz_offers_experiment_and_nothing_else() -> None:
    assert archviz.experiment is notebook.experiment
    with pytest.raises(AttributeError, match="no attribute 'experimemt'"):
        archviz.experimemt  # noqa: B018


def test_an_unknown_experiment_is_answered_with_the_ones_that_come_close() -> None:
    with pytest.raises(KeyError, match="did you mean residual/identity"):
        archviz.experiment("residual/identiy")


def test_an_experiment_says_what_it_asks() -> None:
    found = archviz.experiment("residual/identity")
    assert "identity path" in repr(found)
    assert "residual/identity" in found._repr_html_()


@pytest.mark.usefixtures("toy_chapter", "engine")
def test_run_gives_a_tidy_table_curves_and_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    found = archviz.experiment("residual/trained").run(seeds=3, seed_offset=7, device="cpu")
    assert list(found.table.columns) == ["arm", "seed", "x", "metric", "value"]
    assert set(found.table["seed"]) == {7, 8, 9}
    assert set(found.table["x"]) == {0.1, 0.2}
    assert {"train_loss", "test_accuracy", "test_loss"} <= set(found.table["metric"])
    assert found.verdict is found.verdicts[0]
    assert found.verdict.n == 3
    assert list(found.curves.columns) == ["arm", "x", "seed", "step", "loss"]
    assert len(found.curves.groupby(["arm", "x", "seed"])) == 12
    assert "trials" in capsys.readouterr().err


@pytest.mark.parametrize("slug", ["up", "trained"])
def test_an_outcome_draws_itself(slug: str) -> None:
    found = outcome(slug)
    bundle = found._repr_mimebundle_()
    chart = next(value for kind, value in bundle.items() if "vegalite" in kind)
    text = json.dumps(chart)
    assert "#0072B2" in text
    assert "#D55E00" in text
    assert " ".join(chart["title"]["subtitle"]) == found.verdict.sentence
    assert found.verdict.sentence in bundle["text/html"].replace("&#x27;", "'")
    assert found.verdict.sentence in bundle["text/plain"]
    seeds = [row for rows in chart["datasets"].values() for row in rows if "seed" in row]
    assert len(seeds) == len(found.table)
    assert {row["arm"] for row in seeds} == {"A as it is", "B one more"}


def test_the_axis_is_drawn_as_declared() -> None:
    chart = outcome("trained").chart().to_dict()
    assert chart["layer"][0]["encoding"]["x"]["scale"]["type"] == "log"
    assert chart["layer"][0]["encoding"]["x"]["title"] == "Learning rate"
