"""Figures: numbers to Vega-Lite specs, as plain dictionaries. Pure functions, no Streamlit and no Altair at run time.

A static figure carries its rows in its layers. A live figure has an unchanging spec and is sent new rows as columns,
which the browser exchanges without drawing the chart anew.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.progress import Expected
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

PLAIN = "format(datum.value, '~g')"
"""An axis label as it is: an axis' own `format` would round it to what tells ticks apart."""
SCIENTIFIC = "format(datum.value, '~e')"
POINTS = 300
"""Points of one line that are sent to the browser, at most."""
FEW = 8
"""So many places on an axis are all labelled."""
HEIGHT = 280


@dataclass(frozen=True)
class Figure:
    """A chart: a spec without data, its rows column by column, a sentence for who cannot see it, its numbers."""

    spec: Spec
    columns: Columns
    alt: str
    table: Columns

    @property
    def height(self) -> int:
        """In pixels."""
        height: int = self.spec["height"]
        return height

    @property
    def complete(self) -> Spec:
        """The spec with its rows inside.

        They hang on an inner layer: Streamlit would turn rows at the top into Arrow, and to load that library costs a
        first page more than the chart.
        """
        inner = {key: value for key, value in self.spec.items() if key not in ("height", "config")}
        outer: Spec = {key: self.spec[key] for key in ("height", "config") if key in self.spec}
        return {**outer, "layer": [{"data": {"values": rows_of(self.columns)}, **inner}]}


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
        "legend": {"orient": "top", "labelLimit": 0, "symbolType": "circle", "symbolOpacity": 1, "columns": 2},
    }


# --- measured results ------------------------------------------------------------------------------------------------


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
    columns = _empty("part", "arm", "x", "y", "low", "high", "value", "interval", "seed", "seeds")
    for row in means:
        _add(
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
        _add(
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


MEAN: Spec = {"filter": "datum.part === 'mean'"}
BOUNDED: Spec = {"filter": "datum.part === 'mean' && isValid(datum.low)"}
SEED: Spec = {"filter": "datum.part === 'seed'"}


def _over_axis(card: Card, of: Metric, values: Sequence[float], places: Sequence[float]) -> list[Spec]:
    x: Spec = {
        "field": "x",
        "type": "quantitative",
        "title": _lower_first(card.axis or ""),
        "scale": {"type": "log" if card.axis_log else "linear", "zero": False, "nice": False, "padding": 14},
        "axis": {"values": places, "grid": False, "labelExpr": PLAIN},
    }
    if places:
        x["scale"] = {**x["scale"], "domain": [places[0], places[-1]]} if len(places) > 1 else x["scale"]
    y = _value_axis(of, values)
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
    x = _value_axis(of, values)
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
    columns = _empty("part", "low", "high", "effect", "outcome", "words")
    _add(columns, part="zone", low=-by, high=by, words=f"too small to matter: less than {difference(by, what)}")
    _add(columns, part="zero", low=0.0)
    if verdict.effect is not None:
        words = f"{difference(verdict.effect, what)}"
        low, high = verdict.interval or (verdict.effect, verdict.effect)
        if verdict.interval is not None:
            words += f", 95 % interval {difference(low, what)} to {difference(high, what)}"
        words += f", {verdict.n} paired seeds"
        _add(columns, part="effect", low=low, high=high, effect=verdict.effect, outcome=verdict.outcome, words=words)
    unit = "points" if what.percent else what.unit
    x = {
        "field": "low",
        "type": "quantitative",
        "title": f"paired difference in {_lower_first(what.title)}" + (f" ({unit})" if unit else ""),
        "scale": {"nice": False, "zero": False, "padding": 16},
        "axis": {"tickCount": 5, "grid": False, **_points_format(what)},
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


OUTCOME_COLORS = {"supported": "#009E73", "contradicted": "#B5452C", "inconclusive": "#8C8C8C"}


# --- a run while it goes on ------------------------------------------------------------------------------------------


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
    columns = _empty("arm", "seed", "step", "loss", "low", "high")

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


def profiles(titles: Mapping[str, str], found: Mapping[str, Profile], label: str, height: int = HEIGHT) -> Figure:
    """One number for each layer from input to output, arm beside arm."""
    columns = _profile_columns(titles, found)
    log = any(profile.log for profile in found.values())
    layers = max((len(profile.layers) for profile in found.values()), default=2)
    return Figure(
        spec=_profile_spec(titles, label, layers, log, columns["value"], height),
        columns=columns,
        alt=f"{label} for each layer of {', '.join(found)}",
        table={"arm": columns["arm"], "layer": columns["name"], label: columns["value"]},
    )


def _profile_spec(
    titles: Mapping[str, str], label: str, layers: int, log: bool, values: Sequence[float], height: int
) -> Spec:
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
        "axis": _decades(values) if log else {"tickCount": 5, "format": ".3~r"},
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


def _profile_columns(titles: Mapping[str, str], found: Mapping[str, Profile]) -> Columns:
    """Values that a logarithm cannot show are left out."""
    columns = _empty("arm", "layer", "name", "value")
    for arm, profile in found.items():
        for index, (name, value) in enumerate(zip(profile.layers, profile.values, strict=True), start=1):
            if math.isfinite(value) and (value > 0 or not profile.log):
                columns["arm"].append(arm_label(arm, titles))
                columns["layer"].append(index)
                columns["name"].append(name)
                columns["value"].append(value)
    return columns


# --- results by type -------------------------------------------------------------------------------------------------


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
    places = sorted({row["x"] for row in rows})
    if len(places) <= FEW:
        x["axis"] = {"values": places, "labelExpr": PLAIN, "grid": False}
    y = _axis("y", result.y_label, result.y_log, [row["y"] for row in rows])
    color = {
        "field": "name",
        "type": "nominal",
        "title": None,
        "scale": {"domain": list(labels.values()), "range": series_colors(names)},
        "legend": {"orient": "top", "labelLimit": 0, "symbolOpacity": 1, "columns": 3} if len(names) > 1 else None,
    }
    tips = [
        {"field": "name", "type": "nominal", "title": "line"},
        {"field": "x", "type": "quantitative", "title": result.x_label, "format": ".3~g"},
        {"field": "y", "type": "quantitative", "title": result.y_label, "format": ".3~g"},
    ]
    few = max((len(series.x) for series in result.series), default=0) <= 40
    layers: list[Spec] = [
        {
            "mark": {"type": "line", "strokeWidth": 2, "point": {"filled": True, "size": 30} if few else False},
            "encoding": {"x": x, "y": y, "color": color, "tooltip": tips},
        }
    ]
    if any(row["low"] is not None for row in rows):
        band = {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "color": color}
        bounded = [{"filter": "isValid(datum.low)"}]
        layers.insert(0, {"transform": bounded, "mark": {"type": "area", "opacity": 0.16}, "encoding": band})
    return Figure(
        spec={"layer": layers, "height": height},
        columns=columns_of(rows),
        alt=f"{result.title}: {result.y_label} over {result.x_label} for {', '.join(labels.values())}",
        table={
            "line": [row["name"] for row in rows],
            result.x_label: [row["x"] for row in rows],
            result.y_label: [row["y"] for row in rows],
        },
    )


def profile(result: Profile, height: int = HEIGHT) -> Figure:
    """One number for each layer."""
    columns = _profile_columns({}, {"": result})
    spec = _profile_spec({"": ""}, result.label, len(result.layers), result.log, columns["value"], height)
    spec["encoding"]["color"] = {"value": ARM_COLORS["A"]}
    return Figure(
        spec=spec,
        columns=columns,
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
        columns=columns_of(rows),
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
        columns=columns_of(rows),
        alt=f"{result.title}: histogram of {result.label}",
        table={
            "from": [row["low"] for row in rows],
            "to": [row["high"] for row in rows],
            "count": [row["count"] for row in rows],
        },
    )


# --- small parts -----------------------------------------------------------------------------------------------------


def thin(count: int, most: int = POINTS) -> list[int]:
    """At most `most` indices spread evenly over `count` places, first and last included."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def series_colors(names: Sequence[str]) -> list[str]:
    """One colour for each name: arms have their own, others take what is left."""
    free = [*ARM_COLORS.values(), *OTHER_COLORS]
    if any(name in ARM_COLORS for name in names):
        free = list(OTHER_COLORS)
    others = [name for name in names if name not in ARM_COLORS]
    return [ARM_COLORS.get(name) or free[others.index(name) % len(free)] for name in names]


def rows_of(columns: Columns) -> Rows:
    """Rows of a table that is kept column by column."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def columns_of(rows: Rows) -> Columns:
    """Columns of a table that is kept row by row."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _empty(*names: str) -> Columns:
    return {name: [] for name in names}


def _add(columns: Columns, **row: Any) -> None:
    for name, values in columns.items():
        values.append(row.get(name))


def number(value: float | int | str | None) -> str:
    """A value as it stands in a table: at most three significant digits, or as it is when it is exact."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else significant(value)


def _decades(values: Sequence[float]) -> Spec:
    """A logarithmic axis with labels at powers of ten, and between them where the range is narrow."""
    positive = [value for value in values if value > 0 and math.isfinite(value)]
    narrow = bool(positive) and max(positive) / min(positive) < 100
    ticks = [factor * 10.0**power for power in range(-12, 13) for factor in ((1, 2, 5) if narrow else (1,))]
    return {"values": ticks, "labelExpr": SCIENTIFIC}


def _axis(name: str, title: str, log: bool, values: Sequence[float] = ()) -> Spec:
    if log:
        return {
            "field": name,
            "type": "quantitative",
            "title": title,
            "scale": {"type": "log", "nice": False},
            "axis": _decades(values) if name == "y" else {"labelExpr": PLAIN, "grid": False},
        }
    return {
        "field": name,
        "type": "quantitative",
        "title": title,
        "scale": {"zero": False},
        "axis": {"tickCount": 6, "format": ".3~g", "grid": name == "y"},
    }


def _value_axis(of: Metric, values: Sequence[float]) -> Spec:
    """The axis of a metric, over these values: wide intervals of two seeds are cut off rather than flatten all else."""
    title = f"{_lower_first(of.title)} ({of.unit})" if of.unit else _lower_first(of.title)
    finite = [value for value in values if math.isfinite(value)]
    wide = bool(finite) and min(finite) > 0 and max(finite) / min(finite) > 200
    low, high = span(finite)
    if of.percent:
        low, high = max(low, 0.0), min(high, 1.0)
    return {
        "field": "y",
        "type": "quantitative",
        "title": title,
        "scale": {"type": "log"} if wide else {"domain": [low, high], "nice": False},
        "axis": {"tickCount": 5, **_number_format(of)},
    }


def span(values: Sequence[float]) -> tuple[float, float]:
    """Round bounds around values, with a little room; they stay the same while values change a little."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    room = (high - low) or abs(high) or 1.0
    step = 10.0 ** math.floor(math.log10(room)) / 2
    bottom = math.floor((low - 0.04 * room) / step) * step
    top = math.ceil((high + 0.04 * room) / step) * step
    return (0.0 if low >= 0 and bottom < 0 else bottom), top


def _number_format(of: Metric) -> Spec:
    if of.percent:
        return {"format": ".3~p"}
    return {"format": "~s" if of.slug in ("parameters", "macs") else ".3~g"}


def _points_format(of: Metric) -> Spec:
    return {"labelExpr": "format(100 * datum.value, '.3~g')"} if of.percent else _number_format(of)


TIPS = {"value": "value", "interval": "95 % interval", "seeds": "seeds", "seed": "seed"}


def _tips(*names: str, x: str | None = None) -> list[Spec]:
    place = [{"field": "x", "type": "quantitative", "title": x, "format": "~g"}] if x else []
    return [
        {"field": "arm", "type": "nominal"},
        *place,
        *({"field": name, "type": "nominal", "title": TIPS[name]} for name in names),
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _lower_first(words: str) -> str:
    return words[0].lower() + words[1:]
