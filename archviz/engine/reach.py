"""Reach: from which patches news arrives at one patch, and after how many layers.

Exact: where no path leads from one to another, the gradient is 0.
"""

import math
from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor, nn

from archviz.core.results import Curve, Heatmap, Result, Series
from archviz.core.setup import Setup
from archviz.core.tap import Tap
from archviz.engine.demonstrate import untrained
from archviz.engine.devices import one_thread, pick

AXES = "b l d"


def reach(setups: Mapping[str, Setup], titles: Mapping[str, str], row: int, column: int) -> tuple[Result, ...]:
    """For the patch at this place of the grid: how many patches reach it after each layer, and when each one does."""
    lines, maps = [], []
    for arm, setup in setups.items():
        with one_thread(pick("cpu")):
            model, (images, _) = untrained(setup)
            first = arrival(model, images[:1], row, column)
        counts = tuple(float((first <= layer).sum()) for layer in range(len(_streams(model))))
        lines.append(Series(name=arm, x=tuple(float(layer) for layer in range(len(counts))), y=counts))
        total = first.numel()
        maps.append(
            Heatmap(
                title=f"{arm}: {titles[arm]}, {int(counts[-1])} of {total} patches",
                x_label="column of the patch that changes",
                y_label="row",
                label="layers that it can change",
                values=tuple(tuple(line) for line in felt(first, len(counts) - 1).tolist()),
            )
        )
    curve = Curve(
        title="How far one patch sees",
        x_label="layers of attention",
        y_label="patches that can change it",
        series=tuple(lines),
    )
    return (curve, *maps)


def felt(first: Tensor, layers: int) -> Tensor:
    """In how many of the layers each patch can change the one that is looked at; 0: in none."""
    return (layers + 1 - first.clamp(1, layers + 1)).long()


def arrival(model: nn.Module, images: Tensor, row: int, column: int) -> Tensor:
    """The layer after which each patch of the grid `h w` can first change the patch at (row, column); infinite: never.

    Layer 0 is the patch itself. Blocks are the taps of the stream that keep the number of patches.
    """
    streams = _streams(model)
    seen: dict[str, Tensor] = {}

    def keep(name: str, _tap: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        seen[name] = output

    handles = [tap.register_forward_hook(partial(keep, name)) for name, tap in streams.items()]
    training = model.training
    try:
        model.eval()(images.requires_grad_())
    finally:
        model.train(training)
        for handle in handles:
            handle.remove()
    patches, *outputs = (value for value in seen.values() if value.shape[1] == next(iter(seen.values())).shape[1])
    grid = math.isqrt(patches.shape[1])
    place = row * grid + column
    first = torch.full((grid**2,), math.inf)
    first[place] = 0
    for layer, output in enumerate(outputs, 1):
        (gradient,) = torch.autograd.grad(output[0, place].square().sum(), patches, retain_graph=True)
        felt = gradient[0].abs().sum(-1) > 0  # l
        first = torch.where(felt & first.isinf(), float(layer), first)
    return first.view(grid, grid)


def _streams(model: nn.Module) -> dict[str, Tap]:
    """The taps of the residual stream, from the patches to the last block."""
    return {name: tap for name, tap in model.named_modules() if isinstance(tap, Tap) and tap.axes == AXES}
