"""Execute: what a worker does with one trial. Imports torch only when it runs, so that the scheduler never does."""

import contextvars
import functools
import pickle
import threading
import time
import traceback
from asyncio import CancelledError
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cloudpickle
from distributed import Event as Flag
from distributed import get_client

from archviz.core.events import Event, Failed, Finished
from archviz.core.spec import Exact, NotApplicable, Train, Trial
from archviz.runs.store import Deleted, Store, Superseded
from archviz.runs.trained import make_room

BATCH_SECONDS = 0.1
"""Events are written at most this long after they happened."""
_ALONE = threading.Lock()
"""One trial at a time in a process: torch's random state and number of threads are shared by all its threads."""


@dataclass(frozen=True)
class Work:
    """Everything a worker needs to know about one trial."""

    run_id: str
    trial_id: str
    ticket: str
    """What `Store.claim` gave: a trial that was claimed anew since is no longer ours."""
    store_url: str
    weights: str
    """Path of the checkpoint."""
    spec: bytes
    """The pickled `(Trial, Train | Exact)`: opaque to the scheduler, which has no torch to unpickle it."""
    device: str = "auto"
    trained: str | None = None
    """Path where its weights are kept in the end; none: they are not."""
    seconds: float = 3600.0
    """The trial is ended after this time."""


def pack(trial: Trial, measure: Train | Exact) -> bytes:
    """The `spec` of a piece of work."""
    return cloudpickle.dumps((trial, measure))  # type: ignore[no-any-return]


def stop_flag(run_id: str) -> str:
    """Name of the flag that stops a run."""
    return f"archviz-stop-{run_id}"


def execute(work: Work) -> None:
    """Run one trial and write its events into the store. Whatever goes wrong becomes an event, not an exception."""
    with _ALONE:
        store = shared_store(work.store_url)
        attempt = store.begin(work.trial_id, work.ticket)
        if attempt is not None:
            _run(work, store, attempt)


def _run(work: Work, store: Store, attempt: int) -> None:
    with EventWriter(store, work.trial_id, attempt) as writer, StopWatch(work, writer) as watch:
        try:
            for event in _events(work, attempt, watch, writer):
                if watch.out_of_time and isinstance(event, Finished) and event.status == "stopped":
                    event = Failed(sentence=_out_of_time(work, event.step))
                writer.put(event)
        except Exception as error:  # noqa: BLE001 - reported as an event
            writer.put(Failed(sentence=_sentence(error), traceback=traceback.format_exc()))
    if writer.deleted:
        _leave_nothing(work)
    elif work.trained is not None:
        make_room(Path(work.trained).parent)


def _leave_nothing(work: Work) -> None:
    """Remove the files of a trial whose run was deleted while it was worked on."""
    for path in (work.weights, work.trained):
        if path:
            Path(path).unlink(missing_ok=True)


def _events(work: Work, attempt: int, watch: "StopWatch", writer: "EventWriter") -> Iterator[Event]:
    from archviz.engine.train import run_trial

    trial, measure = pickle.loads(work.spec)
    return run_trial(
        trial,
        measure,
        device=work.device,
        attempt=attempt,
        stop=watch,
        checkpoint=Path(work.weights),
        saving=writer.flush,
        trained=None if work.trained is None else Path(work.trained),
    )


@functools.cache
def shared_store(url: str) -> Store:
    """One connection pool in a worker process, however many trials it runs."""
    return Store(url)


def _sentence(error: Exception) -> str:
    """What a reader is told: our own exceptions speak for themselves."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return "The trial needs more memory than this machine has left; choose a smaller model or a smaller batch."
    if isinstance(error, NotApplicable) or type(error).__module__.startswith("archviz."):
        return str(error)
    reason = str(error).strip().splitlines()
    return f"The trial stopped with an error: {type(error).__name__}" + (f": {reason[0]}" if reason else ".")


def _out_of_time(work: Work, step: int) -> str:
    return (
        f"The trial was ended after step {step}: it ran for longer than the limit of {work.seconds:g} s. "
        "Give it fewer steps or a smaller model, or raise ARCHVIZ_MAX_SECONDS."
    )


class EventWriter:
    """Writes events in batches from a thread of its own, so that training waits for no disk.

    The first event is written at once, later ones within `BATCH_SECONDS`.
    """

    def __init__(self, store: Store, trial_id: str, attempt: int) -> None:
        self._store, self._trial_id, self._attempt = store, trial_id, attempt
        self._waiting: list[Event] = []
        self._wake = threading.Condition()
        self._writing = threading.Lock()
        self._closed = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._write, name="archviz-events", daemon=True)

    @property
    def lost(self) -> bool:
        """Whether nothing can be written any more, so that going on would be in vain."""
        return self._error is not None

    @property
    def deleted(self) -> bool:
        """Whether the run was deleted meanwhile."""
        return isinstance(self._error, Deleted)

    def put(self, event: Event) -> None:
        """Hand over one event; returns at once."""
        with self._wake:
            self._waiting.append(event)
            self._wake.notify()

    def flush(self) -> None:
        """Return when everything so far is in the store (or cannot be written any more)."""
        with self._writing:
            with self._wake:
                batch, self._waiting = self._waiting, []
            if not batch or self._error is not None:
                return
            try:
                self._store.append(self._trial_id, batch, attempt=self._attempt)
            except Exception as error:  # noqa: BLE001 - raised again when the writer closes
                self._error = error

    def _write(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
            self.flush()
            time.sleep(BATCH_SECONDS)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()
        self.flush()
        if self._error is not None and not isinstance(self._error, Superseded):
            raise self._error


class StopWatch:
    """Says whether a trial must stop: its run was stopped, its time is up, or its events cannot be written.

    Called before every training step, so it only reads flags; a thread waits for the run's flag at the scheduler.
    """

    def __init__(self, work: Work, writer: EventWriter) -> None:
        self._work, self._writer = work, writer
        self._deadline = time.monotonic() + work.seconds
        self._stopped = threading.Event()
        self._over = threading.Event()
        self.out_of_time = False

    def __call__(self) -> bool:
        if time.monotonic() > self._deadline:
            self.out_of_time = True
        return self.out_of_time or self._stopped.is_set() or self._writer.lost

    def __enter__(self) -> Self:
        task = contextvars.copy_context()  # by it, Dask knows in which worker it is
        threading.Thread(target=task.run, args=(self._wait,), name="archviz-stop", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _wait(self) -> None:
        try:
            flag = Flag(stop_flag(self._work.run_id), client=get_client())
            while not self._over.is_set():
                if flag.wait(timeout=1):
                    self._stopped.set()
                    return
        except (OSError, RuntimeError, TimeoutError, CancelledError):
            return  # the scheduler is gone, and this process is about to follow it
