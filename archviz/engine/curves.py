"""Learning curves: the losses that trials report step by step, joined over seeds; needs no torch."""

import math
from collections import defaultdict
from collections.abc import Iterable

from archviz.core.record import Record
from archviz.core.results import Series
from archviz.engine.compare import interval


class LossPoint(Record):
    """The loss of one trial after `step` steps."""

    arm: str
    x: float | None
    seed: int
    step: int
    loss: float


def seed_lines(points: Iterable[LossPoint]) -> dict[tuple[str, float | None, int], Series]:
    """One line for each trial, by arm, place on the axis and seed."""
    lines: dict[tuple[str, float | None, int], list[LossPoint]] = defaultdict(list)
    for point in points:
        lines[point.arm, point.x, point.seed].append(point)
    return {
        key: Series(name=key[0], x=tuple(float(p.step) for p in line), y=tuple(p.loss for p in line))
        for key, line in lines.items()
    }


def mean_lines(points: Iterable[LossPoint]) -> dict[tuple[str, float | None], Series]:
    """The mean line of each arm at each place of the axis, with its 95 % interval where two seeds or more are there."""
    groups: dict[tuple[str, float | None], dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for point in points:
        if math.isfinite(point.loss):
            groups[point.arm, point.x][point.step].append(point.loss)
    return {key: _mean_line(key[0], steps) for key, steps in groups.items()}


def _mean_line(name: str, steps: dict[int, list[float]]) -> Series:
    most = max(len(values) for values in steps.values())
    complete = [(step, steps[step]) for step in sorted(steps) if len(steps[step]) == most]
    means = [math.fsum(values) / len(values) for _, values in complete]
    bounds = [interval(values) or (mean, mean) for (_, values), mean in zip(complete, means, strict=True)]
    return Series(
        name=name,
        x=tuple(float(step) for step, _ in complete),
        y=tuple(means),
        low=tuple(low for low, _ in bounds),
        high=tuple(high for _, high in bounds),
    )
