"""Exported runs say what was measured."""

import csv
import io
import json
from datetime import UTC, datetime

from app.tables import COLUMNS, to_csv, to_json
from archviz.core.results import Observation, Verdict
from archviz.runs.store import Run

RUN = Run(
    id="r1",
    experiment="residual/identity",
    title="A one, B two",
    lanes={"A": (), "B": ("no-identity-path",)},
    budget="live",
    session="s",
    prediction="worse",
    created=datetime(2026, 1, 2, tzinfo=UTC),
    trials={"done": 2},
)
ROWS = (
    Observation(arm="A", seed=0, x=8, metric="train_loss", value=0.1),
    Observation(arm="B", seed=0, metric="train_loss", value=float("nan")),
)
VERDICT = Verdict(
    title="?", claim="c", outcome="supported", effect=1.0, interval=(0.5, 1.5), n=4, sentence="Supported: c."
)


def test_csv_has_a_row_for_each_observation():
    rows = list(csv.reader(io.StringIO(to_csv({"r1": (RUN, ROWS)}))))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1] == ["r1", "residual/identity", "A", "0", "8.0", "train_loss", "0.1"]
    assert rows[2] == ["r1", "residual/identity", "B", "0", "", "train_loss", "nan"]


def test_json_has_lanes_verdicts_and_observations():
    (run,) = json.loads(to_json({"r1": (RUN, ROWS)}, {"r1": (VERDICT,)}))
    assert run["lanes"] == {"A": [], "B": ["no-identity-path"]}
    assert run["status"] == "done"
    assert run["verdicts"][0]["interval"] == [0.5, 1.5]
    assert run["observations"][0] == {"arm": "A", "seed": 0, "x": 8.0, "metric": "train_loss", "value": 0.1}
    assert "kind" not in run["observations"][0]
