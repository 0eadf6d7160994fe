"""Colours of charts: an arm has the same one on every page."""

from collections.abc import Mapping, Sequence

from app.ui.charts.figure import Spec

ARM_COLORS = {"A": "#0072B2", "B": "#D55E00", "C": "#009E73", "D": "#CC79A7"}
OTHER_COLORS = ("#E69F00", "#56B4E9", "#8C8C8C", "#F0E442")
GREY = "#8C8C8C"
SIGNED = ("#D55E00", "#D9D9D9", "#0072B2")
"""Below zero, zero, above it."""


LEGEND_LINE = 44
"""Letters that fit on one line of a legend, half a page wide."""


def arm_label(arm: str, titles: Mapping[str, str]) -> str:
    """How legends name an arm: "B · no identity path"."""
    title = titles.get(arm, "")
    return f"{arm} · {title}" if title else arm


def arm_color(arm: str) -> str:
    """The colour of an arm, the same on every page."""
    return ARM_COLORS.get(arm, GREY)


def arm_scale(titles: Mapping[str, str]) -> Spec:
    """Colour by arm label; long labels stand under each other."""
    labels = [arm_label(arm, titles) for arm in titles]
    columns = 2 if sum(map(len, labels[:2])) <= LEGEND_LINE else 1
    return {
        "field": "arm",
        "type": "nominal",
        "title": None,
        "scale": {
            "domain": labels,
            "range": [arm_color(arm) for arm in titles],
        },
        "legend": {"orient": "top", "labelLimit": 0, "symbolType": "circle", "symbolOpacity": 1, "columns": columns},
    }


def series_colors(names: Sequence[str]) -> list[str]:
    """One colour for each name: arms have their own, others take what is left."""
    free = [*ARM_COLORS.values(), *OTHER_COLORS]
    if any(name in ARM_COLORS for name in names):
        free = list(OTHER_COLORS)
    others = [name for name in names if name not in ARM_COLORS]
    return [ARM_COLORS.get(name) or free[others.index(name) % len(free)] for name in names]
