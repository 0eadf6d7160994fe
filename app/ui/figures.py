"""Figures: numbers to Vega-Lite specs, as plain dictionaries. Pure functions, no Streamlit and no Altair at run time.

A static figure carries its rows in its layers. A live figure has an unchanging spec and is sent new rows as columns,
which the browser exchanges without drawing the chart anew.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archviz.core.metrics import Metric, amount, difference, metric, significant
from archviz.core.results import Curve, Heatmap, Histogram, Observation, Profile, Series, Verdict
from archviz.engine.compare import Estimate
from archviz.runs.reference import Card

Spec = dict[str, Any]
Rows = list[dict[str, Any]]
Columns = dict[str, list[Any]]

ARM_COLORS = {"A": "#0072B2", "B": "#D55E00", "C": "#009E73", "D": "#CC79A7"}
OTHER_COLORS = ("#E69F00", "#56B4E9", "#8C8C8C", "#F0E442")
GREY = "#8C8C8C"
SIGNED = ("#D55E00", "#D9D9D9", "#0072B2")
MONO = "'Source Code Pro', ui-monospace, SFMono-Regular, Menlo, Consolas, monospace"

POINTS = 300
"""Points of one line that are sent to the browser, at most."""
HEIGHT = 280


@dataclass(frozen=True)
class Figure:
    """A chart: its spec, its height in pixels, a sentence for who cannot see it, and its numbers as a table."""

    spec: Spec
    height: int
    alt: str
    table: Columns


def arm_label(arm: str, titles: Mapping[str, str]) -> str:
    """How legends name an arm: "B · no identity path"."""
    title = titles.get(arm, "")
    return f"{arm} · {title}" if title else arm


def arm_color(arm: str) -> str:
    """The colour of an arm, the same on every page."""
    return ARM_COLORS.get(arm, GREY)


def arm_scale(titles: Mapping[str, str]) -> Spec:
    """Colour by arm label."""
    return {
        "field": "arm",
        "type": "nominal",
        "title": None,
        "scale": {
            "domain": [arm_label(arm, titles) for arm in titles],
            "range": [arm_color(arm) for arm in titles],
        },
        "legend": {"orient": "top", "labelLimit": 0, "symbolType": "circle", "columns": 2},
    }


# --- measured results --------------------------------------------------------------------------------------------------


def measured(
    card: Card, of: str, estimates: Iterable[Estimate], observations: Iterable[Observation], height: int = HEIGHT
) -> Figure:
    """One metric of an experiment: means with 95 % intervals and every seed, over the axis or arm by arm."""
    chosen = [row for row in estimates if row.metric == of and row.arm in card.arms]
    seeds = [row for row in observations if row.metric == of and row.arm in card.arms and math.isfinite(row.value)]
    draw = _over_axis if card.axis else _by_arm
    return Figure(
        spec={**draw(card, metric(of), chosen, seeds), "height": height},
        height=height,
        alt=f"{metric(of).title} of {', '.join(arm_label(arm, card.arms) for arm in card.arms)}: "
        + "; ".join(
            f"{row.arm}{f' at {row.x:g}' if row.x is not None else ''} {amount(row.mean, metric(of))}" for row in chosen
        ),
        table=_estimate_table(card, metric(of), chosen),
    )


def _over_axis(card: Card, of: Metric, estimates: Sequence[Estimate], seeds: Sequence[Observation]) -> Spec:
    places = sorted({row.x for row in estimates if row.x is not None})
    x = {
        "field": "x",
        "type": "quantitative",
        "title": card.axis,
        "scale": {"type": "log" if card.axis_log else "linear", "zero": False, "nice": False, "padding": 14},
        "axis": {"values": places, "grid": False, "format": "~g"},
    }
    y = _value_axis(of, [row.mean for row in estimates])
    color = arm_scale(card.arms)
    means: Rows = [_estimate_row(card, of, row) for row in estimates]
    return {
        "layer": [
            {
                "data": {"values": [row for row in means if row["low"] is not None]},
                "mark": {"type": "area", "opacity": 0.16, "line": False},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": color},
            },
            {
                "data": {"values": [row for row in means if row["low"] is not None]},
                "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.7},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": color},
            },
            {
                "data": {"values": [_seed_row(card, of, row) for row in seeds]},
                "mark": {"type": "point", "filled": True, "size": 16, "opacity": 0.4, "tooltip": True},
                "encoding": {"x": x, "y": y, "color": color, "tooltip": _tips("seed", "value", x=card.axis)},
            },
            {
                "data": {"values": means},
                "mark": {"type": "line", "strokeWidth": 2, "point": {"filled": True, "size": 55}},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": color,
                    "tooltip": _tips("mean", "95 % interval", "seeds", x=card.axis),
                },
            },
        ],
    }


def _by_arm(card: Card, of: Metric, estimates: Sequence[Estimate], seeds: Sequence[Observation]) -> Spec:
    y = {
        "field": "arm",
        "type": "nominal",
        "title": None,
        "sort": [arm_label(arm, card.arms) for arm in card.arms],
        "axis": {"labels": False, "ticks": False, "domain": False, "grid": False},
    }
    x = {**_value_axis(of, [row.mean for row in estimates])}
    color = arm_scale(card.arms)
    means: Rows = [_estimate_row(card, of, row) for row in estimates]
    return {
        "layer": [
            {
                "data": {"values": [row for row in means if row["low"] is not None]},
                "mark": {"type": "rule", "strokeWidth": 9, "opacity": 0.25, "strokeCap": "round"},
                "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}, "color": color},
            },
            {
                "data": {"values": [_seed_row(card, of, row) for row in seeds]},
                "mark": {"type": "point", "filled": True, "size": 34, "opacity": 0.55},
                "encoding": {"y": y, "x": x, "color": color, "tooltip": _tips("seed", "value")},
            },
            {
                "data": {"values": means},
                "mark": {"type": "tick", "thickness": 3, "size": 30},
                "encoding": {"y": y, "x": x, "color": color, "tooltip": _tips("mean", "95 % interval", "seeds")},
            },
        ],
    }


def _estimate_row(card: Card, of: Metric, row: Estimate) -> dict[str, Any]:
    return {
        "arm": arm_label(row.arm, card.arms),
        "x": row.x,
        "y": row.mean,
        "low": row.low,
        "high": row.high,
        "mean": amount(row.mean, of),
        "95 % interval": _interval(row, of),
        "seeds": row.n,
    }


def _seed_row(card: Card, of: Metric, row: Observation) -> dict[str, Any]:
    label = arm_label(row.arm, card.arms)
    return {"arm": label, "x": row.x, "y": row.value, "seed": row.seed, "value": amount(row.value, of)}


def _estimate_table(card: Card, of: Metric, estimates: Iterable[Estimate]) -> Columns:
    rows = list(estimates)
    table: Columns = {"arm": [arm_label(row.arm, card.arms) for row in rows]}
    if card.axis:
        table[card.axis] = [row.x for row in rows]
    table[of.title] = [amount(row.mean, of) for row in rows]
    table["95 % interval"] = [_interval(row, of) for row in rows]
    table["seeds"] = [row.n for row in rows]
    return table


def _interval(row: Estimate, of: Metric) -> str:
    if row.low is None or row.high is None:
        return "needs two seeds"
    return f"{amount(row.low, of)} to {amount(row.high, of)}"


def effect(verdict: Verdict, of: str, by: float, height: int = 92) -> Figure:
    """The paired difference of a verdict with its interval, against zero and the smallest effect that matters."""
    what = metric(of)
    low, high = verdict.interval or (verdict.effect, verdict.effect)
    reach = 1.15 * max(abs(low or 0.0), abs(high or 0.0), by)
    x = {
        "field": "low",
        "type": "quantitative",
        "title": f"difference in {_lower_first(what.title)}, {_difference_unit(what)}".rstrip(", "),
        "scale": {"domain": [-reach, reach], "nice": False},
        "axis": {"tickCount": 5, "grid": False, **_number_format(what)},
    }
    words = {
        "difference": difference(verdict.effect, what) if verdict.effect is not None else "none yet",
        "95 % interval": f"{difference(low, what)} to {difference(high, what)}" if low is not None is not high else "",
        "paired seeds": verdict.n,
    }
    layers: list[Spec] = [
        {
            "data": {"values": [{"low": -by, "high": by, "meaning": f"smaller than {difference(by, what)}"}]},
            "mark": {"type": "rect", "opacity": 0.16, "color": GREY},
            "encoding": {"x": x, "x2": {"field": "high"}, "tooltip": [{"field": "meaning", "title": "too small"}]},
        },
        {
            "data": {"values": [{"low": 0}]},
            "mark": {"type": "rule", "strokeDash": [3, 3], "color": GREY},
            "encoding": {"x": x},
        },
    ]
    if verdict.effect is not None:
        row = {"low": low, "high": high, "effect": verdict.effect, **words}
        color = {"value": OUTCOME_COLORS[verdict.outcome]}
        tips = [{"field": name, "type": "nominal"} for name in words]
        layers += [
            {
                "data": {"values": [row]},
                "mark": {"type": "rule", "strokeWidth": 4, "strokeCap": "round"},
                "encoding": {"x": x, "x2": {"field": "high"}, "color": color, "tooltip": tips},
            },
            {
                "data": {"values": [row]},
                "mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
                "encoding": {"x": {**x, "field": "effect"}, "color": color, "tooltip": tips},
            },
        ]
    return Figure(
        spec={"layer": layers, "height": height},
        height=height,
        alt=f"Paired difference {words['difference']}, 95 % interval {words['95 % interval']}, {verdict.n} seeds",
        table={name: [value] for name, value in words.items()},
    )


OUTCOME_COLORS = {"supported": "#009E73", "contradicted": "#B5452C", "inconclusive": "#8C8C8C"}


# --- a run while it goes on --------------------------------------------------------------------------------------------


def loss_spec(titles: Mapping[str, str], steps: int, height: int = HEIGHT) -> Spec:
    """Learning curves: thin lines are single seeds, the bold line their mean, the band its 95 % interval.

    The rows are those of `loss_columns`; the step axis is fixed, so that nothing moves but the lines.
    """
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
        "scale": {"zero": True},
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
                "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.4},
                "encoding": {"x": x, "y": y, "color": color, "detail": {"field": "seed"}, "tooltip": tips},
            },
            {
                "transform": [{"filter": "datum.seed === 'mean'"}],
                "mark": {"type": "area", "opacity": 0.16},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": color},
            },
            {
                "transform": [{"filter": "datum.seed === 'mean'"}],
                "mark": {"type": "line", "strokeWidth": 2.5},
                "encoding": {"x": x, "y": y, "color": color, "tooltip": tips},
            },
        ],
    }


def loss_columns(
    titles: Mapping[str, str], seeds: Mapping[tuple[str, int], Series], means: Mapping[str, Series]
) -> Columns:
    """The rows of `loss_spec`, column by column."""
    columns: Columns = {"arm": [], "seed": [], "step": [], "loss": [], "low": [], "high": []}

    def add(arm: str, seed: str, line: Series) -> None:
        keep = thin(len(line.x))
        columns["arm"] += [arm_label(arm, titles)] * len(keep)
        columns["seed"] += [seed] * len(keep)
        columns["step"] += [line.x[i] for i in keep]
        columns["loss"] += [_finite(line.y[i]) for i in keep]
        columns["low"] += [_finite(line.low[i]) if line.low else None for i in keep]
        columns["high"] += [_finite(line.high[i]) if line.high else None for i in keep]

    for (arm, seed), line in seeds.items():
        add(arm, str(seed), line)
    for arm, line in means.items():
        add(arm, "mean", line)
    return columns


def profile_spec(titles: Mapping[str, str], label: str, layers: int, log: bool, height: int = HEIGHT) -> Spec:
    """One number for each layer from input to output, arm beside arm; the rows are those of `profile_columns`."""
    x = {
        "field": "layer",
        "type": "quantitative",
        "title": "layer, from input to output",
        "scale": {"domain": [1, max(2, layers)], "nice": False, "padding": 8},
        "axis": {"grid": False, "tickMinStep": 1, "format": "d"},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": label,
        "scale": {"type": "log", "nice": False} if log else {"zero": True},
        "axis": {"tickCount": 5, "format": ".0e"} if log else {"tickCount": 5, "format": ".3~r"},
    }
    return {
        "height": height,
        "mark": {"type": "line", "strokeWidth": 2, "point": {"filled": True, "size": 28}},
        "encoding": {
            "x": x,
            "y": y,
            "color": arm_scale(titles),
            "tooltip": [
                {"field": "arm", "type": "nominal"},
                {"field": "name", "type": "nominal", "title": "layer"},
                {"field": "value", "type": "quantitative", "format": ".3~g", "title": label},
            ],
        },
    }


def profile_columns(titles: Mapping[str, str], profiles: Mapping[str, Profile]) -> Columns:
    """The rows of `profile_spec`, column by column; values that a logarithm cannot show are left out."""
    columns: Columns = {"arm": [], "layer": [], "name": [], "value": []}
    for arm, profile in profiles.items():
        for index, (name, value) in enumerate(zip(profile.layers, profile.values, strict=True), start=1):
            if math.isfinite(value) and (value > 0 or not profile.log):
                columns["arm"].append(arm_label(arm, titles))
                columns["layer"].append(index)
                columns["name"].append(name)
                columns["value"].append(value)
    return columns


# --- results by type ---------------------------------------------------------------------------------------------------


def curve(result: Curve, titles: Mapping[str, str] | None = None, height: int = HEIGHT) -> Figure:
    """Lines over one axis; a series named after an arm has the arm's colour."""
    names = [series.name for series in result.series]
    labels = {name: arm_label(name, titles or {}) for name in names}
    rows: Rows = [
        {
            "name": labels[series.name],
            "x": series.x[i],
            "y": series.y[i],
            "low": series.low[i] if series.low else None,
            "high": series.high[i] if series.high else None,
        }
        for series in result.series
        for i in thin(len(series.x))
        if math.isfinite(series.y[i])
    ]
    x = _axis("x", result.x_label, result.x_log)
    y = _axis("y", result.y_label, result.y_log)
    color = {
        "field": "name",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(labels.values()), "range": series_colors(names)},
        "legend": {"orient": "top", "labelLimit": 0, "columns": 3} if len(names) > 1 else None,
    }
    tips = [
        {"field": "name", "type": "nominal", "title": "line"},
        {"field": "x", "type": "quantitative", "title": result.x_label, "format": ".3~g"},
        {"field": "y", "type": "quantitative", "title": result.y_label, "format": ".3~g"},
    ]
    few = max((len(series.x) for series in result.series), default=0) <= 40
    layers: list[Spec] = [
        {
            "data": {"values": rows},
            "mark": {"type": "line", "strokeWidth": 2, "point": {"filled": True, "size": 30} if few else False},
            "encoding": {"x": x, "y": y, "color": color, "tooltip": tips},
        }
    ]
    bounded = [row for row in rows if row["low"] is not None]
    if bounded:
        band = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": color}
        layers.insert(0, {"data": {"values": bounded}, "mark": {"type": "area", "opacity": 0.16}, "encoding": band})
    return Figure(
        spec={"layer": layers, "height": height},
        height=height,
        alt=f"{result.title}: {result.y_label} over {result.x_label} for {', '.join(labels.values())}",
        table={
            "line": [row["name"] for row in rows],
            result.x_label: [row["x"] for row in rows],
            result.y_label: [row["y"] for row in rows],
        },
    )


def profile(result: Profile, height: int = HEIGHT) -> Figure:
    """One number for each layer."""
    columns = profile_columns({}, {"": result})
    spec = profile_spec({"": ""}, result.label, len(result.layers), result.log, height)
    spec["encoding"]["color"] = {"value": ARM_COLORS["A"]}
    return Figure(
        spec={"height": height, "layer": [{"data": {"values": rows_of(columns)}, **spec}]},
        height=height,
        alt=f"{result.title}: {result.label} for {len(result.layers)} layers",
        table={"layer": columns["name"], result.label: columns["value"]},
    )


def heatmap(result: Heatmap, height: int = HEIGHT) -> Figure:
    """A matrix, first row on top; signed values run orange - grey - blue through zero."""
    x_ticks = result.x_ticks or tuple(str(i + 1) for i in range(len(result.values[0]) if result.values else 0))
    y_ticks = result.y_ticks or tuple(str(i + 1) for i in range(len(result.values)))
    rows: Rows = [
        {"i": i, "j": j, "row": y_ticks[i], "column": x_ticks[j], "value": _finite(value)}
        for i, line in enumerate(result.values)
        for j, value in enumerate(line)
    ]
    values = [row["value"] for row in rows if row["value"] is not None]
    reach = max((abs(value) for value in values), default=1.0) or 1.0
    scale: Spec = {"scheme": "viridis"}
    if result.signed:
        scale = {"domain": [-reach, 0, reach], "range": list(SIGNED), "type": "linear"}

    def side(position: str, title: str, ticks: Sequence[str]) -> Spec:
        shown = thin(len(ticks), 12)
        names = {i: ticks[i] for i in shown}
        return {
            "field": position,
            "type": "ordinal",
            "title": title,
            "axis": {
                "values": list(names),
                "labelExpr": f"{[names.get(i, '') for i in range(len(ticks))]!r}[datum.value]",
                "labelAngle": 0,
                "ticks": False,
                "domain": False,
            },
        }

    return Figure(
        spec={
            "height": height,
            "layer": [
                {
                    "data": {"values": rows},
                    "mark": {"type": "rect"},
                    "encoding": {
                        "x": side("j", result.x_label, x_ticks),
                        "y": side("i", result.y_label, y_ticks),
                        "color": {
                            "field": "value",
                            "type": "quantitative",
                            "title": result.label,
                            "scale": scale,
                            "legend": {"orient": "right", "gradientLength": height - 110, "format": ".3~g"},
                        },
                        "tooltip": [
                            {"field": "row", "type": "nominal", "title": result.y_label},
                            {"field": "column", "type": "nominal", "title": result.x_label},
                            {"field": "value", "type": "quantitative", "title": result.label, "format": ".3~g"},
                        ],
                    },
                }
            ],
            "config": {"view": {"stroke": None}},
        },
        height=height,
        alt=f"{result.title}: {result.label}, {len(y_ticks)} by {len(x_ticks)}",
        table={
            result.y_label: [row["row"] for row in rows],
            result.x_label: [row["column"] for row in rows],
            result.label: [row["value"] for row in rows],
        },
    )


def histogram(result: Histogram, height: int = HEIGHT) -> Figure:
    """Counts between edges."""
    rows: Rows = [
        {"low": low, "high": high, "count": count}
        for low, high, count in zip(result.edges[:-1], result.edges[1:], result.counts, strict=True)
    ]
    return Figure(
        spec={
            "height": height,
            "layer": [
                {
                    "data": {"values": rows},
                    "mark": {"type": "bar", "color": ARM_COLORS["A"], "opacity": 0.85},
                    "encoding": {
                        "x": {**_axis("low", result.label, False), "bin": {"binned": True}},
                        "x2": {"field": "high"},
                        "y": {"field": "count", "type": "quantitative", "title": "count"},
                        "tooltip": [
                            {"field": "low", "type": "quantitative", "title": "from", "format": ".3~g"},
                            {"field": "high", "type": "quantitative", "title": "to", "format": ".3~g"},
                            {"field": "count", "type": "quantitative"},
                        ],
                    },
                }
            ],
        },
        height=height,
        alt=f"{result.title}: histogram of {result.label}",
        table={
            "from": [row["low"] for row in rows],
            "to": [row["high"] for row in rows],
            "count": [row["count"] for row in rows],
        },
    )


# --- small parts -------------------------------------------------------------------------------------------------------


def thin(count: int, most: int = POINTS) -> list[int]:
    """At most `most` indices spread evenly over `count` places, first and last included."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def series_colors(names: Sequence[str]) -> list[str]:
    """One colour for each name: arms have their own, others take what is left."""
    free = [color for color in (*ARM_COLORS.values(), *OTHER_COLORS)]
    if any(name in ARM_COLORS for name in names):
        free = list(OTHER_COLORS)
    others = [name for name in names if name not in ARM_COLORS]
    return [ARM_COLORS.get(name) or free[others.index(name) % len(free)] for name in names]


def rows_of(columns: Columns) -> Rows:
    """Rows of a table that is kept column by column."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def number(value: float | int | str | None) -> str:
    """A value as it stands in a table: at most three significant digits, or as it is when it is exact."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else significant(value)


def _axis(name: str, title: str, log: bool) -> Spec:
    if log:
        return {
            "field": name,
            "type": "quantitative",
            "title": title,
            "scale": {"type": "log", "nice": False},
            "axis": {"format": "~g", "tickCount": 6, "grid": name == "y"},
        }
    return {
        "field": name,
        "type": "quantitative",
        "title": title,
        "scale": {"zero": False},
        "axis": {"tickCount": 6, "format": ".3~g", "grid": name == "y"},
    }


def _value_axis(of: Metric, values: Sequence[float]) -> Spec:
    title = f"{_lower_first(of.title)} ({of.unit})" if of.unit else _lower_first(of.title)
    finite = [value for value in values if math.isfinite(value)]
    wide = bool(finite) and min(finite) > 0 and max(finite) / min(finite) > 200
    return {
        "field": "y",
        "type": "quantitative",
        "title": title,
        "scale": {"type": "log"} if wide else {"zero": False},
        "axis": {"tickCount": 5, **_number_format(of)},
    }


def _number_format(of: Metric) -> Spec:
    if of.percent:
        return {"format": ".3~p"}
    return {"format": "~s" if of.slug in ("parameters", "macs") else ".3~g"}


def _difference_unit(of: Metric) -> str:
    return "points" if of.percent else of.unit


def _tips(*names: str, x: str | None = None) -> list[Spec]:
    place = [{"field": "x", "type": "quantitative", "title": x, "format": "~g"}] if x else []
    return [
        {"field": "arm", "type": "nominal"},
        *place,
        *({"field": name, "type": "nominal", "title": name} for name in names),
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _lower_first(words: str) -> str:
    return words[0].lower() + words[1:]
