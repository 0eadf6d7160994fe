"""Charts of one number for each layer, from input to output: of one model, or arm beside arm."""

import math
from collections.abc import Mapping, Sequence
from textwrap import wrap

from app.ui.charts.axes import decades
from app.ui.charts.colours import ARM_COLORS, arm_label, arm_scale
from app.ui.charts.figure import HEIGHT, Columns, Figure, Spec, empty
from archviz.core.results import Profile

TITLE = 26
"""Characters in one line of the title beside an axis."""


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
        "title": wrap(label, TITLE) or label,
        "scale": {"type": "log", "nice": False} if log else {"zero": True},
        "axis": decades(values) if log else {"tickCount": 5, "format": ".3~r"},
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
    columns = empty("arm", "layer", "name", "value")
    for arm, profile in found.items():
        for index, (name, value) in enumerate(zip(profile.layers, profile.values, strict=True), start=1):
            if math.isfinite(value) and (value > 0 or not profile.log):
                columns["arm"].append(arm_label(arm, titles))
                columns["layer"].append(index)
                columns["name"].append(name)
                columns["value"].append(value)
    return columns
