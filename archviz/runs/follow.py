"""Following: run an experiment and wait for its answer, for the command line and for notebooks."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from archviz.core.events import Event, Probed, Step
from archviz.core.results import Observation, Verdict
from archviz.core.spec import Budget, Chapter, Experiment, Trial
from archviz.engine.compare import judge
from archviz.engine.curves import LossPoint, mean_lines
from archviz.runs import limits
from archviz.runs.cluster import Engine
from archviz.runs.reference import LossCurve, Reading
from archviz.runs.store import UNFINISHED, Store, TrialState, current
from archviz.runs.store import Budget as BudgetName

POLL_SECONDS = 0.2
"""Time between two looks at the store."""
ASK_SECONDS = 2.0
"""Time between two questions to the engine whether somebody works on the run."""
LOST_SECONDS = 10.0
"""How long nobody may work on an unfinished trial before the run counts as interrupted."""
STOP_SECONDS = 5.0
"""How long trials may take to end after Ctrl-C."""


class Interrupted(RuntimeError):
    """The engine went away in the middle of a run; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Where a run stands."""

    run_id: str
    trials: tuple[TrialState, ...]

    @property
    def finished(self) -> int:
        """How many trials are over."""
        return sum(trial.status not in UNFINISHED for trial in self.trials)

    @property
    def share(self) -> float:
        """Which part of the work is done, from 0 to 1."""
        parts = [t.step / max(1, t.steps) if t.status in UNFINISHED else 1.0 for t in self.trials]
        return min(1.0, sum(parts) / max(1, len(parts)))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a finished run has measured."""

    run_id: str
    chapter: Chapter
    experiment: Experiment
    budget: Budget
    seconds: float
    """From submitting to the last trial's end, by the clock."""
    trials: tuple[TrialState, ...]
    observations: tuple[Observation, ...]
    verdicts: tuple[Verdict, ...]
    """One for each claim, in order; the first is the experiment's."""
    losses: tuple[LossPoint, ...]
    readings: tuple[Reading, ...]
    """What each probe saw last, for each trial of the first seed."""

    @property
    def curves(self) -> tuple[LossCurve, ...]:
        """The mean training loss of each arm at each place of the axis."""
        return tuple(LossCurve(arm=arm, x=x, line=line) for (arm, x), line in mean_lines(self.losses).items())

    @property
    def failures(self) -> tuple[str, ...]:
        """Sentences about trials that have no result."""
        return tuple(dict.fromkeys(trial.sentence for trial in self.trials if trial.sentence))


def budget_of(experiment: Experiment, name: BudgetName, seeds: int | None = None, seed_offset: int = 0) -> Budget:
    """The declared budget of this name with another number of seeds, or with seeds that nobody has used."""
    declared = experiment.reference if name == "reference" else experiment.live
    return replace(declared, seeds=seeds or declared.seeds, first_seed=declared.first_seed + seed_offset)


def answer(
    chapter: Chapter,
    experiment: Experiment,
    budget: Budget,
    *,
    store: Store,
    engine: Engine,
    device: str = "auto",
    watch: Callable[[Moment], None] = lambda moment: None,
) -> Answer:
    """Run every trial of the budget and wait for the verdicts. `watch` is told every fraction of a second where the
    run stands.

    Ctrl-C stops the run cleanly and is raised again. Raises OverLimit, EngineUnavailable, NotApplicable or
    Interrupted, each with a sentence.
    """
    trials = experiment.trials(chapter.slug, budget)
    limits.check(trials, "", store, measure=experiment.measure, alive=engine.connect().alive_trials())
    run_id = store.create_run(
        experiment=f"{chapter.slug}/{experiment.slug}",
        title=" vs ".join(f"{arm.name} {arm.title}" for arm in experiment.arms),
        lanes={arm.name: tuple(tweak.slug for tweak in arm.tweaks) for arm in experiment.arms},
        trials=trials,
        budget=_name(experiment, budget),
    )
    started = time.monotonic()
    try:
        engine.submit(run_id, experiment.measure, device)
        states = _wait(run_id, store, engine, watch)
    except BaseException:
        _stop(run_id, store, engine)
        raise
    seconds = time.monotonic() - started
    observations = tuple(store.observations(run_id))
    events = current(store.events(run_id))
    return Answer(
        run_id=run_id,
        chapter=chapter,
        experiment=experiment,
        budget=budget,
        seconds=seconds,
        trials=tuple(states),
        observations=observations,
        verdicts=judge(experiment, observations),
        losses=_losses(events, states),
        readings=_readings(events, states, trials),
    )


def _name(experiment: Experiment, budget: Budget) -> BudgetName:
    return "live" if budget == experiment.live else "reference" if budget == experiment.reference else "custom"


def _wait(run_id: str, store: Store, engine: Engine, watch: Callable[[Moment], None]) -> list[TrialState]:
    asked = last_alive = time.monotonic()
    while True:
        states = store.trials(run_id)
        watch(Moment(run_id=run_id, trials=tuple(states)))
        unfinished = {state.id for state in states if state.status in UNFINISHED}
        if not unfinished:
            return states
        now = time.monotonic()
        if now - asked > ASK_SECONDS:
            asked = now
            alive = engine.alive_trials()
            if alive is None or unfinished & alive:
                last_alive = now
            elif now - last_alive > LOST_SECONDS:
                raise Interrupted(
                    f"The engine ended in the middle of run {run_id}; its finished trials are kept. Run the command "
                    "again, or resume that run on the page Runs of `archviz serve`."
                )
        time.sleep(POLL_SECONDS)


def _stop(run_id: str, store: Store, engine: Engine) -> None:
    engine.stop(run_id)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and any(state.status in UNFINISHED for state in store.trials(run_id)):
        time.sleep(POLL_SECONDS)


def _losses(events: Iterable[tuple[int, str, Event]], states: Sequence[TrialState]) -> tuple[LossPoint, ...]:
    by_id = {state.id: state for state in states}
    return tuple(
        LossPoint(arm=of.arm, x=of.x, seed=of.seed, step=event.step, loss=event.loss)
        for _, trial_id, event in events
        if isinstance(event, Step)
        for of in (by_id[trial_id],)
    )


def _readings(
    events: Iterable[tuple[int, str, Event]], states: Sequence[TrialState], trials: Sequence[Trial]
) -> tuple[Reading, ...]:
    first = {state.id: state for state in states if state.seed == min(trial.seed for trial in trials)}
    last: dict[tuple[str, str], Reading] = {}
    for _, trial_id, event in events:
        if isinstance(event, Probed) and trial_id in first:
            of = first[trial_id]
            last[trial_id, event.probe] = Reading(
                probe=event.probe, arm=of.arm, x=of.x, seed=of.seed, step=event.step, results=event.results
            )
    return tuple(last.values())
