"""Figures say what was measured: right rows, right colours, labelled axes, and a table twin."""

import json
import math
from typing import Any

import pytest

from app.progress import Expected
from app.ui import figures
from app.ui.figures import ARM_COLORS, Figure
from archviz.core.results import Curve, Heatmap, Histogram, Observation, Profile, Series, Verdict
from archviz.engine.compare import estimates
from archviz.runs.reference import Card, ClaimCard

ARMS = {"A": "identity path", "B": "no identity path"}


def card(axis: str | None = "Depth") -> Card:
    claim = ClaimCard(
        sentence="B is worse.", metric="train_loss", at=56, variant="B", baseline="A", by=0.5, quality="q", published=""
    )
    return Card(
        id="residual/identity",
        position=0,
        ask="?",
        source="",
        note="",
        arms=ARMS,
        axis=axis,
        axis_log=False,
        metrics=("train_loss", "test_accuracy"),
        claims=(claim,),
    )


def rows(axis: bool = True) -> list[Observation]:
    return [
        Observation(arm=arm, seed=seed, x=x if axis else None, metric="train_loss", value=base + 0.1 * seed)
        for x in ((8, 56) if axis else (0,))
        for arm, base in (("A", 0.1), ("B", 1.0))
        for seed in range(3)
    ]


def encodings(spec: Any) -> list[dict[str, Any]]:
    """All encodings anywhere in a spec."""
    found = []
    if isinstance(spec, dict):
        found += [spec["encoding"]] if "encoding" in spec else []
        for value in spec.values():
            found += encodings(value)
    elif isinstance(spec, list):
        for value in spec:
            found += encodings(value)
    return found


CURVE = Curve(
    title="c",
    x_label="width",
    y_label="entropy",
    series=(Series(name="A", x=(1, 2), y=(0.1, 0.2)), Series(name="other", x=(1, 2), y=(0.3, math.nan))),
    x_log=True,
)
EXPECTED = Expected(ARMS, 150, math.log(10))
PROFILE = Profile(title="p", label="gradient", layers=("a", "b", "c"), values=(0.1, 0.0, 2.0), log=True)
HEATMAP = Heatmap(title="h", x_label="input", y_label="output", label="change", values=((0, 1), (-2, 3)), signed=True)
HISTOGRAM = Histogram(title="g", label="value", edges=(0, 1, 2), counts=(3, 4))
VERDICT = Verdict(title="t", claim="c", outcome="supported", effect=0.9, interval=(0.8, 1.0), n=3, sentence="s")

ALL: dict[str, Figure] = {
    "axis": figures.measured(card(), "train_loss", estimates(rows()), rows()),
    "arms": figures.measured(card(None), "train_loss", estimates(rows(False)), rows(False)),
    "nothing yet": figures.measured(card(), "train_loss", (), (), places=(8, 56)),
    "effect": figures.effect(VERDICT, "train_loss", 0.5),
    "no effect yet": figures.effect(VERDICT.replace(effect=None, interval=None, n=0), "test_accuracy", 0.5),
    "losses": figures.losses(EXPECTED, {("A", 0): Series(name="A", x=(1, 2), y=(2, 1))}, {}),
    "profiles": figures.profiles(ARMS, {"A": PROFILE, "B": PROFILE}, "gradient"),
    "curve": figures.curve(CURVE, ARMS),
    "profile": figures.profile(PROFILE),
    "heatmap": figures.heatmap(HEATMAP),
    "histogram": figures.histogram(HISTOGRAM),
}


@pytest.mark.parametrize("name", ALL)
def test_every_figure_is_complete(name: str):
    figure = ALL[name]
    json.dumps(figure.complete, allow_nan=False)
    assert figure.height == figure.spec["height"] > 0
    assert figure.alt
    assert figure.table
    assert len({len(values) for values in figure.columns.values()}) <= 1


@pytest.mark.parametrize("name", ALL)
def test_every_axis_is_labelled(name: str):
    found = encodings(ALL[name].spec)
    assert found
    for encoding in found:
        for channel in ("x", "y"):
            field = encoding.get(channel)
            if field is not None and field.get("field") != "arm":
                assert field.get("title"), (name, channel)


@pytest.mark.parametrize("name", ALL)
def test_every_field_that_is_drawn_has_a_column(name: str):
    figure = ALL[name]
    for encoding in encodings(figure.spec):
        for channel in encoding.values():
            for part in channel if isinstance(channel, list) else [channel]:
                if "field" in part:
                    assert part["field"] in figure.columns, (name, part)


def test_arms_have_their_colours():
    scale = figures.arm_scale(ARMS)["scale"]
    assert scale == {"domain": ["A · identity path", "B · no identity path"], "range": ["#0072B2", "#D55E00"]}


def test_other_lines_do_not_take_an_arms_colour():
    colors = figures.series_colors(["A", "other", "third"])
    assert colors[0] == ARM_COLORS["A"]
    assert not set(colors[1:]) & set(ARM_COLORS.values())


def test_means_intervals_and_seeds_are_all_there():
    columns = ALL["axis"].columns
    assert columns["part"].count("mean") == 4
    assert columns["part"].count("seed") == 12
    mean = columns["part"].index("mean")
    assert columns["low"][mean] < columns["y"][mean] < columns["high"][mean]


def test_the_table_twin_has_the_same_numbers():
    table = ALL["axis"].table
    assert table["arm"][0] == "A · identity path"
    assert table["Training loss"][0] == "0.2 nats"
    assert table["seeds"] == [3, 3, 3, 3]


def test_a_diverged_value_is_not_drawn():
    lost = [Observation(arm="A", seed=0, x=8, metric="train_loss", value=math.nan)]
    assert figures.measured(card(), "train_loss", estimates(lost), lost).columns["part"] == []


def test_long_lines_are_thinned_to_their_ends():
    kept = figures.thin(10_000)
    assert len(kept) == figures.POINTS
    assert (kept[0], kept[-1]) == (0, 9_999)
    assert kept == sorted(set(kept))
    assert figures.thin(7) == list(range(7))


def test_the_spec_of_a_live_chart_does_not_change_with_its_rows():
    line = Series(name="A", x=(1, 2, 3), y=(2, 1.5, 1))
    later = figures.losses(EXPECTED, {("A", 0): line}, {"A": line.replace(low=(1, 1, 1), high=(4, 4, 4))})
    assert later.spec == ALL["losses"].spec == figures.losses(EXPECTED, {}, {}).spec
    assert later.columns != ALL["losses"].columns


def test_a_start_far_above_guessing_is_on_the_chart():
    high = Series(name="A", x=(1, 2, 3), y=(20, 3, 1))
    spec = figures.losses(EXPECTED, {("A", 0): high}, {}).spec
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"][1] > 20


def test_a_logarithmic_profile_leaves_zeros_out():
    assert ALL["profile"].columns["value"] == [0.1, 2.0]
    assert ALL["profile"].columns["layer"] == [1, 3]


def test_signed_values_run_through_grey_at_zero():
    (encoding,) = encodings(ALL["heatmap"].spec)
    assert encoding["color"]["scale"]["domain"] == [-3, 0, 3]
    assert encoding["color"]["scale"]["range"] == list(figures.SIGNED)


def test_numbers_have_at_most_three_digits_unless_exact():
    assert figures.number(0.123456) == "0.123"
    assert figures.number(1_234_567) == "1,234,567"
    assert figures.number(None) == ""
    assert figures.number("text") == "text"


def test_bounds_are_round_and_hold_still():
    assert figures.span([0.02, 1.9]) == figures.span([0.03, 1.86]) == (0.0, 2.0)
    assert figures.span([]) == (0.0, 1.0)
    low, high = figures.span([0.5, 0.5])
    assert low < 0.5 < high


def test_the_wide_interval_of_two_seeds_does_not_flatten_the_rest():
    two = [row for row in rows() if row.seed < 2]
    figure = figures.measured(card(), "train_loss", estimates(two), two)
    domain = next(e["y"]["scale"]["domain"] for e in encodings(figure.spec))
    assert max(figure.columns["high"][i] for i, part in enumerate(figure.columns["part"]) if part == "mean") > domain[1]
    assert domain[1] <= 1.5
