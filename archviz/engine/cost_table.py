"""Cost tables: several models side by side, with what each was made with and what it costs, exactly."""

from collections.abc import Mapping
from typing import NamedTuple

from archviz.core.results import Table
from archviz.core.setup import Inputs, ModelConfig
from archviz.engine.cost import cost

Cell = str | int | float | None


class Entry(NamedTuple):
    """One row: the model, and what stands beside its name."""

    model: ModelConfig
    cells: tuple[Cell, ...]


def cost_table(title: str, columns: tuple[str, ...], entries: Mapping[str, Entry], inputs: Inputs) -> Table:
    """Name, the given columns, parameters, MACs for one example, and MACs as a multiple of the first row's.

    `columns` names the first column and those of `Entry.cells`.
    """
    found = {name: cost(entry.model, inputs) for name, entry in entries.items()}
    first = next(iter(found.values())).macs
    rows = tuple(
        (name, *entries[name].cells, each.parameters, each.macs, round(each.macs / first, 3))
        for name, each in found.items()
    )
    return Table(title=title, columns=(*columns, "parameters", "MACs", "MACs, relative"), rows=rows)
