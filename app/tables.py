"""Tables: runs as files that a spreadsheet or a script reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archviz.core.results import Observation, Verdict

if TYPE_CHECKING:
    from archviz.runs.store import Run

COLUMNS = ("run", "experiment", "arm", "seed", "x", "metric", "value")


def to_csv(found: Mapping[str, tuple[Run, Sequence[Observation]]]) -> str:
    """All observations of the runs, one row each."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    for run, rows in found.values():
        for row in rows:
            x = "" if row.x is None else row.x
            writer.writerow([run.id, run.experiment, row.arm, row.seed, x, row.metric, row.value])
    return buffer.getvalue()


def to_json(found: Mapping[str, tuple[Run, Sequence[Observation]]], verdicts: Mapping[str, Sequence[Verdict]]) -> str:
    """The runs with their lanes, verdicts and observations."""
    return json.dumps(
        [
            {
                "run": run.id,
                "experiment": run.experiment,
                "title": run.title,
                "created": run.created.isoformat(timespec="seconds"),
                "status": run.status,
                "lanes": {arm: list(slugs) for arm, slugs in run.lanes.items()},
                "prediction": run.prediction,
                "verdicts": [_plain(verdict) for verdict in verdicts.get(run.id, ())],
                "observations": [_plain(row) for row in rows],
            }
            for run, rows in found.values()
        ],
        indent=1,
    )


def _plain(record: Observation | Verdict) -> dict[str, Any]:
    plain: dict[str, Any] = record.model_dump(mode="json")
    plain.pop("kind", None)
    return plain
