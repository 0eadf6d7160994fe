"""Charts of results by their type: a curve, a heatmap, a histogram."""

import math
from collections.abc import Mapping, Sequence

from app.ui.charts.axes import PLAIN, number_axis
from app.ui.charts.colours import ARM_COLORS, SIGNED, arm_label, series_colors
from app.ui.charts.figure import HEIGHT, Figure, Rows, Spec, columns_of, drawable, thin
from archviz.core.results import Curve, Heatmap, Histogram

FEW = 8
"""So many places on an axis are all labelled."""


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
    x = number_axis("x", result.x_label, result.x_log)
    places = sorted({row["x"] for row in rows})
    if len(places) <= FEW:
        x["axis"] = {"values": places, "labelExpr": PLAIN, "grid": False}
    y = number_axis("y", result.y_label, result.y_log, [row["y"] for row in rows])
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


def heatmap(result: Heatmap, height: int = HEIGHT) -> Figure:
    """A matrix, first row on top; signed values run orange - grey - blue through zero."""
    x_ticks = result.x_ticks or tuple(str(i + 1) for i in range(len(result.values[0]) if result.values else 0))
    y_ticks = result.y_ticks or tuple(str(i + 1) for i in range(len(result.values)))
    rows: Rows = [
        {"i": i, "j": j, "row": y_ticks[i], "column": x_ticks[j], "value": drawable(value)}
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
                        "x": {**number_axis("low", result.label, False), "bin": {"binned": True}},
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
