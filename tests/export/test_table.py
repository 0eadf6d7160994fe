import csv
import io
import json
import math

from archviz.core.results import Observation
from archviz.export.table import to_csv, to_json

ROWS = (
    Observation(arm="A", seed=0, x=0.1, metric="train_loss", value=1 / 3),
    Observation(arm="B", seed=0, x=None, metric="train_loss", value=math.nan),
    Observation(arm="B", seed=1, x=None, metric="a, b", value=math.inf),
)


def test_csv_reads_back_to_the_same_numbers() -> None:
    found = list(csv.DictReader(io.StringIO(to_csv(ROWS))))
    assert float(found[0]["value"]) == 1 / 3
    assert found[1] == {"arm": "B", "seed": "0", "x": "", "metric": "train_loss", "value": ""}
    assert found[2]["metric"] == "a, b"


def test_json_holds_only_what_json_can_hold() -> None:
    found = json.loads(to_json(ROWS), parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    assert found[0] == {"arm": "A", "seed": 0, "x": 0.1, "metric": "train_loss", "value": 1 / 3}
    assert [row["value"] for row in found[1:]] == [None, None]


def test_no_rows_are_a_header_and_an_empty_list() -> None:
    assert to_csv(()) == "arm,seed,x,metric,value\n"
    assert json.loads(to_json(())) == []
