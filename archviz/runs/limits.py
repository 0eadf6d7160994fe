"""Limits: what one trial and one reader may ask of this machine, checked before anything is allocated."""

import os
from collections.abc import Collection, Sequence
from typing import Self

from dask.system import CPU_COUNT
from distributed.system import MEMORY_LIMIT
from pydantic import Field, ValidationError

from archviz.core.record import Record, fingerprint
from archviz.core.setup import Inputs, ModelConfig, Setup
from archviz.core.spec import Exact, Train, Trial
from archviz.runs.store import Store

MIB = 2**20
FLOAT = 4
WEIGHT_COPIES = 4
"""A weight, its gradient, and two moments of an optimizer such as Adam."""
ACTIVATION_COPIES = 2
"""A kept activation, and what the backward pass needs beside it."""


class OverLimit(ValueError):
    """A request that is refused; the message gives the estimate, the limit, and what to do."""


class Limits(Record):
    """The largest of everything. Each is overridden by the environment: `parameters` by ARCHVIZ_MAX_PARAMETERS, ..."""

    parameters: int = Field(50_000_000, ge=1, description="parameters of a model")
    memory_mib: int = Field(
        max(256, min(4096, MEMORY_LIMIT // CPU_COUNT // 2 // MIB)), ge=1, description="MiB of memory of one trial"
    )
    steps: int = Field(20_000, ge=1, description="optimizer steps of one trial")
    seconds: float = Field(3600, gt=0, description="seconds that one trial may train, after which it is ended")
    trials_per_session: int = Field(300, ge=1, description="trials that wait or run for one browser session")
    trials: int = Field(1000, ge=1, description="trials that wait or run in all")

    @classmethod
    def current(cls) -> Self:
        """The defaults with what the environment says. Raises OverLimit for a value that is none."""
        names = {f"ARCHVIZ_MAX_{name.upper()}": name for name in cls.model_fields}
        try:
            return cls.model_validate({name: os.environ[key] for key, name in names.items() if os.environ.get(key)})
        except ValidationError as error:
            first = error.errors()[0]
            key = f"ARCHVIZ_MAX_{str(first['loc'][0]).upper()}"
            raise OverLimit(f"{key} is {first['input']!r}, which is no limit: {first['msg'].lower()}.") from error


class Demand(Record):
    """What training a setup will take, found on the meta device: nothing was allocated."""

    parameters: int
    memory_bytes: int
    steps: int


def estimate(setup: Setup) -> Demand:
    """Parameters, and roughly the memory: every weight `WEIGHT_COPIES` times, every activation of a batch
    `ACTIVATION_COPIES` times. Data, Python and torch itself (about 300 MiB a worker) are not counted."""
    recipe = setup.recipe
    parameters, activation_bytes = _cost(setup.model, recipe.dataset.inputs, recipe.batch_size)
    memory = parameters * FLOAT * WEIGHT_COPIES + activation_bytes * ACTIVATION_COPIES
    return Demand(parameters=parameters, memory_bytes=memory, steps=recipe.steps)


_known: dict[tuple[str, str, int], tuple[int, int]] = {}


def _cost(model: ModelConfig, inputs: Inputs, batch: int) -> tuple[int, int]:
    """Parameters and bytes of activations; traced once for each model and batch size."""
    key = fingerprint(model), fingerprint(inputs), batch
    if key not in _known:
        _known[key] = _trace(model, inputs, batch)
    return _known[key]


def _trace(model: ModelConfig, inputs: Inputs, batch: int) -> tuple[int, int]:
    import torch

    from archviz.engine.cost import cost
    from archviz.engine.recorder import Untraceable

    try:
        found = cost(model, inputs, batch)
    except Untraceable:  # it may train all the same: what can be known are its parameters
        with torch.device("meta"):
            return sum(parameter.numel() for parameter in model.build().parameters()), 0
    return found.parameters, found.activation_bytes


def check(
    trials: Sequence[Trial],
    session: str,
    store: Store,
    *,
    measure: Train | Exact | None = None,
    alive: Collection[str] | None = None,
    limits: Limits | None = None,
) -> None:
    """Raises OverLimit when these trials ask for too much.

    Sizes are not checked for an `Exact` measure, which trains nothing. With the engine's `alive` trials those that
    were interrupted do not count as running.
    """
    limits = limits or Limits.current()
    _check_number(len(trials), session, store.unfinished(alive), limits)
    if not isinstance(measure, Exact):
        for setup in {trial.setup.model_dump_json(): trial.setup for trial in trials}.values():
            check_size(setup, limits)


def check_size(setup: Setup, limits: Limits | None = None) -> None:
    """Raises OverLimit when training this setup would take too much."""
    limits = limits or Limits.current()
    if setup.recipe.steps > limits.steps:
        raise OverLimit(
            f"A trial of {setup.recipe.steps:,} steps is longer than the limit of {limits.steps:,}; "
            "ask for fewer steps, or raise ARCHVIZ_MAX_STEPS."
        )
    expected = estimate(setup)
    if expected.parameters > limits.parameters:
        raise OverLimit(
            f"The model would have {expected.parameters:,} parameters, more than the limit of {limits.parameters:,}; "
            "make it narrower or shallower, or raise ARCHVIZ_MAX_PARAMETERS."
        )
    memory = -(-expected.memory_bytes // MIB)
    if memory > limits.memory_mib:
        raise OverLimit(
            f"Training would take about {memory:,} MiB of memory, more than the limit of {limits.memory_mib:,} MiB; "
            f"make the batch (now {setup.recipe.batch_size}) or the model smaller, or raise ARCHVIZ_MAX_MEMORY_MIB."
        )


def check_look(model: ModelConfig, inputs: Inputs, limits: Limits | None = None) -> None:
    """Raises OverLimit when one pass of one example through this model, and back to its input, would take too much.

    Weights are counted twice, once for the file that they come from.
    """
    limits = limits or Limits.current()
    parameters, activation_bytes = _cost(model, inputs, 1)
    memory = -(-(2 * parameters * FLOAT + activation_bytes * ACTIVATION_COPIES) // MIB)
    if memory > limits.memory_mib:
        raise OverLimit(
            f"A look into this model would take about {memory:,} MiB of memory, more than the limit of "
            f"{limits.memory_mib:,} MiB; choose a smaller one, or raise ARCHVIZ_MAX_MEMORY_MIB."
        )


def check_file(parameters: int, limits: Limits | None = None) -> None:
    """Raises OverLimit when writing a file with so many weights would take too much.

    Weights are counted three times: in the model, as they are gathered, and in the file.
    """
    limits = limits or Limits.current()
    memory = -(-3 * parameters * FLOAT // MIB)
    if memory > limits.memory_mib:
        raise OverLimit(
            f"To write {parameters:,} weights would take about {memory:,} MiB of memory, more than the limit of "
            f"{limits.memory_mib:,} MiB; take the Python file, which draws them where it runs, or raise "
            "ARCHVIZ_MAX_MEMORY_MIB."
        )


def _check_number(new: int, session: str, unfinished: dict[str, int], limits: Limits) -> None:
    mine, all_of_them = unfinished.get(session, 0), sum(unfinished.values())
    if mine + new > limits.trials_per_session:
        raise OverLimit(
            f"With these {new:,} trials you would have {mine + new:,} waiting or running, more than the limit of "
            f"{limits.trials_per_session:,} for one session; wait, stop a run, or ask for fewer seeds "
            "(ARCHVIZ_MAX_TRIALS_PER_SESSION)."
        )
    if all_of_them + new > limits.trials:
        raise OverLimit(
            f"With these {new:,} trials {all_of_them + new:,} would be waiting or running here, more than the limit of "
            f"{limits.trials:,} in all; try again when others have finished (ARCHVIZ_MAX_TRIALS)."
        )
