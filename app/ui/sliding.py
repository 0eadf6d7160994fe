"""Sliding: a window over an image as three panels - image, window, output - that answer pointer and keys.

The panels are one Vega-Lite spec. What the pointer is at is a selection of the output panel; the others read it in
their expressions, so nothing is sent to the server.
"""

from collections.abc import Sequence
from typing import Any

from app.ui.charts.colours import SIGNED
from app.ui.charts.figure import Columns, Spec
from archviz.core.results import Sliding

MARK = "#E69F00"
PALE = ("#F0A97C", "#E4E4E4", "#7DB8DE")
"""The colours of signed values, so light that dark numbers can be read on them."""
INK = {"type": "text", "color": "#16150F"}
CELL = 9
"""Pixels a side of a cell of the image."""
PANEL = 270
"""Pixels that image and output have at most; the window has a little less."""
WINDOW_CELL = 62
ROOM = 26
MANY = 5
"""A window with more cells a side shows its products without how they came about."""

ROW, COLUMN = "(pointed.i[0] * stride)", "(pointed.j[0] * stride)"
"""Where the window begins that the pointer asks for."""


def spec(shown: Sliding) -> Spec:
    """The three panels."""
    return {
        "params": [
            {"name": "pixels", "value": padded(shown)},
            {"name": "stride", "value": shown.stride},
        ],
        "hconcat": [_image(shown), _window(shown), _output(shown)],
        "spacing": ROOM,
        "autosize": {"type": "pad"},
        "resolve": {"scale": {"color": "independent", "x": "independent", "y": "independent"}},
        "config": {"view": {"stroke": None}, "title": {"anchor": "start", "fontSize": 13, "offset": 8}},
    }


def padded(shown: Sliding) -> list[list[float]]:
    """The image with its zeros around it."""
    side = [0.0] * shown.padding
    width = len(shown.image[0]) + 2 * shown.padding
    rows = [[*side, *row, *side] for row in shown.image]
    return [[0.0] * width for _ in side] + rows + [[0.0] * width for _ in side]


def alt(shown: Sliding) -> str:
    """The picture in a sentence."""
    height, width = len(shown.output), len(shown.output[0])
    size = f"{len(shown.kernel)} by {len(shown.kernel[0])}"
    return f"{shown.title}: a window of {size} slides over the image and gives an output of {height} by {width}"


def table(shown: Sliding) -> Columns:
    """The output, column by column."""
    columns: Columns = {"row": [str(i + 1) for i in range(len(shown.output))]}
    return columns | {str(j + 1): [row[j] for row in shown.output] for j in range(len(shown.output[0]))}


def _cell(count: int) -> float:
    return min(CELL * 2, PANEL / count)


def _place(field: str) -> Spec:
    return {"field": field, "type": "ordinal", "axis": None, "scale": {"padding": 0}}


def _image(shown: Sliding) -> Spec:
    rows = padded(shown)
    height, width = len(rows), len(rows[0])
    inside = range(shown.padding, height - shown.padding), range(shown.padding, width - shown.padding)
    cells = [
        {"r": r, "c": c, "value": value, "padding": not (r in inside[0] and c in inside[1])}
        for r, line in enumerate(rows)
        for c, value in enumerate(line)
    ]
    size = len(shown.kernel), len(shown.kernel[0])
    within = f"datum.r >= {ROW} && datum.r < {ROW} + {size[0]} && datum.c >= {COLUMN} && datum.c < {COLUMN} + {size[1]}"
    places = {"x": _place("c"), "y": _place("r")}
    return {
        "title": _titled("Image", height - 2 * shown.padding, width - 2 * shown.padding, shown.padding),
        "width": _cell(max(height, width)) * width,
        "height": _cell(max(height, width)) * height,
        "data": {"values": cells},
        "layer": [
            {
                "transform": [{"filter": "!datum.padding"}],
                "mark": {"type": "rect"},
                "encoding": {
                    **places,
                    "color": _colour("value", [v for row in shown.image for v in row]),
                    "tooltip": _tips("r", "c", "value"),
                },
            },
            {
                "transform": [{"filter": "datum.padding"}],
                "mark": {"type": "rect", "color": "#8C8C8C", "opacity": 0.18},
                "encoding": places,
            },
            {
                "transform": [{"filter": within}],
                "mark": {"type": "rect", "fillOpacity": 0.12, "fill": MARK, "stroke": MARK, "strokeWidth": 1.2},
                "encoding": places,
            },
        ],
    }


def _window(shown: Sliding) -> Spec:
    height, width = len(shown.kernel), len(shown.kernel[0])
    cells = [{"a": a, "b": b, "weight": w} for a, line in enumerate(shown.kernel) for b, w in enumerate(line)]
    few = max(height, width) <= MANY
    told = few and shown.how == "sum"
    cell = min(WINDOW_CELL, (PANEL - 10) / max(height, width))
    places = {"x": _place("b"), "y": _place("a")}
    reach = _reach(shown.kernel) * _reach(shown.image)
    color = {
        "field": "product",
        "type": "quantitative",
        "scale": {"domain": [-reach, 0, reach], "range": list(PALE)},
        "legend": None,
    }
    product = {"field": "product", "type": "quantitative", "format": ".2~f"}
    layers: list[Spec] = [
        {
            "mark": {"type": "rect", "stroke": "#8C8C8C", "strokeWidth": 0.5},
            "encoding": {**places, "color": color},
        },
        {
            "mark": {**INK, "fontSize": 12 if few else 8, "fontWeight": 600, "dy": 7 if told else 0},
            "encoding": {**places, "text": product},
        },
    ]
    if told:
        factors = "format(datum.pixel, '.2~f') + ' × ' + format(datum.weight, '.2~f')"
        layers.append(
            {
                "transform": [{"calculate": factors, "as": "factors"}],
                "mark": {**INK, "fontSize": 10 if cell > 55 else 8, "dy": -8},
                "encoding": {**places, "text": {"field": "factors"}},
            }
        )
    operation = {"sum": "sum", "maximum": "max", "mean": "mean"}[shown.how]
    return {
        "title": "Window × kernel" if shown.how == "sum" else "Window",
        "data": {"values": cells},
        "transform": [
            {"calculate": f"pixels[{ROW} + datum.a][{COLUMN} + datum.b]", "as": "pixel"},
            {"calculate": "datum.pixel * datum.weight", "as": "product"},
        ],
        "spacing": 6,
        "vconcat": [
            {"width": cell * width, "height": cell * height, "layer": layers},
            {
                "width": cell * width,
                "height": 24,
                "transform": [
                    {"aggregate": [{"op": operation, "field": "product", "as": "all"}]},
                    {"calculate": f"'{shown.how} = ' + format(datum.all, '.3~f')", "as": "told"},
                ],
                "layer": [
                    {"mark": {"type": "rect", "color": PALE[1]}},
                    {"mark": {**INK, "fontSize": 13, "fontWeight": 600}, "encoding": {"text": {"field": "told"}}},
                ],
            },
        ],
    }


def _output(shown: Sliding) -> Spec:
    height, width = len(shown.output), len(shown.output[0])
    cells = [{"i": i, "j": j, "value": value} for i, line in enumerate(shown.output) for j, value in enumerate(line)]
    places = {"x": _place("j"), "y": _place("i")}
    return {
        "title": _titled("Output", height, width),
        "width": _cell(max(height, width)) * width,
        "height": _cell(max(height, width)) * height,
        "data": {"values": cells},
        "layer": [
            {
                "params": [
                    {
                        "name": "pointed",
                        "select": {"type": "point", "fields": ["i", "j"], "on": "pointerover", "clear": False},
                        "value": [{"i": height // 2, "j": width // 2}],
                        "bind": {"i": _slider("row", height), "j": _slider("column", width)},
                    }
                ],
                "mark": {"type": "rect", "cursor": "crosshair"},
                "encoding": {
                    **places,
                    "color": _colour("value", [v for row in shown.output for v in row]),
                    "tooltip": _tips("i", "j", "value"),
                },
            },
            {
                "transform": [{"filter": "datum.i === pointed.i[0] && datum.j === pointed.j[0]"}],
                "mark": {"type": "rect", "fill": None, "stroke": MARK, "strokeWidth": 2.5},
                "encoding": places,
            },
        ],
    }


def _slider(name: str, count: int) -> Spec:
    """The same place without a pointer: counted from 0, as the tooltips do."""
    return {"input": "range", "min": 0, "max": count - 1, "step": 1, "name": f"{name} of the output "}


def _reach(rows: Sequence[Sequence[float]]) -> float:
    return max((abs(value) for row in rows for value in row), default=1.0) or 1.0


def _titled(name: str, height: int, width: int, padding: int = 0) -> str:
    return f"{name} {height} × {width}" + (f", padding {padding}" if padding else "")


def _colour(field: str, values: list[float]) -> Spec:
    """Grey from black to white; where there are negative values orange - grey - blue through zero."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low >= 0:
        scale: Spec = {"domain": [0, max(1.0, high)], "range": ["#000000", "#FFFFFF"]}
    else:
        reach = max(-low, high) or 1.0
        scale = {"domain": [-reach, 0, reach], "range": list(SIGNED)}
    return {"field": field, "type": "quantitative", "scale": scale, "legend": None}


def _tips(row: str, column: str, value: str) -> list[dict[str, Any]]:
    return [
        {"field": row, "type": "ordinal", "title": "row"},
        {"field": column, "type": "ordinal", "title": "column"},
        {"field": value, "type": "quantitative", "title": "value", "format": ".3~f"},
    ]
