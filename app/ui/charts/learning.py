"""Learning curves: the loss of every seed while it trains, on axes that are known before the first step."""

import math
from collections.abc import Mapping

from app.progress import Expected
from app.ui.charts.axes import span
from app.ui.charts.colours import arm_label, arm_scale
from app.ui.charts.figure import HEIGHT, Columns, Figure, Spec, drawable, empty, thin
from archviz.core.results import Series


def losses(
    expected: Expected,
    seeds: Mapping[tuple[str, int], Series],
    means: Mapping[str, Series],
    height: int = HEIGHT,
) -> Figure:
    """Learning curves: thin lines are single seeds, the bold line their mean, the band its 95 % interval.

    Both axes are fixed before the first step, so that nothing moves but the lines; only a start far above guessing
    raises the loss axis.
    """
    columns = _loss_columns(expected.titles, seeds, means)
    start = max((line.y[0] for line in seeds.values() if line.y and math.isfinite(line.y[0])), default=0.0)
    usual = 1.3 * expected.guessing
    top = span([0.0, usual if start < usual else 1.15 * start])[1]
    return Figure(
        spec=_loss_spec(expected.titles, expected.steps, top, height),
        columns=columns,
        alt=f"Training loss over {expected.steps} steps of "
        + ", ".join(arm_label(arm, expected.titles) for arm in expected.titles),
        table=columns,
    )


def _loss_spec(titles: Mapping[str, str], steps: int, top: float, height: int) -> Spec:
    x = {
        "field": "step",
        "type": "quantitative",
        "title": "optimizer step",
        "scale": {"domain": [0, steps], "nice": False},
        "axis": {"grid": False, "tickCount": 6},
    }
    y = {
        "field": "loss",
        "type": "quantitative",
        "title": "training loss (nats)",
        "scale": {"domain": [0, top], "nice": False},
        "axis": {"tickCount": 5, "format": ".3~r"},
    }
    color = arm_scale(titles)
    tips = [
        {"field": "arm", "type": "nominal", "title": "arm"},
        {"field": "step", "type": "quantitative"},
        {"field": "loss", "type": "quantitative", "format": ".3~r", "title": "loss (nats)"},
        {"field": "seed", "type": "nominal", "title": "seed"},
    ]
    return {
        "height": height,
        "layer": [
            {
                "transform": [{"filter": "datum.seed !== 'mean'"}],
                "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.4, "clip": True},
                "encoding": {"x": x, "y": y, "color": color, "detail": {"field": "seed"}, "tooltip": tips},
            },
            {
                "transform": [{"filter": "datum.seed === 'mean'"}],
                "mark": {"type": "area", "opacity": 0.16, "clip": True},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": color},
            },
            {
                "transform": [{"filter": "datum.seed === 'mean'"}],
                "mark": {"type": "line", "strokeWidth": 2.5, "clip": True},
                "encoding": {"x": x, "y": y, "color": color, "tooltip": tips},
            },
        ],
    }


def _loss_columns(
    titles: Mapping[str, str], seeds: Mapping[tuple[str, int], Series], means: Mapping[str, Series]
) -> Columns:
    columns = empty("arm", "seed", "step", "loss", "low", "high")

    def add(arm: str, seed: str, line: Series) -> None:
        keep = thin(len(line.x))
        columns["arm"] += [arm_label(arm, titles)] * len(keep)
        columns["seed"] += [seed] * len(keep)
        columns["step"] += [line.x[i] for i in keep]
        columns["loss"] += [drawable(line.y[i]) for i in keep]
        columns["low"] += [drawable(line.low[i]) if line.low else None for i in keep]
        columns["high"] += [drawable(line.high[i]) if line.high else None for i in keep]

    for (arm, seed), line in seeds.items():
        add(arm, str(seed), line)
    for arm, line in means.items():
        add(arm, "mean", line)
    return columns
