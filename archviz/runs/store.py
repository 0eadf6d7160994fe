"""Store: the history of runs. Workers append events, the page and the command line follow and read results.

A trial's status in the store is what its worker last said. Whether that worker still lives only the engine knows:
pass its `alive_trials()` to see trials that nobody works on as `interrupted`.
"""

import math
import os
import secrets
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select, update

from archviz.core.events import Evaluated, Event, Failed, Finished, Probed, Started, Step
from archviz.core.home import home
from archviz.core.results import Observation
from archviz.core.spec import Trial
from archviz.runs.database import open_database
from archviz.runs.tables import EventRow, ObservationRow, RunRow, TrialRow

Budget = Literal["live", "reference", "custom"]
Status = Literal["queued", "running", "done", "diverged", "stopped", "failed", "interrupted"]
UNFINISHED: tuple[Status, ...] = ("queued", "running")
SUBMIT_SECONDS = 60.0
"""A queued trial that no engine was given for longer than this was forgotten, not just created."""


class Superseded(RuntimeError):
    """Another attempt took this trial over, or its run was deleted: whoever hears this stops working on it."""


class Deleted(Superseded):
    """The run of this trial was deleted."""


@dataclass(frozen=True, kw_only=True)
class TrialState:
    """How far one trial has come."""

    id: str
    run_id: str
    arm: str
    x: float | None
    seed: int
    status: Status
    attempt: int
    """How many times it was started; 0 while it waits."""
    step: int
    steps: int
    resumed: int
    """The step from which the latest attempt went on; 0 when it began at the beginning."""
    sentence: str | None
    """Why it failed."""

    @property
    def note(self) -> str:
        """What is unusual about it, for the reader; empty for a trial that just ran."""
        if self.attempt > 1:
            place = f"resumed at step {self.resumed}" if self.resumed else "from the start"
            return f"attempt {self.attempt}, {place}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One press of Train, and how many of its trials are where."""

    id: str
    experiment: str
    title: str
    lanes: Mapping[str, tuple[str, ...]]
    """Tweak slugs by arm."""
    budget: Budget
    session: str
    prediction: str | None
    created: datetime
    trials: Mapping[Status, int]

    @property
    def status(self) -> Status:
        """What a reader would say of the whole run."""
        for status in ("running", "queued", "interrupted", "failed", "stopped"):
            if self.trials.get(status):
                return "running" if status == "queued" and len(self.trials) > 1 else status
        return "done"


class Store:
    """The history in one database. Cheap to share between threads; every method is one short transaction."""

    def __init__(self, url: str | None = None) -> None:
        """`url` or `ARCHVIZ_DB` or a SQLite file under `home()`. Raises StoreUnavailable with a sentence."""
        self.url = url or default_url()
        self._database = open_database(self.url)

    def close(self) -> None:
        """Let go of all connections."""
        self._database.dispose()

    # --- runs --------------------------------------------------------------------------------------------------------

    def create_run(
        self,
        experiment: str,
        title: str,
        lanes: Mapping[str, tuple[str, ...]],
        trials: Sequence[Trial],
        budget: Budget,
        session: str = "",
        prediction: str | None = None,
    ) -> str:
        """Write down a run with its trials, all queued, and give its id."""
        run_id, now = secrets.token_hex(6), time.time()
        with self._database.begin() as db:
            db.execute(
                insert(RunRow).values(
                    id=run_id,
                    experiment=experiment,
                    title=title,
                    lanes={arm: list(slugs) for arm, slugs in lanes.items()},
                    budget=budget,
                    session=session,
                    prediction=prediction,
                    created=now,
                    changed=now,
                )
            )
            rows = [_trial_row(run_id, position, trial) for position, trial in enumerate(trials)]
            if rows:
                db.execute(insert(TrialRow), rows)
        return run_id

    def run(self, run_id: str, alive: Collection[str] | None = None) -> Run:
        """One run; raises KeyError with a sentence."""
        found = self._runs([RunRow.id == run_id], alive)
        if not found:
            raise KeyError(f"there is no run {run_id!r} in the history; it may have been deleted")
        return found[0]

    def runs(
        self,
        *,
        experiment: str | None = None,
        session: str | None = None,
        text: str | None = None,
        status: Status | None = None,
        alive: Collection[str] | None = None,
        limit: int = 200,
    ) -> list[Run]:
        """The newest runs first. `experiment` is an id ("residual/identity") or a chapter ("residual"); `text` is
        looked for in title, id and experiment."""
        wanted: list[ColumnElement[bool]] = []
        if experiment is not None:
            inside = RunRow.experiment.startswith(experiment + "/", autoescape=True)
            wanted.append(or_(RunRow.experiment == experiment, inside))
        if session is not None:
            wanted.append(RunRow.session == session)
        if text:
            columns = (RunRow.title, RunRow.experiment, RunRow.id)
            wanted.append(or_(*(column.icontains(text, autoescape=True) for column in columns)))
        found = self._runs(wanted, alive, limit if status is None else None)
        return [run for run in found if status is None or run.status == status][:limit]

    def _runs(
        self, wanted: list[ColumnElement[bool]], alive: Collection[str] | None, limit: int | None = None
    ) -> list[Run]:
        runs = select(RunRow).where(*wanted).order_by(RunRow.created.desc(), RunRow.id).limit(limit)
        with self._database.connect() as db:
            rows = db.execute(runs).all()
            ids = select(runs.subquery().c.id)
            columns = (TrialRow.run_id, TrialRow.id, TrialRow.status, TrialRow.ticket)
            trials = db.execute(select(*columns).where(TrialRow.run_id.in_(ids))).all()
        changed = {row.id: row.changed for row in rows}
        counts: dict[str, Counter[Status]] = {row.id: Counter() for row in rows}
        for run_id, trial_id, status, ticket in trials:
            if run_id in counts:  # else it was started between the two queries
                counts[run_id][_seen(status, trial_id, ticket, changed[run_id], alive)] += 1
        return [
            Run(
                id=row.id,
                experiment=row.experiment,
                title=row.title,
                lanes={arm: tuple(slugs) for arm, slugs in row.lanes.items()},
                budget=row.budget,
                session=row.session,
                prediction=row.prediction,
                created=datetime.fromtimestamp(row.created).astimezone(),
                trials=dict(counts[row.id]),
            )
            for row in rows
        ]

    def delete_run(self, run_id: str) -> None:
        """Remove a run with everything that belongs to it. A worker that is still at it stops at its next event."""
        with self._database.begin() as db:
            trials = db.scalars(select(TrialRow.id).where(TrialRow.run_id == run_id)).all()
            for table in (EventRow, ObservationRow, TrialRow):
                db.execute(delete(table).where(table.run_id == run_id))
            db.execute(delete(RunRow).where(RunRow.id == run_id))
        for trial_id in trials:
            weights(trial_id).unlink(missing_ok=True)
            trained(trial_id).unlink(missing_ok=True)

    # --- trials ------------------------------------------------------------------------------------------------------

    def trials(self, run_id: str, alive: Collection[str] | None = None) -> list[TrialState]:
        """All trials of a run in the order in which they start."""
        columns = (
            TrialRow.id, TrialRow.run_id, TrialRow.arm, TrialRow.x, TrialRow.seed, TrialRow.status, TrialRow.attempt,
            TrialRow.step, TrialRow.steps, TrialRow.resumed, TrialRow.sentence,
        )  # fmt: skip
        query = (
            select(*columns, TrialRow.ticket, RunRow.changed)
            .join(RunRow, RunRow.id == TrialRow.run_id)
            .where(TrialRow.run_id == run_id)
            .order_by(TrialRow.position)
        )
        with self._database.connect() as db:
            rows = [dict(row) for row in db.execute(query).mappings()]
        for row in rows:
            row["status"] = _seen(row["status"], row["id"], row.pop("ticket"), row.pop("changed"), alive)
        return [TrialState(**row) for row in rows]

    def trial(self, trial_id: str) -> Trial:
        """What a trial runs; needs the modules of its configs to be imported."""
        with self._database.connect() as db:
            record = db.scalar(select(TrialRow.record).where(TrialRow.id == trial_id))
        if record is None:
            raise KeyError(f"there is no trial {trial_id!r} in the history; its run may have been deleted")
        return Trial.model_validate_json(record)

    def unfinished(self, alive: Collection[str] | None = None) -> Counter[str]:
        """How many trials wait or run, by session; of those, with `alive`, only the ones that somebody works on."""
        query = (
            select(RunRow.session, TrialRow.id)
            .join(RunRow, RunRow.id == TrialRow.run_id)
            .where(TrialRow.status.in_(UNFINISHED))
        )
        with self._database.connect() as db:
            return Counter(session for session, trial in db.execute(query) if alive is None or trial in alive)

    def claim(self, run_id: str) -> tuple[str, list[str]]:
        """The queued trials of a run that no engine was given yet, for the caller to give: a ticket and their ids."""
        ticket = secrets.token_hex(8)
        free = (TrialRow.run_id == run_id, TrialRow.status == "queued", TrialRow.ticket.is_(None))
        with self._database.begin() as db:
            db.execute(update(TrialRow).where(*free).values(ticket=ticket))
            claimed = select(TrialRow.id).where(TrialRow.run_id == run_id, TrialRow.ticket == ticket)
            return ticket, list(db.scalars(claimed.order_by(TrialRow.position)))

    def begin(self, trial_id: str, ticket: str | None = None) -> int | None:
        """Take a trial to work on it: the number of this attempt, or none when there is nothing left to do.

        That is so when the trial is over or deleted, or was claimed with another ticket since.
        """
        mine = [TrialRow.id == trial_id, TrialRow.status.in_(UNFINISHED)]
        if ticket is not None:
            mine.append(TrialRow.ticket == ticket)
        with self._database.begin() as db:
            taken = db.execute(update(TrialRow).where(*mine).values(status="running", attempt=TrialRow.attempt + 1))
            if taken.rowcount == 0:
                return None
            return db.scalar(select(TrialRow.attempt).where(TrialRow.id == trial_id))

    def stop_queued(self, run_id: str) -> None:
        """The trials of a run that wait will not start."""
        waiting = (TrialRow.run_id == run_id, TrialRow.status == "queued")
        with self._database.begin() as db:
            db.execute(update(TrialRow).where(*waiting).values(status="stopped"))

    def reopen(self, run_id: str, alive: Collection[str] = ()) -> list[str]:
        """Put the trials of a run that were stopped, failed or interrupted back into the queue; gives their ids."""
        with self._database.begin() as db:
            db.execute(update(RunRow).where(RunRow.id == run_id).values(changed=time.time()))
            rows = db.execute(select(TrialRow.id, TrialRow.status).where(TrialRow.run_id == run_id)).all()
            ids = [row.id for row in rows if _open_again(row.status, row.id, alive)]
            db.execute(update(TrialRow).where(TrialRow.id.in_(ids)).values(status="queued", ticket=None, sentence=None))
        return ids

    # --- events and observations -------------------------------------------------------------------------------------

    def append(self, trial_id: str, events: Iterable[Event], *, attempt: int | None = None) -> None:
        """Write down what a trial said, all or nothing.

        A `Started` takes back what an earlier attempt said after the step from which this one goes on, so that no
        curve has a point twice. With `attempt`, raises Superseded if another attempt has taken over meanwhile, or if
        the run was deleted.
        """
        with self._database.begin() as db:
            # This update is also the lock that gives the events of one run their numbers in the order of commits.
            run_id = select(TrialRow.run_id).where(TrialRow.id == trial_id).scalar_subquery()
            db.execute(update(RunRow).where(RunRow.id == run_id).values(changed=time.time()))
            state = db.execute(select(TrialRow.run_id, TrialRow.attempt).where(TrialRow.id == trial_id)).one_or_none()
            if state is None:
                raise Deleted(f"the run of trial {trial_id} was deleted")
            if attempt is not None and state.attempt != attempt:
                raise Superseded(f"trial {trial_id} is now at attempt {state.attempt}, this is attempt {attempt}")
            rows: list[dict[str, object]] = []
            changes: dict[str, object] = {}
            for event in events:
                if isinstance(event, Started):
                    rows = [row for row in rows if not _taken_back(event, str(row["kind"]), int(str(row["step"])))]
                    _take_back(db, trial_id, event)
                rows.append(_event_row(state.run_id, trial_id, event))
                changes |= _changes(event)
                if isinstance(event, Finished):
                    _replace_observations(db, state.run_id, trial_id, event.observations)
            if rows:
                db.execute(insert(EventRow), rows)
            if changes:
                db.execute(update(TrialRow).where(TrialRow.id == trial_id).values(**changes))

    def events(self, run_id: str, after: int = 0) -> list[tuple[int, str, Event]]:
        """The events of a run beyond number `after`: (number, trial, event). One indexed query; ask again with the
        last number. Whoever adds them to a list from before passes that through `current`."""
        query = (
            select(EventRow.seq, EventRow.trial_id, EventRow.record)
            .where(EventRow.run_id == run_id, EventRow.seq > after)
            .order_by(EventRow.seq)
        )
        with self._database.connect() as db:
            rows = db.execute(query).all()
        return [(seq, trial_id, Event.model_validate_json(record)) for seq, trial_id, record in rows]

    def observations(self, run_id: str) -> list[Observation]:
        """The tidy table of a run, trial by trial."""
        query = (
            select(
                ObservationRow.arm, ObservationRow.seed, ObservationRow.x, ObservationRow.metric, ObservationRow.value
            )
            .join(TrialRow, TrialRow.id == ObservationRow.trial_id)
            .where(ObservationRow.run_id == run_id)
            .order_by(TrialRow.position, ObservationRow.id)
        )
        with self._database.connect() as db:
            return [
                Observation(arm=arm, seed=seed, x=x, metric=metric, value=math.nan if value is None else value)
                for arm, seed, x, metric, value in db.execute(query)
            ]


def default_url() -> str:
    """`ARCHVIZ_DB` or a SQLite file under `home()`."""
    return os.environ.get("ARCHVIZ_DB") or f"sqlite:///{home() / 'history.db'}"


def weights(trial_id: str) -> Path:
    """Where the checkpoint of a trial lies, on this machine."""
    folder = home() / "weights"
    folder.mkdir(exist_ok=True)
    return folder / f"{trial_id}.safetensors"


def trained(trial_id: str) -> Path:
    """Where the weights of a trial lie when it is over, on this machine."""
    folder = home() / "trained"
    folder.mkdir(exist_ok=True)
    return folder / f"{trial_id}.safetensors"


def current(events: Iterable[tuple[int, str, Event]]) -> list[tuple[int, str, Event]]:
    """The same events without those that a later attempt took back."""
    kept: dict[str, list[tuple[int, str, Event]]] = {}
    for seq, trial_id, event in events:
        mine = kept.setdefault(trial_id, [])
        if isinstance(event, Started):
            mine[:] = [item for item in mine if not _taken_back(event, item[2].kind, _step(item[2]))]
        mine.append((seq, trial_id, event))
    return sorted((item for mine in kept.values() for item in mine), key=lambda item: item[0])


PROGRESS = tuple(kind.kind for kind in (Step, Evaluated, Probed))
ENDS = tuple(kind.kind for kind in (Finished, Failed))


def _taken_back(started: Started, kind: str, step: int) -> bool:
    """Whether an attempt that goes on from `started.step` makes an earlier event void."""
    return kind in ENDS or (kind in PROGRESS and step > started.step)


def _take_back(db: Connection, trial_id: str, started: Started) -> None:
    void = or_(EventRow.kind.in_(ENDS), EventRow.kind.in_(PROGRESS) & (EventRow.step > started.step))
    db.execute(delete(EventRow).where(EventRow.trial_id == trial_id, void))
    db.execute(delete(ObservationRow).where(ObservationRow.trial_id == trial_id))


def _replace_observations(db: Connection, run_id: str, trial_id: str, observations: Sequence[Observation]) -> None:
    db.execute(delete(ObservationRow).where(ObservationRow.trial_id == trial_id))
    rows = [
        {**dict(row), "run_id": run_id, "trial_id": trial_id, "value": None if math.isnan(row.value) else row.value}
        for row in observations
    ]
    if rows:
        db.execute(insert(ObservationRow), rows)


def _trial_row(run_id: str, position: int, trial: Trial) -> dict[str, object]:
    return {
        "id": f"{run_id}-{position}",
        "run_id": run_id,
        "position": position,
        "arm": trial.arm,
        "x": trial.x,
        "seed": trial.seed,
        "steps": trial.setup.recipe.steps,
        "record": trial.model_dump_json(),
        "status": "queued",
        "attempt": 0,
        "step": 0,
        "resumed": 0,
    }


def _event_row(run_id: str, trial_id: str, event: Event) -> dict[str, object]:
    return {
        "run_id": run_id,
        "trial_id": trial_id,
        "kind": event.kind,
        "step": _step(event),
        "record": event.model_dump_json(),
    }


def _step(event: Event) -> int:
    return event.step if isinstance(event, Started | Step | Evaluated | Probed | Finished) else 0


def _changes(event: Event) -> dict[str, object]:
    """What an event changes in the row of its trial."""
    match event:
        case Started():
            return {"status": "running", "step": event.step, "resumed": event.step, "sentence": None}
        case Step() | Evaluated() | Probed():
            return {"step": event.step}
        case Failed():
            return {"status": "failed", "sentence": event.sentence}
        case Finished():
            return {"status": event.status, "step": event.step}
        case _:
            return {}


def _seen(status: str, trial_id: str, ticket: str | None, changed: float, alive: Collection[str] | None) -> Status:
    """The status as a reader should see it: `interrupted` when nobody works on it."""
    if alive is None or status not in UNFINISHED or trial_id in alive:
        return cast(Status, status)
    just_created = status == "queued" and ticket is None and time.time() - changed < SUBMIT_SECONDS
    return "queued" if just_created else "interrupted"


def _open_again(status: str, trial_id: str, alive: Collection[str]) -> bool:
    return status in ("stopped", "failed") or (status in UNFINISHED and trial_id not in alive)
