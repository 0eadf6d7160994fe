"""Axes: bounds that hold still, ticks, and how numbers are written beside them."""

import math
from collections.abc import Sequence

from app.ui.charts.figure import Spec
from archviz.core.metrics import Metric

PLAIN = "format(datum.value, '~g')"
"""An axis label as it is: an axis' own `format` would round it to what tells ticks apart."""
SCIENTIFIC = "format(datum.value, '~e')"


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


def number_axis(name: str, title: str, log: bool, values: Sequence[float] = ()) -> Spec:
    """An axis of plain numbers."""
    if log:
        return {
            "field": name,
            "type": "quantitative",
            "title": title,
            "scale": {"type": "log", "nice": False},
            "axis": decades(values) if name == "y" else {"labelExpr": PLAIN, "grid": False},
        }
    return {
        "field": name,
        "type": "quantitative",
        "title": title,
        "scale": {"zero": False},
        "axis": {"tickCount": 6, "format": ".3~g", "grid": name == "y"},
    }


def metric_axis(of: Metric, values: Sequence[float]) -> Spec:
    """The axis of a metric, over these values: wide intervals of two seeds are cut off rather than flatten all else."""
    title = f"{lower_first(of.title)} ({of.unit})" if of.unit else lower_first(of.title)
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


def decades(values: Sequence[float]) -> Spec:
    """A logarithmic axis with labels at powers of ten, and between them where the range is narrow."""
    positive = [value for value in values if value > 0 and math.isfinite(value)]
    narrow = bool(positive) and max(positive) / min(positive) < 100
    ticks = [factor * 10.0**power for power in range(-12, 13) for factor in ((1, 2, 5) if narrow else (1,))]
    return {"values": ticks, "labelExpr": SCIENTIFIC}


def _number_format(of: Metric) -> Spec:
    if of.percent:
        return {"format": ".3~p"}
    return {"format": "~s" if of.slug in ("parameters", "macs") else ".3~g"}


def points_format(of: Metric) -> Spec:
    """How an axis of differences in a metric writes its numbers: those of shares in points."""
    return {"labelExpr": "format(100 * datum.value, '.3~g')"} if of.percent else _number_format(of)


def lower_first(words: str) -> str:
    """A title as it stands inside a sentence or beside an axis."""
    return words[0].lower() + words[1:]
