"""Trained networks: what the runs of the history have left behind - which are kept, where, and why others are not.

Kept are the model's weights and buffers at the end of a trial (done, diverged, or stopped after a step at least), of
the first seed of each arm at each place of the axis, up to `checkpoint.KEPT_BYTES` each and `ROOM` in all: the oldest
make room. They go when their run is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from archviz.core.spec import Trial
from archviz.runs import store as stores
from archviz.runs.store import UNFINISHED, Run, Store, TrialState

if TYPE_CHECKING:
    from torch import nn

ROOM = 2 * 2**30
"""Bytes that all trained networks together may take."""


class NotKept(ValueError):
    """A trained network that cannot be looked into; the message says why and what to do."""


@dataclass(frozen=True)
class Network:
    """One trained network as its trial left it, in eval mode."""

    state: TrialState
    trial: Trial
    net: nn.Module
    step: int
    """How many optimizer steps are behind it."""


def kept_of(states: Sequence[TrialState]) -> frozenset[str]:
    """Ids of the trials whose weights are kept: the first seed of each arm at each place of the axis."""
    first: dict[tuple[str, float | None], TrialState] = {}
    for state in states:
        place = state.arm, state.x
        if place not in first or state.seed < first[place].seed:
            first[place] = state
    return frozenset(state.id for state in first.values())


def make_room(folder: Path, room: int = ROOM) -> None:
    """Remove the oldest trained networks until all together take no more than `room` bytes."""
    found = []
    for path in folder.glob("*.safetensors"):
        try:
            about = path.stat()
        except FileNotFoundError:  # its run was deleted just now
            continue
        found.append((about.st_mtime, about.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= room:
            return
        path.unlink(missing_ok=True)
        total -= size


def run(store: Store, run_id: str) -> Run:
    """A run of the history. Raises NotKept."""
    try:
        return store.run(run_id)
    except KeyError as error:
        raise NotKept(f"There is no run {run_id!r} in the history; it may have been deleted.") from error


def choices(store: Store, run_id: str) -> tuple[TrialState, ...]:
    """The trials of a run whose weights are kept when they are over, in the order in which they start."""
    run(store, run_id)
    states = store.trials(run_id)
    kept = kept_of(states)
    return tuple(state for state in states if state.id in kept)


def choose(
    store: Store, run_id: str, arm: str | None = None, x: float | None = None, seed: int | None = None
) -> tuple[TrialState, ...]:
    """Those of one arm (none: of all) at one place of the axis (none: the last). Raises NotKept for what is not there.

    Weights are kept of the first seed alone; `seed` asks for that one, and is refused otherwise.
    """
    offered = choices(store, run_id)
    arms = sorted({state.arm for state in offered})
    if arm is not None and arm not in arms:
        raise NotKept(f"Run {run_id} has no arm {arm!r}; it has {' and '.join(arms)}.")
    places = [state.x for state in offered]
    if x is not None and x not in places:
        known = ", ".join(f"{place:g}" for place in dict.fromkeys(places) if place is not None)
        raise NotKept(f"Run {run_id} was not at {x:g} on its axis; it was at {known or 'no axis'}.")
    at = x if x is not None or not places else max(places, key=lambda place: (place is not None, place or 0.0))
    chosen = tuple(state for state in offered if state.x == at and arm in (None, state.arm))
    if seed is not None and any(state.seed != seed for state in chosen):
        raise NotKept(f"Of run {run_id} only the weights of seed {chosen[0].seed} are kept, the first of each arm.")
    return chosen


def there(state: TrialState) -> bool:
    """Whether the weights of this trial are on this machine."""
    return state.status not in UNFINISHED and stores.trained(state.id).is_file()


def present() -> frozenset[str]:
    """Ids of the runs of which a trained network is on this machine, at least one."""
    return frozenset(path.stem.rpartition("-")[0] for path in stores.trained("").parent.glob("*.safetensors"))


def load(store: Store, state: TrialState) -> Network:
    """The network that a trial left. Raises NotKept with a sentence."""
    import torch

    from archviz.engine import checkpoint

    name = f"{state.arm} of run {state.run_id}"
    if state.status in UNFINISHED:
        raise NotKept(f"{name} is not over: its weights are kept when it is. Wait, or stop the run.")
    try:
        trial = store.trial(state.id)
    except ValidationError as error:
        raise NotKept(f"This version of archviz cannot read how {name} was made; train it again.") from error
    except KeyError as error:
        raise NotKept(f"{name} is not in the history any more; its run was deleted.") from error
    path = stores.trained(state.id)
    if not path.is_file():
        raise NotKept(_why_not(name, state, trial))
    net: nn.Module = trial.setup.model.build()
    try:
        step = checkpoint.restore(path, net)
    except checkpoint.Unreadable as error:
        raise NotKept(f"The weights of {name} cannot be read: {error}") from error
    if not all(bool(torch.isfinite(value).all()) for value in net.state_dict().values()):
        raise NotKept(f"{name} diverged: its weights are no numbers any more, so there is nothing to see inside.")
    return Network(state, trial, net.eval().requires_grad_(False), step)


def _why_not(name: str, state: TrialState, trial: Trial) -> str:
    """Why there is no file, as well as it can be known."""
    import torch

    from archviz.engine.checkpoint import KEPT_BYTES

    if state.step == 0:
        return f"{name} took no training step, so it left no network to look into."
    with torch.device("meta"):
        size = sum(value.nbytes for value in trial.setup.model.build().state_dict().values())
    if size > KEPT_BYTES:
        return (
            f"The weights of {name} were not kept: they take {size / 2**20:.0f} MiB, more than the limit of "
            f"{KEPT_BYTES // 2**20} MiB. Make the model smaller and train again to look inside."
        )
    return (
        f"The weights of {name} are not on this machine: the run is older than their being kept, was made elsewhere, "
        "or they made room for newer ones. Train again to look inside."
    )
