"""Progress: from events to what the page says of a run."""

from datetime import UTC, datetime

from app import progress
from app.progress import Pace, Progress
from archviz.core.events import Finished, Probed, Step
from archviz.core.results import Observation, Profile
from archviz.runs.reference import Card
from archviz.runs.store import Run, Status, TrialState

CARD = Card(
    id="residual/identity",
    position=0,
    ask="?",
    source="",
    note="",
    arms={"A": "one", "B": "two"},
    axis="Depth",
    axis_log=False,
    metrics=("train_loss",),
    claims=(),
)


def trial(arm: str, seed: int = 0, x: float | None = 8, status: Status = "running", **more: object) -> TrialState:
    fields: dict[str, object] = {
        "id": f"{arm}{seed}{x}",
        "run_id": "r",
        "arm": arm,
        "x": x,
        "seed": seed,
        "status": status,
        "attempt": 1,
        "step": 0,
        "steps": 100,
        "resumed": 0,
        "sentence": None,
    }
    return TrialState(**{**fields, **more})  # type: ignore[arg-type]


def run(**trials: int) -> Run:
    return Run(
        id="r",
        experiment="residual/identity",
        title="A one vs B two",
        lanes={"A": (), "B": ()},
        budget="live",
        session="s",
        prediction=None,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        trials=trials,  # type: ignore[arg-type]
    )


def state(*trials: TrialState, seconds_left: float | None = None, **counts: int) -> Progress:
    return Progress(
        run=run(**counts),
        card=CARD,
        experiment=None,  # type: ignore[arg-type]
        trials=trials,
        points=(),
        readings={},
        observations=(),
        estimates=(),
        verdicts=(),
        answer=None,
        seconds_left=seconds_left,
    )


def test_the_share_counts_steps_and_ended_trials():
    trials = (trial("A", status="done", step=100), trial("B", step=50), trial("A", 1, status="queued"))
    assert progress.share(trials) == 0.5
    assert progress.share((trial("A", status="diverged", step=3),)) == 1
    assert progress.share(()) == 0


def test_the_state_is_said_in_few_words():
    going = state(trial("A", status="done"), trial("B"), seconds_left=12.4, running=1, done=1)
    assert going.words() == "1 of 2 trials, about 12 s left"
    assert state(trial("A"), running=1).words() == "0 of 1 trials"
    assert state(trial("A", status="queued"), queued=1).words() == "1 trials wait for a free worker"
    assert state(trial("A", status="stopped"), stopped=1).words() == "1 of 1 trials, stopped"


def test_waiting_time_is_said_as_one_would():
    assert [progress.seconds(value) for value in (0.2, 12.4, 89, 150)] == ["1 s", "12 s", "89 s", "2 min"]


def test_a_lost_worker_and_a_failure_are_said():
    notes = state(
        trial("B", 2, 56, attempt=2, resumed=40),
        trial("A", 0, attempt=2),
        trial("A", 1, status="failed", sentence="The data cannot be read."),
        trial("A", 2),
        running=4,
    ).notes()
    assert notes == [
        "B, seed 2 at depth 56: its worker was lost, and it went on from step 40 on another one; "
        "the result is the same.",
        "A, seed 0 at depth 8: its worker was lost, and it began again on another one; the result is the same.",
        "A, seed 1 at depth 8: The data cannot be read.",
    ]


def test_events_become_curves_readings_and_observations():
    trials = (trial("A"), trial("B"))
    profile = Profile(title="p", label="l", layers=("x",), values=(1.0,))
    later = profile.replace(values=(2.0,))
    row = Observation(arm="A", seed=0, x=8, metric="train_loss", value=0.5)
    rows = [
        (1, trials[0].id, Step(step=1, loss=2.0, lr=0.1)),
        (2, trials[0].id, Probed(step=1, probe="gradient-flow", results=(profile,))),
        (3, trials[1].id, Step(step=1, loss=3.0, lr=0.1)),
        (4, trials[0].id, Probed(step=2, probe="gradient-flow", results=(later,))),
        (5, trials[0].id, Finished(step=2, status="done", seconds=1.0, observations=(row,))),
        (6, "of a trial that was deleted", Step(step=1, loss=9.0, lr=0.1)),
    ]
    assert [(point.arm, point.step, point.loss) for point in progress.losses(rows, trials)] == [
        ("A", 1, 2),
        ("B", 1, 3),
    ]
    assert progress.readings(rows, trials) == {("gradient-flow", "A", 8): (later,)}
    assert progress.observed(rows) == (row,)


def test_the_pace_tells_the_time_that_is_left():
    pace = Pace()
    assert pace.left(0.0, now=100.0) is None
    assert pace.left(0.01, now=101.0) is None  # too little to go by
    assert pace.left(0.25, now=105.0) == 15.0
