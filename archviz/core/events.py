"""Events: what a trial says while it runs. The store appends them, the page follows."""

from typing import Literal

from archviz.core.record import Record
from archviz.core.results import Observation, Result


class Event(Record):
    """Base of everything that a trial yields."""


class Started(Event):
    """The trial has a worker. `step` is above 0 when it goes on from a checkpoint."""

    step: int
    device: str
    parameters: int
    attempt: int = 1


class Step(Event):
    """Training went on: `step` steps are done, `loss` is the mean over those since the last such event."""

    step: int
    loss: float
    lr: float


class Evaluated(Event):
    """Metrics on a split after `step` steps."""

    step: int
    split: Literal["validation", "test"]
    metrics: dict[str, float]


class Probed(Event):
    """What a probe saw after `step` steps."""

    step: int
    probe: str
    results: tuple[Result, ...]


class Failed(Event):
    """The trial could not go on: one sentence for the reader, the traceback for the engineer."""

    sentence: str
    traceback: str = ""


class Finished(Event):
    """The trial is over; `diverged` is a result, not an error. `stopped` trials have no observations."""

    step: int
    status: Literal["done", "diverged", "stopped"]
    seconds: float
    observations: tuple[Observation, ...] = ()
