"""Training: one trial as an iterator of events - seeded, stoppable, resumable, the same numbers every time on a CPU.

In one seed all arms draw the same batches in the same order, and each parameter starts from (seed, parameter name),
so that arms differ only in what their tweaks changed.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from archviz.core.events import Evaluated, Event, Finished, Probed, Started, Step
from archviz.core.results import Observation
from archviz.core.samples import Samples, Splits
from archviz.core.spec import Exact, Probe, Train, Trial
from archviz.core.tap import Capture
from archviz.engine import checkpoint as checkpoints
from archviz.engine.capture import capture, fits
from archviz.engine.devices import one_thread, pick
from archviz.engine.initialize import derive, initialize
from archviz.engine.tasks import Batch

STEP_EVENTS = 150
"""Step events in one trial, at most: enough for a smooth curve."""
PROBE_EVENTS, PROBE_STEPS = 10, 30
"""Times that probes read during one trial at most, and steps between two of them at least."""
EVALUATIONS, EVALUATION_STEPS = 4, 120
"""Times that the validation split is scored at most, the last one at the end, and steps in between at least."""
FINAL_SHARE = 0.1
"""The training loss that is reported is the mean over this last share of the steps."""
CHECKPOINT_SECONDS = 2.0
"""Time between two checkpoints, at least."""
LOST = 1e6
"""A loss above this counts as diverged, as does one that is not a number."""


def run_trial(
    trial: Trial,
    measure: Train | Exact,
    *,
    device: str = "auto",
    attempt: int = 1,
    stop: Callable[[], bool] = lambda: False,
    checkpoint: Path | None = None,
    saving: Callable[[], None] = lambda: None,
    trained: Path | None = None,
) -> Iterator[Event]:
    """The events of one trial, from Started to Finished.

    `stop` is asked before every step. With a `checkpoint` path the state is saved every few seconds, and a trial
    whose file exists goes on from there to the numbers it would have had undisturbed. `saving` is called before each
    save: whoever keeps the events keeps them up to there, so that none is missing after a resume. With a `trained`
    path the weights are there when the trial ends after a step at least, unless they are too large (`checkpoint.keep`)
    or the disk is full. A loss that explodes is a result (`diverged`), not an error.
    """
    where = pick(device)
    with one_thread(where):
        if isinstance(measure, Exact):
            yield from _measure(trial, measure, attempt)
        else:
            yield from _Training(trial, measure, where, attempt, stop, checkpoint, saving, trained).events()


def _measure(trial: Trial, measure: Exact, attempt: int) -> Iterator[Event]:
    started = time.monotonic()
    yield Started(step=0, device="cpu", parameters=0, attempt=attempt)
    values = measure.measure(trial.setup, trial.seed)
    yield Finished(
        step=0,
        status="done",
        seconds=time.monotonic() - started,
        observations=tuple(_observation(trial, name, value) for name, value in values.items()),
    )


def batches(samples: Samples, size: int, seed: int) -> Iterator[Tensor]:
    """Indices of one batch after the other: all examples in a random order, then all in another one, ..."""
    generator = torch.Generator().manual_seed(derive(seed, "batches"))
    size = min(size, len(samples))
    while True:
        order = torch.randperm(len(samples), generator=generator)
        yield from (order[start : start + size] for start in range(0, len(samples) - size + 1, size))


def evaluation_steps(steps: int) -> frozenset[int]:
    """After how many of so many steps the validation split is scored, besides at the end."""
    parts = max(1, min(EVALUATIONS, steps // EVALUATION_STEPS))
    return frozenset(round(steps * part / parts) for part in range(1, parts))


def probe_steps(steps: int) -> frozenset[int]:
    """Before how many of so many steps are done probes read: the first, the last, and evenly in between."""
    parts = max(1, min(PROBE_EVENTS - 1, (steps - 1) // PROBE_STEPS))
    return frozenset(round((steps - 1) * part / parts) for part in range(parts + 1))


@dataclass
class _Progress:
    """What a checkpoint must remember besides tensors."""

    step: int = 0
    recent: list[float] = field(default_factory=list)
    """Losses of the last steps, for the reported training loss."""
    seconds: float = 0.0


class _Training:
    """One run of the loop; everything that its parts share."""

    def __init__(
        self,
        trial: Trial,
        measure: Train,
        device: torch.device,
        attempt: int,
        stop: Callable[[], bool],
        checkpoint: Path | None,
        saving: Callable[[], None],
        trained: Path | None,
    ) -> None:
        self.trial, self.recipe, self.device, self.attempt = trial, trial.setup.recipe, device, attempt
        self.stop, self.checkpoint, self.saving, self.trained = stop, checkpoint, saving, trained
        splits: Splits = self.recipe.dataset.build().load()
        self.train, self.validation, self.test = (
            part.to(device) for part in (splits.train, splits.validation, splits.test)
        )
        self.task = self.recipe.task.build()
        self.model: nn.Module = trial.setup.model.build().to(device)
        if device.type == "cpu" and len(self.recipe.dataset.inputs.shape) == 3:
            self.model.to(memory_format=torch.channels_last)
        self.optimizer: torch.optim.Optimizer = self.recipe.optimizer.build(self.model.parameters())
        self.probes = [probe for probe in measure.probes if fits(probe, self.model)]
        self.progress = self._resume() or self._start()

    def _start(self) -> "_Progress":
        initialize(self.model, self.trial.seed)
        torch.manual_seed(derive(self.trial.seed, "training"))
        return _Progress()

    def _resume(self) -> "_Progress | None":
        if self.checkpoint is None or not self.checkpoint.exists():
            return None
        try:
            return _Progress(**checkpoints.load(self.checkpoint, self.model, self.optimizer))
        except checkpoints.Unreadable:
            self.checkpoint.unlink(missing_ok=True)
            return None

    def events(self) -> Iterator[Event]:
        recipe, progress = self.recipe, self.progress
        parameters = sum(parameter.numel() for parameter in self.model.parameters())
        yield Started(step=progress.step, device=str(self.device), parameters=parameters, attempt=self.attempt)

        every = max(1, round(recipe.steps / STEP_EVENTS))
        marks, looks = evaluation_steps(recipe.steps), probe_steps(recipe.steps)
        final = max(1, round(recipe.steps * FINAL_SHARE))
        sample = self.validation.batch(torch.arange(min(4, len(self.validation))))
        status: Literal["done", "diverged", "stopped"] = "done"
        pending: list[Tensor] = []
        resumed, saved = time.monotonic() - progress.seconds, time.monotonic()

        indices = batches(self.train, recipe.batch_size, self.trial.seed)
        for _ in range(progress.step):
            next(indices)
        self.model.train()
        while progress.step < recipe.steps:
            if self.stop():
                status = "stopped"
                break
            look = progress.step in looks
            loss, gradient_results = self._step(self.train.batch(next(indices)), look)
            pending.append(loss)
            step = progress.step = progress.step + 1
            if look:
                yield from gradient_results
                yield from self._read_taps(sample)
            if step % every == 0 or step == recipe.steps:
                losses = torch.stack(pending).tolist()
                pending.clear()
                progress.recent = [*progress.recent, *losses][-final:]
                yield Step(step=step, loss=sum(losses) / len(losses), lr=self.optimizer.param_groups[0]["lr"])
                if not all(math.isfinite(value) and value < LOST for value in losses):
                    status = "diverged"
                    break
            if step in marks:
                yield Evaluated(step=step, split="validation", metrics=self._score(self.validation))
            if not pending and self.checkpoint is not None and time.monotonic() - saved > CHECKPOINT_SECONDS:
                progress.seconds = time.monotonic() - resumed
                self.saving()
                checkpoints.save(self.checkpoint, self.model, self.optimizer, vars(progress))
                saved = time.monotonic()

        seconds = time.monotonic() - resumed
        self._keep_weights()
        observations: tuple[Observation, ...] = ()
        if status != "stopped":
            scores: dict[str, float] = {}
            for split, samples in (("validation", self.validation), ("test", self.test)):
                metrics = self._score(samples)
                yield Evaluated(step=progress.step, split=split, metrics=metrics)
                scores |= {f"{split}_{name}": value for name, value in metrics.items()}
            scores |= {
                "train_loss": _mean_before_lost(progress.recent),
                "diverged": float(status == "diverged"),
                "seconds": seconds,
                "parameters": float(parameters),
            }
            observations = tuple(_observation(self.trial, name, value) for name, value in scores.items())
        yield Finished(step=progress.step, status=status, seconds=seconds, observations=observations)
        if self.checkpoint is not None and status != "stopped":
            self.checkpoint.unlink(missing_ok=True)

    def _keep_weights(self) -> None:
        """The weights as they are now, for a look inside later; what was measured does not depend on that."""
        if self.trained is not None and self.progress.step:
            with suppress(OSError, SafetensorError):
                checkpoints.keep(self.trained, self.model, self.progress.step)

    def _step(self, batch: Batch, look: bool) -> tuple[Tensor, list[Event]]:
        """One optimizer step; the loss stays on the device, so that an accelerator is not waited for."""
        recipe, events = self.recipe, list[Event]()
        factor = recipe.lr_factor(self.progress.step)
        for group in self.optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * factor
        autocast: Any = (
            torch.autocast(self.device.type, torch.bfloat16) if recipe.precision == "bfloat16" else nullcontext()
        )
        with autocast:
            loss = self.task.loss(self.model, batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if look:
            seen = Capture(self.model)
            events = [self._probed(probe, seen) for probe in self.probes if probe.reads == "gradients"]
        if recipe.clip is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), recipe.clip)
        self.optimizer.step()
        return loss.detach(), events

    def _read_taps(self, sample: Batch) -> Iterator[Event]:
        """What tap probes see in one pass over the sample, which they share."""
        asking = [probe for probe in self.probes if probe.reads == "taps"]
        if asking:
            axes = {probe.axes for probe in asking}
            seen = capture(self.model, sample, axes.pop() if len(axes) == 1 else None)
            yield from (self._probed(probe, seen) for probe in asking)

    def _probed(self, probe: Probe, seen: Capture) -> Event:
        return Probed(step=self.progress.step, probe=probe.slug, results=probe.read(seen))

    def _score(self, samples: Samples) -> dict[str, float]:
        self.model.eval()
        try:
            metrics: dict[str, float] = self.task.evaluate(self.model, samples)
            return metrics
        finally:
            self.model.train()


def _mean_before_lost(losses: list[float]) -> float:
    """Mean of the losses before they exploded: what a diverged run still reached."""
    finite = [loss for loss in losses if math.isfinite(loss) and loss < LOST]
    return sum(finite) / len(finite) if finite else math.nan


def _observation(trial: Trial, metric: str, value: float) -> Observation:
    return Observation(arm=trial.arm, seed=trial.seed, x=trial.x, metric=metric, value=value)
