"""Cluster: the client's side of the engine. Finds or starts it, submits trials to it, stops them."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Literal, TypeGuard, TypeVar

from distributed import Client, fire_and_forget
from distributed import Event as Flag
from filelock import FileLock
from filelock import Timeout as LockTimeout

from archviz.core.home import home
from archviz.core.spec import Exact, Train
from archviz.runs.address import PACKAGE, Address, forget_address, lock_file, log_file, read_address, source_state
from archviz.runs.execute import Work, execute, pack, stop_flag
from archviz.runs.limits import Limits
from archviz.runs.store import Store, trained, weights
from archviz.runs.trained import kept_of

State = Literal["off", "starting the engine", "warming up", "ready", "failed"]

CONNECT_SECONDS = 5.0
"""How long a scheduler may take to answer."""
START_SECONDS = 300.0
"""How long a local engine may take from its first line to a warm worker, on a machine that is busy."""
END_SECONDS = 10.0
"""How long a local engine may take to end when it is asked to."""
KEY = "archviz-trial"

T = TypeVar("T")


class EngineUnavailable(RuntimeError):
    """No engine can be reached or started; the message says which and what to do."""


class Engine:
    """A connection to the engine: the one of `ARCHVIZ_SCHEDULER`, else the local one, which is started on demand.

    Made without any cost; `connect()` takes seconds, so an app calls it in a thread and shows `state` meanwhile.
    All methods may be called from any thread.
    """

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()
        self.state: State = "off"
        self.problem: str | None = None
        """The sentence of the last failure to connect."""
        self._lock = threading.RLock()
        self._client: Client | None = None
        self._address: Address | None = None
        self._submitting: set[str] = set()

    @property
    def warm(self) -> bool:
        """Whether a trial that is submitted now starts at once (or as soon as a worker is free)."""
        return self.state == "ready" and _works(self._client)

    def connect(self) -> "Engine":
        """Return when the engine is warm; at once if it is already. Raises EngineUnavailable with a sentence."""
        with self._lock:
            if self.warm:
                return self
            self._disconnect()
            self.problem = None
            try:
                self._connect()
            except Exception as error:
                self._disconnect()
                self.state, self.problem = "failed", str(error)
                raise
            self.state = "ready"
            return self

    def close(self) -> None:
        """Let go of the engine; a local one ends by itself some time after its last client has gone."""
        with self._lock:
            self._disconnect()
            self.state = "off"

    # --- trials ------------------------------------------------------------------------------------------------------

    def submit(self, run_id: str, measure: Train | Exact, device: str = "auto") -> None:
        """Hand the queued trials of a run to the workers and return; they outlive this process.

        The trials' records are read from the store, so the modules of their configs must be imported.
        """
        with self._lock:
            self._renew()
            self.connect()
            assert self._client is not None
            seconds = Limits.current().seconds
            Flag(stop_flag(run_id), client=self._client).clear()
            ticket, claimed = self.store.claim(run_id)
            kept = kept_of(self.store.trials(run_id))
            self._submitting |= set(claimed)
            try:
                for position, trial_id in enumerate(claimed):
                    work = Work(
                        run_id=run_id,
                        trial_id=trial_id,
                        ticket=ticket,
                        store_url=self.store.url,
                        weights=str(weights(trial_id)),
                        trained=str(trained(trial_id)) if trial_id in kept else None,
                        spec=pack(self.store.trial(trial_id), measure),
                        device=device,
                        seconds=seconds,
                    )
                    # Runs that wait at the same time take turns: everybody's first trials come first.
                    key = f"{KEY}/{trial_id}/{ticket}"
                    fire_and_forget(self._client.submit(execute, work, key=key, priority=-position, pure=False))
                self._ask(_trial_ids)  # when it answers, it knows all of them
            finally:
                self._submitting -= set(claimed)

    def resume(self, run_id: str, measure: Train | Exact, device: str = "auto") -> list[str]:
        """Go on with the trials of a run that were stopped, failed or interrupted, from their checkpoints; gives
        their ids."""
        with self._lock:
            self._renew()
            self.connect()
            reopened = self.store.reopen(run_id, self.alive_trials() or ())
            self.submit(run_id, measure, device)
            return reopened

    def stop(self, run_id: str) -> None:
        """End a run: trials that train stop within 0.1 s, those that wait do not start."""
        client = self._client
        try:
            self.store.stop_queued(run_id)  # first, so that no worker that gets free takes the next one
        finally:
            if _works(client):
                Flag(stop_flag(run_id), client=client).set()

    def alive_trials(self) -> set[str] | None:
        """Ids of all trials that wait or run in the engine, whoever submitted them. Empty when there is no engine;
        none while one is there but does not answer (yet), so that nobody knows."""
        found = self._ask(_trial_ids)
        if found is None and not os.environ.get("ARCHVIZ_SCHEDULER"):
            address = self._address or read_address()
            found = set() if address is None or not address.alive else None
        return None if found is None else found | self._submitting

    def workers(self) -> list[int]:
        """The process of each worker."""
        client = self._client
        return list(client.run(os.getpid, on_error="ignore").values()) if _works(client) else []

    # --- connection --------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.state = "starting the engine"
        scheduler = os.environ.get("ARCHVIZ_SCHEDULER")
        if scheduler:
            self._client = _reach(scheduler)
            if self._client is None:
                raise EngineUnavailable(
                    f"No Dask scheduler answers at {scheduler} (ARCHVIZ_SCHEDULER); start one there with "
                    "`dask scheduler`, or unset ARCHVIZ_SCHEDULER to train on this machine."
                )
        else:
            self._client, self._address = self._local()
        self.state = "warming up"
        self._await_worker(scheduler)

    def _local(self) -> tuple[Client, Address]:
        """The local engine; exactly one client at a time looks for it and starts it."""
        try:
            with FileLock(lock_file(), timeout=START_SECONDS):
                address = read_address()
                client = _reach(address.scheduler) if address is not None and address.alive else None
                if client is not None and address is not None:
                    busy = _ask(client, _trial_ids)
                    if busy or address.source == source_state():
                        return client, address
                    client.close()
                    _end(address)
                return _start()
        except LockTimeout as error:
            raise EngineUnavailable(
                f"Another program has been starting the engine for {START_SECONDS:g} s; see {log_file()}."
            ) from error

    def _await_worker(self, scheduler: str | None) -> None:
        assert self._client is not None
        deadline = time.monotonic() + (START_SECONDS if scheduler is None else CONNECT_SECONDS)
        while not _ask(self._client, _count_workers):
            if time.monotonic() > deadline or not _works(self._client):
                if scheduler:
                    raise EngineUnavailable(
                        f"The Dask scheduler at {scheduler} (ARCHVIZ_SCHEDULER) has no workers; start some with "
                        f"`dask worker {scheduler} --nthreads 1 --preload archviz.runs.warm`."
                    )
                raise EngineUnavailable(f"The engine's workers did not start; {log_file()} says why.")
            time.sleep(0.05)

    def _renew(self) -> None:
        """Let go of a local engine that runs other source code than is on disk, if no trial is left in it."""
        stale = self._address is not None and self._address.source != source_state()
        if stale and self.warm and not self.alive_trials():
            self._disconnect()

    def _disconnect(self) -> None:
        client, self._client, self._address = self._client, None, None
        if self.state == "ready":
            self.state = "off"
        if client is not None:
            client.close(timeout=1)

    def _ask(self, question: Callable[..., T]) -> T | None:
        return _ask(self._client, question)


def _reach(scheduler: str) -> Client | None:
    """A client of the scheduler at this address, or none when it does not answer."""
    _quieten()
    try:
        return Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False, name="archviz")
    except (OSError, TimeoutError, ValueError):
        return None


def _quieten() -> None:
    """A lost connection is reported by `Engine`, in a sentence; Dask's own lines would only stand beside it."""
    for name in ("distributed", "distributed.client", "distributed.comm", "distributed.core", "distributed.batched"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _start() -> tuple[Client, Address]:
    """Start a local engine and wait until it listens."""
    environment = {**os.environ, "ARCHVIZ_HOME": str(home())}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
    with log_file().open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "archviz.runs.engine"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home(),
            env=environment,
            start_new_session=True,  # so that Ctrl-C in the app's terminal does not reach it
        )
    threading.Thread(target=process.wait, name="archviz-engine", daemon=True).start()  # leaves no zombie behind
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        address = read_address()
        if address is not None and address.pid == process.pid:
            client = _reach(address.scheduler)
            if client is not None:
                return client, address
        time.sleep(0.02)
    lines = log_file().read_text(errors="replace").strip().splitlines()
    reason = lines[-1] if lines else "it printed nothing"
    raise EngineUnavailable(f"The engine could not be started ({reason}); {log_file()} has the whole story.")


def _end(address: Address) -> None:
    """Ask a local engine to end, and see to it."""
    forget_address(address)
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(address.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + END_SECONDS
        while address.alive and time.monotonic() < deadline:
            time.sleep(0.02)


def _works(client: Client | None) -> TypeGuard[Client]:
    return client is not None and client.status == "running"


def _ask(client: Client | None, question: Callable[..., T]) -> T | None:
    """The scheduler's answer, or none when there is no scheduler any more."""
    if not _works(client):
        return None
    try:
        answer: T = client.sync(client._run_on_scheduler, question, callback_timeout=CONNECT_SECONDS)
    except (OSError, TimeoutError):
        return None
    return answer


def _trial_ids(dask_scheduler: Any) -> set[str]:
    """Runs in the scheduler: the trials that are not over."""
    over = ("memory", "erred", "forgotten", "released")
    names = [str(key).split("/") for key, task in dask_scheduler.tasks.items() if task.state not in over]
    return {name[1] for name in names if name[0] == "archviz-trial"}


def _count_workers(dask_scheduler: Any) -> int:
    """Runs in the scheduler: how many workers are there, warm."""
    return len(dask_scheduler.workers)
