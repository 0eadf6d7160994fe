"""The figure: what every chart is made into, with its numbers column by column.

A static figure carries its rows in its layers. A live figure has an unchanging spec and is sent new rows as columns,
which the browser exchanges without drawing the chart anew.
"""

import math
from dataclasses import dataclass
from typing import Any

from archviz.core.metrics import significant

Spec = dict[str, Any]
Rows = list[dict[str, Any]]
Columns = dict[str, list[Any]]

POINTS = 300
"""Points of one line that are sent to the browser, at most."""
HEIGHT = 280


@dataclass(frozen=True)
class Figure:
    """A chart: a spec without data, its rows column by column, a sentence for who cannot see it, its numbers."""

    spec: Spec
    columns: Columns
    alt: str
    table: Columns

    @property
    def height(self) -> int:
        """In pixels."""
        height: int = self.spec["height"]
        return height

    @property
    def complete(self) -> Spec:
        """The spec with its rows inside.

        They hang on an inner layer: Streamlit would turn rows at the top into Arrow, and to load that library costs a
        first page more than the chart.
        """
        inner = {key: value for key, value in self.spec.items() if key not in ("height", "config")}
        outer: Spec = {key: self.spec[key] for key in ("height", "config") if key in self.spec}
        return {**outer, "layer": [{"data": {"values": rows_of(self.columns)}, **inner}]}


def thin(count: int, most: int = POINTS) -> list[int]:
    """At most `most` indices spread evenly over `count` places, first and last included."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def rows_of(columns: Columns) -> Rows:
    """Rows of a table that is kept column by column."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def columns_of(rows: Rows) -> Columns:
    """Columns of a table that is kept row by row."""
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def empty(*names: str) -> Columns:
    """A table without rows."""
    return {name: [] for name in names}


def add_row(columns: Columns, **row: Any) -> None:
    """One more row; what is not given is empty."""
    for name, values in columns.items():
        values.append(row.get(name))


def drawable(value: float) -> float | None:
    """A value as JSON can carry it: none where it is infinite or not a number."""
    return value if math.isfinite(value) else None


def number(value: float | int | str | None) -> str:
    """A value as it stands in a table: at most three significant digits, or as it is when it is exact."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else significant(value)
