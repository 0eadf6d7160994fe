"""Capturing: one pass through a model with the taps that a probe asks for watched."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import torch
from torch import Tensor, nn

from archviz.core.spec import Probe
from archviz.core.tap import Capture, Tap, TapValue
from archviz.engine.tasks import Batch


@contextmanager
def watching(model: nn.Module, axes: str | None) -> Iterator[dict[str, TapValue]]:
    """Within the block, forward passes fill the dictionary with what taps of these axes see (none: all taps)."""
    seen: dict[str, TapValue] = {}

    def record(name: str, tap: Tap, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen[name] = TapValue(tap.axes, output.detach())

    with ExitStack() as stack:
        for name, module in model.named_modules():
            if isinstance(module, Tap) and axes in (None, module.axes):
                handle = module.register_forward_hook(partial(record, name))
                stack.callback(handle.remove)
                stack.callback(setattr, module, "watched", module.watched)
                module.watched = True
        yield seen


@torch.no_grad()
def capture(model: nn.Module, batch: Batch, axes: str | None = None) -> Capture:
    """One forward pass in eval mode over `batch`; the model is left as it was."""
    training = model.training
    model.eval()
    try:
        with watching(model, axes) as seen:
            model(batch[0])
    finally:
        model.train(training)
    return Capture(model, seen, batch[0])


def tap_axes(model: nn.Module) -> frozenset[str]:
    """The axes of all taps in the model: what tap probes it offers."""
    return frozenset(module.axes for module in model.modules() if isinstance(module, Tap))


def fits(probe: Probe, model: nn.Module) -> bool:
    """Whether this probe can read this model."""
    return probe.reads == "gradients" or probe.axes is None or probe.axes in tap_axes(model)
