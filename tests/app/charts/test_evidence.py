"""Charts of what was measured show every seed, mean and interval, and the table twin says the same."""

import math

from app.ui.charts import evidence
from archviz.core.results import Observation
from archviz.engine.compare import estimates
from tests.app.charts.examples import ALL, card, encodings, rows


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
    assert evidence.measured(card(), "train_loss", estimates(lost), lost).columns["part"] == []


def test_the_wide_interval_of_two_seeds_does_not_flatten_the_rest():
    two = [row for row in rows() if row.seed < 2]
    figure = evidence.measured(card(), "train_loss", estimates(two), two)
    domain = next(e["y"]["scale"]["domain"] for e in encodings(figure.spec))
    assert max(figure.columns["high"][i] for i, part in enumerate(figure.columns["part"]) if part == "mean") > domain[1]
    assert domain[1] <= 1.5
