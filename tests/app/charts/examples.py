"""Examples: a small result of every kind and the chart that is made of it."""

import math
from typing import Any

from app.progress import Expected
from app.ui.charts import evidence, layers, learning, results
from app.ui.charts.figure import Figure
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
    "axis": evidence.measured(card(), "train_loss", estimates(rows()), rows()),
    "arms": evidence.measured(card(None), "train_loss", estimates(rows(False)), rows(False)),
    "nothing yet": evidence.measured(card(), "train_loss", (), (), places=(8, 56)),
    "effect": evidence.effect(VERDICT, "train_loss", 0.5),
    "no effect yet": evidence.effect(VERDICT.replace(effect=None, interval=None, n=0), "test_accuracy", 0.5),
    "losses": learning.losses(EXPECTED, {("A", 0): Series(name="A", x=(1, 2), y=(2, 1))}, {}),
    "profiles": layers.profiles(ARMS, {"A": PROFILE, "B": PROFILE}, "gradient"),
    "curve": results.curve(CURVE, ARMS),
    "profile": layers.profile(PROFILE),
    "heatmap": results.heatmap(HEATMAP),
    "histogram": results.histogram(HISTOGRAM),
}
"""Every kind of chart, made from numbers that are easy to check."""
