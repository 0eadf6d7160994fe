"""Charts of what was measured: a metric with its intervals, and the paired difference behind a verdict."""

import math
from collections.abc import Iterable, Sequence

from app.ui.charts.axes import PLAIN, lower_first, metric_axis, points_format
from app.ui.charts.colours import GREY, arm_label, arm_scale
from app.ui.charts.figure import HEIGHT, Columns, Figure, Spec, add_row, empty, number
from archviz.core.metrics import Metric, amount, difference, metric
from archviz.core.results import Observation, Verdict
from archviz.engine.compare import Estimate
from archviz.runs.reference import Card

MEAN: Spec = {"filter": "datum.part === 'mean'"}
BOUNDED: Spec = {"filter": "datum.part === 'mean' && isValid(datum.low)"}
SEED: Spec = {"filter": "datum.part === 'seed'"}
OUTCOME_COLORS = {"supported": "#009E73", "contradicted": "#B5452C", "inconclusive": "#8C8C8C"}
TIPS = {"value": "value", "interval": "95 % interval", "seeds": "seeds", "seed": "seed"}


def measured(
    card: Card,
    of: str,
    estimates: Iterable[Estimate],
    observations: Iterable[Observation],
    places: Sequence[float | None] = (),
    height: int = HEIGHT,
) -> Figure:
    """One metric of an experiment: means with 95 % intervals and every seed, over the axis or arm by arm."""
    what = metric(of)
    means = [row for row in estimates if row.metric == of and row.arm in card.arms]
    seeds = [row for row in observations if row.metric == of and row.arm in card.arms and math.isfinite(row.value)]
    columns = empty("part", "arm", "x", "y", "low", "high", "value", "interval", "seed", "seeds")
    for row in means:
        add_row(
            columns,
            part="mean",
            arm=arm_label(row.arm, card.arms),
            x=row.x,
            y=row.mean,
            low=row.low,
            high=row.high,
            value=amount(row.mean, what),
            interval=_interval(row, what),
            seeds=row.n,
        )
    for one in seeds:
        add_row(
            columns,
            part="seed",
            arm=arm_label(one.arm, card.arms),
            x=one.x,
            y=one.value,
            value=amount(one.value, what),
            seed=str(one.seed),
        )
    values = [row.mean for row in means] + [one.value for one in seeds]
    values += [bound for row in means if row.n > 2 for bound in (row.low, row.high) if bound is not None]
    if card.axis:
        known = sorted({x for x in (*places, *(row.x for row in means)) if x is not None})
        layers = _over_axis(card, what, values, known)
    else:
        layers = _by_arm(card, what, values)
    return Figure(
        spec={"height": height, "layer": layers},
        columns=columns,
        alt=f"{what.title}: " + "; ".join(f"{_place(row)} {amount(row.mean, what)}" for row in means),
        table=_estimate_table(card, what, means),
    )


def _over_axis(card: Card, of: Metric, values: Sequence[float], places: Sequence[float]) -> list[Spec]:
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "title": lower_first(card.axis or ""),
        "scale": {"type": "log" if card.axis_log else "linear", "zero": False, "nice": False, "padding": 14},
        "axis": {"values": places, "grid": False, "labelExpr": PLAIN},
    }
    if places:
        x["scale"] = {**x["scale"], "domain": [places[0], places[-1]]} if len(places) > 1 else x["scale"]
    y = metric_axis(of, values)
    color = arm_scale(card.arms)
    bounds = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": color}
    return [
        {"transform": [BOUNDED], "mark": {"type": "area", "opacity": 0.14, "clip": True}, "encoding": bounds},
        {
            "transform": [BOUNDED],
            "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.65, "clip": True},
            "encoding": bounds,
        },
        {
            "transform": [SEED],
            "mark": {"type": "point", "filled": True, "size": 18, "opacity": 0.4},
            "encoding": {"x": x, "y": y, "color": color, "tooltip": _tips("seed", "value", x=card.axis)},
        },
        {
            "transform": [MEAN],
            "mark": {"type": "line", "strokeWidth": 2, "point": {"filled": True, "size": 60, "opacity": 1}},
            "encoding": {
                "x": x,
                "y": y,
                "color": color,
                "tooltip": _tips("value", "interval", "seeds", x=card.axis),
            },
        },
    ]


def _by_arm(card: Card, of: Metric, values: Sequence[float]) -> list[Spec]:
    y = {
        "field": "arm",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [arm_label(arm, card.arms) for arm in card.arms]},
        "axis": {"labels": False, "ticks": False, "domain": False, "grid": False},
    }
    x = metric_axis(of, values)
    color = arm_scale(card.arms)
    return [
        {
            "transform": [BOUNDED],
            "mark": {"type": "rule", "strokeWidth": 10, "opacity": 0.25, "strokeCap": "round", "clip": True},
            "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}, "color": color},
        },
        {
            "transform": [SEED],
            "mark": {"type": "point", "filled": True, "size": 36, "opacity": 0.55},
            "encoding": {"y": y, "x": x, "color": color, "tooltip": _tips("seed", "value")},
        },
        {
            "transform": [MEAN],
            "mark": {"type": "tick", "thickness": 3, "size": 34},
            "encoding": {"y": y, "x": x, "color": color, "tooltip": _tips("value", "interval", "seeds")},
        },
    ]


def _tips(*names: str, x: str | None = None) -> list[Spec]:
    place = [{"field": "x", "type": "quantitative", "title": x, "format": "~g"}] if x else []
    return [
        {"field": "arm", "type": "nominal"},
        *place,
        *({"field": name, "type": "nominal", "title": TIPS[name]} for name in names),
    ]


def _estimate_table(card: Card, of: Metric, estimates: Iterable[Estimate]) -> Columns:
    rows = list(estimates)
    table: Columns = {"arm": [arm_label(row.arm, card.arms) for row in rows]}
    if card.axis:
        table[card.axis] = [number(row.x) for row in rows]
    table[of.title] = [amount(row.mean, of) for row in rows]
    table["95 % interval"] = [_interval(row, of) for row in rows]
    table["seeds"] = [row.n for row in rows]
    return table


def _place(row: Estimate) -> str:
    return row.arm if row.x is None else f"{row.arm} at {row.x:g}"


def _interval(row: Estimate, of: Metric) -> str:
    if row.low is None or row.high is None:
        return "needs two seeds"
    return f"{amount(row.low, of)} to {amount(row.high, of)}"


def effect(verdict: Verdict, of: str, by: float, height: int = 100) -> Figure:
    """The paired difference of a verdict with its interval, against zero and the smallest effect that matters."""
    what = metric(of)
    words = ""
    columns = empty("part", "low", "high", "effect", "outcome", "words")
    add_row(columns, part="zone", low=-by, high=by, words=f"too small to matter: less than {difference(by, what)}")
    add_row(columns, part="zero", low=0.0)
    if verdict.effect is not None:
        words = f"{difference(verdict.effect, what)}"
        low, high = verdict.interval or (verdict.effect, verdict.effect)
        if verdict.interval is not None:
            words += f", 95 % interval {difference(low, what)} to {difference(high, what)}"
        words += f", {verdict.n} paired seeds"
        add_row(columns, part="effect", low=low, high=high, effect=verdict.effect, outcome=verdict.outcome, words=words)
    unit = "points" if what.percent else what.unit
    x = {
        "field": "low",
        "type": "quantitative",
        "title": f"paired difference in {lower_first(what.title)}" + (f" ({unit})" if unit else ""),
        "scale": {"nice": False, "zero": False, "padding": 16},
        "axis": {"tickCount": 5, "grid": False, **points_format(what)},
    }
    color = {
        "field": "outcome",
        "type": "nominal",
        "scale": {"domain": list(OUTCOME_COLORS), "range": list(OUTCOME_COLORS.values())},
        "legend": None,
    }
    tip = {"field": "words", "type": "nominal", "title": "difference"}
    found: Spec = {"filter": "datum.part === 'effect'"}
    layers: list[Spec] = [
        {
            "transform": [{"filter": "datum.part === 'zone'"}],
            "mark": {"type": "rect", "opacity": 0.16, "color": GREY},
            "encoding": {"x": x, "x2": {"field": "high"}, "tooltip": tip},
        },
        {
            "transform": [{"filter": "datum.part === 'zero'"}],
            "mark": {"type": "rule", "strokeDash": [3, 3], "color": GREY},
            "encoding": {"x": x},
        },
        {
            "transform": [found],
            "mark": {"type": "rule", "strokeWidth": 5, "strokeCap": "round"},
            "encoding": {"x": x, "x2": {"field": "high"}, "color": color, "tooltip": tip},
        },
        {
            "transform": [found],
            "mark": {"type": "point", "filled": True, "size": 130, "opacity": 1},
            "encoding": {"x": {**x, "field": "effect"}, "color": color, "tooltip": tip},
        },
    ]
    return Figure(
        spec={"height": height, "layer": layers},
        columns=columns,
        alt=f"Paired difference: {words or 'none yet'}",
        table={"paired difference": [words]},
    )
