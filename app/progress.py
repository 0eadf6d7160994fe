"""Progress: the events of a run joined into what a page shows of it. Pure functions over what the store gives."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archviz.core.events import Event, Finished, Probed, Step
from archviz.core.results import Observation, Profile, Result, Series, Verdict
from archviz.core.spec import Experiment, Train
from archviz.engine.compare import Estimate, Prediction
from archviz.engine.curves import LossPoint, mean_lines, seed_lines
from archviz.runs.reference import Card

if TYPE_CHECKING:
    from archviz.runs.store import Run, TrialState

Row = tuple[int, str, Event]

ENDED = ("done", "diverged", "stopped", "failed")
PREDICTIONS: dict[Prediction, str] = {"better": "B better", "same": "no difference", "worse": "B worse"}


@dataclass(frozen=True)
class Expected:
    """What is known of learning curves before there are any."""

    titles: Mapping[str, str]
    """What each arm is, by its name."""
    steps: int
    guessing: float
    """The loss of guessing, in nats: the logarithm of the number of outputs."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Everything that a page shows of a run at one moment."""

    run: Run
    card: Card
    experiment: Experiment
    trials: tuple[TrialState, ...]
    points: tuple[LossPoint, ...]
    """Training losses, step by step."""
    readings: Mapping[tuple[str, str, float | None], tuple[Result, ...]]
    """What a probe last saw, by probe, arm and place on the axis."""
    observations: tuple[Observation, ...]
    estimates: tuple[Estimate, ...]
    verdicts: tuple[Verdict, ...]
    answer: Prediction | None
    """What a reader could have predicted of the first claim; none while undecided."""
    seconds_left: float | None

    @property
    def active(self) -> bool:
        """Whether more is to come."""
        return self.run.status in ("queued", "running")

    @property
    def finished(self) -> int:
        """How many trials are over."""
        return sum(trial.status in ENDED for trial in self.trials)

    @property
    def share(self) -> float:
        """Which part of the work is done, from 0 to 1."""
        return share(self.trials)

    @property
    def places(self) -> tuple[float | None, ...]:
        """Where on the axis the run measures."""
        return tuple(dict.fromkeys(trial.x for trial in self.trials))

    @property
    def newest(self) -> float | None:
        """The place on the axis that was heard of last."""
        return self.points[-1].x if self.points else None

    @property
    def expected(self) -> Expected | None:
        """What the learning curves are drawn on; none when the trials train nothing."""
        steps = max((trial.steps for trial in self.trials), default=1)
        return expected(self.experiment, steps)

    def lines(self, x: float | None) -> tuple[dict[tuple[str, int], Series], dict[str, Series]]:
        """Learning curves at one place of the axis: one by arm and seed, and the mean one by arm."""
        here = [point for point in self.points if point.x == x]
        seeds = {(arm, seed): line for (arm, _, seed), line in seed_lines(here).items()}
        return seeds, {arm: line for (arm, _), line in mean_lines(here).items()}

    def profiles(self, probe: str, x: float | None) -> dict[str, Profile]:
        """The last profile that a probe gave, by arm."""
        found = {}
        for arm in self.card.arms:
            for result in self.readings.get((probe, arm, x), ()):
                if isinstance(result, Profile):
                    found[arm] = result
        return found

    def notes(self) -> list[str]:
        """What was unusual about single trials: lost workers, failures."""
        said = []
        for trial in self.trials:
            where = describe(trial, self.card)
            if trial.sentence:
                said.append(f"{where}: {trial.sentence}")
            elif trial.attempt > 1:
                again = f"went on from step {trial.resumed}" if trial.resumed else "began again"
                said.append(f"{where}: its worker was lost, and it {again} on another one; the result is the same.")
        return said

    def words(self) -> str:
        """The state of the run in a few words."""
        total = len(self.trials)
        if self.run.status == "queued":
            return f"{total} trials wait for a free worker"
        if self.active:
            left = f", about {seconds(self.seconds_left)} left" if self.seconds_left is not None else ""
            return f"{self.finished} of {total} trials{left}"
        return f"{self.finished} of {total} trials, {self.run.status}"


def expected(experiment: Experiment, steps: int) -> Expected | None:
    """What the learning curves of an experiment will be drawn on; none when it trains nothing."""
    if not isinstance(experiment.measure, Train):
        return None
    titles = {arm.name: arm.title for arm in experiment.arms}
    return Expected(titles, steps, math.log(experiment.base.recipe.dataset.outputs))


def share(trials: Sequence[TrialState]) -> float:
    """Which part of all steps is done, from 0 to 1."""
    if not trials:
        return 0.0
    done = sum(1.0 if t.status in ENDED else min(1.0, t.step / max(1, t.steps)) for t in trials)
    return done / len(trials)


def describe(trial: TrialState, card: Card) -> str:
    """A trial as a reader would name it."""
    place = f" at {card.axis.lower()} {trial.x:g}" if card.axis and trial.x is not None else ""
    return f"{trial.arm}, seed {trial.seed}{place}"


def seconds(value: float) -> str:
    """A time to wait, as one would say it."""
    return f"{value / 60:.0f} min" if value >= 90 else f"{max(1, round(value))} s"


def losses(rows: Sequence[Row], trials: Sequence[TrialState]) -> tuple[LossPoint, ...]:
    """The losses in a list of events."""
    by_id = {trial.id: trial for trial in trials}
    return tuple(
        LossPoint.model_construct(
            arm=by_id[trial_id].arm,
            x=by_id[trial_id].x,
            seed=by_id[trial_id].seed,
            step=event.step,
            loss=event.loss,
        )
        for _, trial_id, event in rows
        if isinstance(event, Step) and trial_id in by_id
    )


def readings(
    rows: Sequence[Row], trials: Sequence[TrialState]
) -> dict[tuple[str, str, float | None], tuple[Result, ...]]:
    """What each probe last saw, by probe, arm and place on the axis."""
    by_id = {trial.id: trial for trial in trials}
    return {
        (event.probe, by_id[trial_id].arm, by_id[trial_id].x): event.results
        for _, trial_id, event in rows
        if isinstance(event, Probed) and trial_id in by_id
    }


def observed(rows: Sequence[Row]) -> tuple[Observation, ...]:
    """The observations in a list of events, in the order in which trials finished."""
    return tuple(row for _, _, event in rows if isinstance(event, Finished) for row in event.observations)


@dataclass
class Pace:
    """How fast a run goes on, from what was seen of it in this process."""

    began: float = field(default_factory=time.monotonic)
    first: float | None = None

    def left(self, share: float, now: float | None = None) -> float | None:
        """Seconds until the end; none until there is something to go by."""
        now = time.monotonic() if now is None else now
        if self.first is None:
            self.first, self.began = share, now
            return None
        gained, spent = share - self.first, now - self.began
        if gained < 0.02 or spent < 0.5:
            return None
        return (1 - share) * spent / gained
