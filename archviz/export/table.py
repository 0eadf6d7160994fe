"""Tables: observations as CSV and JSON, for spreadsheets and scripts."""

import csv
import io
import json
import math
from collections.abc import Iterable
from typing import Any

from archviz.core.results import Observation

COLUMNS = ("arm", "seed", "x", "metric", "value")


def rows(observations: Iterable[Observation]) -> list[dict[str, Any]]:
    """Plain rows that JSON can hold: a value that is no finite number is none."""
    return [
        {
            "arm": row.arm,
            "seed": row.seed,
            "x": row.x,
            "metric": row.metric,
            "value": row.value if math.isfinite(row.value) else None,
        }
        for row in observations
    ]


def to_json(observations: Iterable[Observation]) -> str:
    """A JSON list with one object for each observation."""
    return json.dumps(rows(observations), indent=1, allow_nan=False) + "\n"


def to_csv(observations: Iterable[Observation]) -> str:
    """CSV with a header; what is none is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(observations))
    return text.getvalue()
