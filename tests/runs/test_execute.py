"""What a worker does with events: written soon, in order, and never after somebody else took over."""

import threading
import time
from pathlib import Path

import pytest
import torch

from archviz.core.events import Event, Step
from archviz.core.spec import NotApplicable
from archviz.runs.database import StoreUnavailable
from archviz.runs.execute import BATCH_SECONDS, EventWriter, StopWatch, Work, _sentence
from archviz.runs.store import Store, Superseded


class Recorder(Store):
    """A store that remembers batches with their time instead of writing them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.batches: list[tuple[float, list[int]]] = []
        self.error = error
        self.arrived = threading.Event()

    def append(self, trial_id: str, events: object, *, attempt: int | None = None) -> None:
        if self.error is not None:
            raise self.error
        assert isinstance(events, list) and (trial_id, attempt) == ("t", 1)
        self.batches.append((time.monotonic(), [event.step for event in events]))
        self.arrived.set()


def step(number: int) -> Event:
    return Step(step=number, loss=1.0, lr=0.1)


def work(seconds: float = 60.0) -> Work:
    return Work(run_id="r", trial_id="t", ticket="", store_url="", weights="", spec=b"", seconds=seconds)


def test_events_are_written_in_order_and_in_batches() -> None:
    store = Recorder()
    with EventWriter(store, "t", 1) as writer:
        began = time.monotonic()
        for number in range(50):
            writer.put(step(number))
            time.sleep(0.005)
    assert [number for _, batch in store.batches for number in batch] == list(range(50))
    assert 2 <= len(store.batches) <= (time.monotonic() - began) / BATCH_SECONDS + 3


def test_a_lonely_event_does_not_wait_for_company() -> None:
    store = Recorder()
    with EventWriter(store, "t", 1) as writer:
        time.sleep(0.05)
        writer.put(step(1))
        assert store.arrived.wait(5)


def test_flush_returns_when_everything_is_written() -> None:
    store = Recorder()
    with EventWriter(store, "t", 1) as writer:
        for number in range(3):
            writer.put(step(number))
            writer.flush()
            assert [n for _, batch in store.batches for n in batch] == list(range(number + 1))


def test_a_writer_that_was_superseded_stops_the_trial_quietly() -> None:
    with EventWriter(Recorder(Superseded("attempt 2")), "t", 1) as writer:
        watch = StopWatch(work(), writer)
        assert not watch()
        writer.put(step(1))
        writer.flush()
        assert writer.lost and watch() and not watch.out_of_time


def test_a_writer_that_cannot_write_says_so_in_the_end() -> None:
    writer = EventWriter(Recorder(StoreUnavailable("disk")), "t", 1).__enter__()
    writer.put(step(1))
    writer.flush()
    assert StopWatch(work(), writer)()
    with pytest.raises(StoreUnavailable, match="disk"):
        writer.__exit__()


def test_time_runs_out() -> None:
    with EventWriter(Recorder(), "t", 1) as writer:
        watch = StopWatch(work(seconds=0.05), writer)
        assert not watch()
        time.sleep(0.06)
        assert watch() and watch.out_of_time


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NotApplicable("It needs batch norm layers."), "It needs batch norm layers."),
        (StoreUnavailable("The history is damaged."), "The history is damaged."),
        (torch.OutOfMemoryError("CUDA out of memory"), "needs more memory than this machine has left"),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] . DefaultCPUAllocator: can't allocate memory"), "more memory"),
        (ValueError("wrong shape\nand a second line"), "The trial stopped with an error: ValueError: wrong shape"),
        (KeyError(), "The trial stopped with an error: KeyError."),
    ],
)
def test_every_error_is_one_sentence(error: Exception, sentence: str) -> None:
    told = _sentence(error)
    assert sentence in told and "\n" not in told


def test_executing_needs_no_torch_until_a_trial_runs() -> None:
    """The scheduler reads the first trial: importing torch there would cost seconds and 200 MiB."""
    import subprocess
    import sys

    root = str(Path(__file__).resolve().parents[2])
    source = (
        "import sys, archviz.runs.execute, archviz.runs.engine, archviz.runs.cluster, archviz.runs.limits; "
        "print('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd=root, check=True)
    assert found.stdout.strip() == "False"
