"""Jobs: everything that takes time. The only place with caches and the engine's client; threads are `background.py`'s.

A page asks here and gets an answer at once: a value, or that it is still on its way. The first paint of every page
needs only the book and the committed reference results; the library (torch!) is loaded in the background meanwhile.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st

import archviz
from app.background import Background, soon
from archviz.core import book
from archviz.core.record import fingerprint
from archviz.runs import reference
from archviz.runs.reference import Card, Reference

if TYPE_CHECKING:
    from app.progress import Progress, Row
    from archviz.core.graph import Graph
    from archviz.core.picture import Picture
    from archviz.core.record import Record
    from archviz.core.results import Observation, Result
    from archviz.core.setup import Setup
    from archviz.core.spec import Architecture, Budget, Chapter, Exhibit, Experiment, Trial, Tweak
    from archviz.engine.compare import Prediction
    from archviz.runs.cluster import Engine
    from archviz.runs.store import Run, Status, Store

FOLLOWED = 32
"""Runs whose events are kept in memory."""


class Refused(ValueError):
    """A run that cannot be started; the message says why and what to do."""


# --- the book and the reference results: at once, without torch ------------------------------------------------------


@cache
def built() -> frozenset[str]:
    """Slugs of the chapters that have their experiments; found by the names of their files, nothing is imported."""
    numbers = {page.number: page.slug for page in book.pages()}
    files = (Path(archviz.__file__).parent / "chapters").glob("ch[0-9][0-9]_*.py")
    return frozenset(numbers[int(file.stem[2:4])] for file in files if int(file.stem[2:4]) in numbers)


@cache
def exhibited(chapter: str) -> bool:
    """Whether a chapter lists exhibits; read from its file, nothing is imported."""
    files = (Path(archviz.__file__).parent / "chapters").glob(f"ch{book.page(chapter).number:02}_*.py")
    return any("exhibits=" in file.read_text(encoding="utf-8") for file in files)


@cache
def references(chapter: str) -> Mapping[str, Reference]:
    """The committed reference results of a chapter by the slug of their experiment, in the order of the chapter."""
    found = reference.load_chapter(chapter)
    return {one.card.id.partition("/")[2]: one for one in found}


# --- the library: loaded in the background ---------------------------------------------------------------------------


def _load_library() -> ModuleType:
    """Import all that pages and charts will need, then take it out of the collector's way.

    Streamlit collects garbage after every run of a page; over torch's many objects that takes 0.2 to 0.4 s. Frozen
    objects are not looked at.
    """
    from archviz import catalog
    from archviz.engine import trace  # noqa: F401

    catalog.chapters()
    _freeze()
    return catalog


def _freeze() -> None:
    gc.collect()
    gc.freeze()


library: Background[ModuleType] = Background(_load_library, "library")


def _connect() -> Engine:
    import pandas  # noqa: F401 - tables will need it, and a live chart pyarrow: better now than at the first click
    import pyarrow  # noqa: F401
    import scipy.special  # noqa: F401

    from archviz.runs.cluster import Engine

    connected = Engine(store()).connect()
    _freeze()
    return connected


engine: Background[Engine] = Background(_connect, "engine")


def engine_ready() -> bool:
    """Whether a run that is submitted now starts at once. An engine that has ended is started again."""
    if engine.value is None:
        return False
    if not engine.value.warm:
        engine.again()
        return False
    return True


def start() -> None:
    """Begin to load the library and to connect to the engine. Asked for when the first page has been drawn: importing
    holds Python's lock."""
    _all.start()


def _load_all() -> None:
    """One after the other: on a small machine they would only slow each other down."""
    while library.wait(1.0) is None and library.error is None:
        pass
    engine.start()


_all: Background[None] = Background(_load_all, "load")


def chapter(slug: str) -> Chapter | None:
    """A chapter's declaration, or none while the library is being loaded."""
    if library.value is None:
        return None
    found: Chapter = library.value.chapter(slug)
    return found


def experiment(identity: str) -> tuple[Chapter, Experiment]:
    """An experiment with its chapter; KeyError with a sentence when there is none of that name."""
    assert library.value is not None
    found: tuple[Chapter, Experiment] = library.value.experiment(identity)
    return found


def card(chapter: Chapter, experiment: Experiment) -> Card:
    """What the page says of an experiment, with the lanes as they are."""
    return reference.card(chapter, experiment)


@cache
def devices() -> tuple[str, ...]:
    """Where this machine can compute."""
    from archviz.engine.devices import pick

    def here(name: str) -> bool:
        try:
            pick(name)
        except ValueError:
            return False
        return True

    return ("auto", *(name for name in ("cpu", "cuda", "mps", "xpu") if here(name)))


def demonstration(identity: str) -> Background[tuple[Result, ...]]:
    """What an experiment shows exactly, without training."""
    _, found = experiment(identity)
    return soon(
        f"demonstration {identity}",
        lambda: found.demonstration.show({arm.name: found.setup(arm) for arm in found.arms}),
    )


def exhibit(shown: Exhibit, options: Record, picture: Picture | None) -> Background[tuple[Result, ...]]:
    """What an exhibit shows for these options and this picture."""
    seen = "" if picture is None else blake2b(picture.tobytes(), digest_size=10).hexdigest()
    return soon(f"exhibit {shown.slug} {fingerprint(options)} {seen}", lambda: shown.show(options, picture))


def graphs(setups: Mapping[str, Setup]) -> Background[dict[str, Graph]]:
    """The folded graph of each arm, with what differs from the first arm marked."""

    def draw() -> dict[str, Graph]:
        from archviz.engine.trace import compare_graphs, fold, trace

        traced = {arm: trace(setup.model, setup.recipe.dataset.inputs, "") for arm, setup in setups.items()}
        first, *others = traced
        marked = {arm: compare_graphs(traced[first], traced[arm]) for arm in others}
        start = marked[others[0]][0] if others else traced[first]
        return {first: fold(start)} | {arm: fold(pair[1]) for arm, pair in marked.items()}

    # By fingerprint: Streamlit's own hash would take different nested configs for the same.
    identity = " ".join(f"{arm} {fingerprint(setup)}" for arm, setup in setups.items())
    return soon(f"graphs {identity}", draw)


def architecture_graph(name: str) -> Background[dict[str, Graph]]:
    """The folded graph of a model preset."""
    assert library.value is not None
    model: Architecture = library.value.model(name)

    def draw() -> dict[str, Graph]:
        from archviz.engine.trace import fold, trace

        return {model.name: fold(trace(model.config, model.inputs, model.title))}

    return soon(f"architecture {name}", draw)


# --- runs ------------------------------------------------------------------------------------------------------------


@cache
def store() -> Store:
    """The history of runs."""
    from archviz.runs.store import Store

    return Store()


def session() -> str:
    """This browser session, for the limits."""
    found: str = st.session_state.setdefault("session", uuid4().hex)
    return found


@dataclass(frozen=True, kw_only=True)
class Order:
    """A run as the reader has set it up."""

    chapter: str
    experiment: Experiment
    budget: Budget
    device: str
    prediction: Prediction | None
    live: bool
    """Whether nothing was changed from the declared live budget."""


def trials(order: Order) -> tuple[Trial, ...]:
    """What an order runs."""
    return order.experiment.trials(order.chapter, order.budget)


def prepare(order: Order) -> Background[Any]:
    """Estimate in the background what a run would take, so that Train is answered at once."""
    from archviz.runs import limits

    setups = {fingerprint(trial.setup): trial.setup for trial in trials(order)}
    return soon(f"estimate {' '.join(setups)}", lambda: [limits.estimate(setup) for setup in setups.values()])


def submit(order: Order) -> str:
    """Start a run and give its id. Raises Refused with a sentence when it is over a limit or cannot be started."""
    from archviz.runs import limits
    from archviz.runs.cluster import EngineUnavailable

    if engine.value is None or not engine_ready():
        raise Refused("The engine is not ready yet; try again in a few seconds.")
    todo = trials(order)
    try:
        limits.check(todo, session(), store(), measure=order.experiment.measure, alive=alive())
    except limits.OverLimit as error:
        raise Refused(str(error)) from error
    run_id = store().create_run(
        experiment=f"{order.chapter}/{order.experiment.slug}",
        title=" vs ".join(f"{arm.name} {arm.title}" for arm in order.experiment.arms),
        lanes=_lanes(order),
        trials=todo,
        budget="live" if order.live else "custom",
        session=session(),
        prediction=order.prediction,
    )
    try:
        engine.value.submit(run_id, order.experiment.measure, device=order.device)
    except EngineUnavailable as error:
        store().delete_run(run_id)
        raise Refused(str(error)) from error
    return run_id


def _lanes(order: Order) -> dict[str, tuple[str, ...]]:
    """The tweaks of each arm; of the reader's own models their names."""
    from archviz.runs import own

    if f"{order.chapter}/{order.experiment.slug}" == own.IDENTITY:
        return {arm.name: (arm.title,) for arm in order.experiment.arms}
    return {arm.name: tuple(tweak.slug for tweak in arm.tweaks) for arm in order.experiment.arms}


def stop(run_id: str) -> None:
    """End a run; what was measured stays."""
    if engine.value is not None:
        engine.value.stop(run_id)


def resume(run_id: str) -> None:
    """Take up the trials of a run that were stopped, failed or interrupted. Raises Refused."""
    if engine.value is None:
        raise Refused("The engine is not ready yet; try again in a few seconds.")
    _, found, _ = _declared(store().run(run_id))
    engine.value.resume(run_id, found.measure)


def alive() -> set[str] | None:
    """The trials that somebody works on; none while the engine is not connected, when nobody can tell."""
    return None if engine.value is None else engine.value.alive_trials()


def runs(
    *, experiment: str | None = None, text: str | None = None, status: Status | None = None, limit: int = 200
) -> list[Run]:
    """The newest runs first."""
    return store().runs(experiment=experiment, text=text, status=status, alive=alive(), limit=limit)


def run(run_id: str) -> Run | None:
    """One run, or none when it is not in this history."""
    try:
        return store().run(run_id, alive=alive())
    except KeyError:
        return None


def delete(run_id: str) -> None:
    """Remove a run from the history; one that still goes on is stopped first."""
    stop(run_id)
    store().delete_run(run_id)
    with _following:
        _followed.pop(run_id, None)


def observations(run_id: str) -> list[Observation]:
    """The tidy table of a run."""
    return store().observations(run_id)


class _Followed:
    """The events of one run, read on from where the last reader of the page left off."""

    def __init__(self) -> None:
        from app.progress import Pace

        self.lock, self.last, self.pace = threading.Lock(), 0, Pace()
        self.rows: list[Row] = []

    def read_on(self, run_id: str) -> list[Row]:
        from archviz.runs.store import current

        new = store().events(run_id, self.last)
        if new:
            self.rows = current([*self.rows, *new])
            self.last = new[-1][0]
        return self.rows


_followed: dict[str, _Followed] = {}
_following = threading.Lock()


def follow(run_id: str) -> Progress:
    """Where a run stands now. Raises KeyError with a sentence when the run or its experiment is not here."""
    from app.progress import Progress, losses, observed, readings, share
    from archviz.engine.compare import answer, estimates, judge

    now = alive()
    found = store().run(run_id, alive=now)
    chapter, _, ran = _declared(found)
    states = store().trials(run_id, alive=now)
    with _following:
        followed = _followed.pop(run_id, None) or _Followed()
        _followed[run_id] = followed
        while len(_followed) > FOLLOWED:
            _followed.pop(next(iter(_followed)))
    with followed.lock:
        rows = followed.read_on(run_id)
        left = followed.pace.left(share(states))
    measured = observed(rows)
    return Progress(
        run=found,
        card=reference.card(chapter, ran),
        experiment=ran,
        trials=tuple(states),
        points=losses(rows, states),
        readings=readings(rows, states),
        observations=measured,
        estimates=estimates(measured),
        verdicts=judge(ran, measured, {trial.x for trial in states}),
        answer=answer(ran.claims[0], measured),
        seconds_left=left,
    )


def _declared(found: Run) -> tuple[Chapter, Experiment, Experiment]:
    """The chapter of a run, its experiment as declared, and with the reader's tweaks or from the reader's own models.

    Raises KeyError with a sentence when it is not here.
    """
    from archviz.runs import own

    if found.experiment == own.IDENTITY:
        chapter, built = own.ran(store(), found.id)
        return chapter, built, built
    chapter, declared = experiment(found.experiment)
    return chapter, declared, declared.with_lanes(_tweaks(found.lanes))


def _tweaks(lanes: Mapping[str, Sequence[str]]) -> dict[str, tuple[Tweak, ...]]:
    """Tweaks by arm from their slugs; KeyError with a sentence for one that is not here any more."""
    assert library.value is not None
    known = {tweak.slug: tweak for tweak in library.value.tweaks()}
    missing = [slug for slugs in lanes.values() for slug in slugs if slug not in known]
    if missing:
        raise KeyError(f"this version of archviz has no tweak {missing[0]!r}, which the run used")
    return {arm: tuple(known[slug] for slug in slugs) for arm, slugs in lanes.items()}


def active(run_id: str) -> bool:
    """Whether more is to come of a run."""
    found = run(run_id)
    return found is not None and found.status in ("queued", "running")
