"""The graph viewer: one graph, or those of two arms side by side."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import streamlit as st

from app.canvas.mount import mount
from archviz.core.graph import Graph


class Click(NamedTuple):
    """The node that the reader chose, and in which arm's graph."""

    arm: str
    node: str


@dataclass(frozen=True)
class Measure:
    """A quantity to colour the nodes by, besides parameters and MACs: by arm, then by node id."""

    name: str
    values: Mapping[str, Mapping[str, float]] = field(repr=False)
    unit: str = ""
    log: bool = False
    note: str = ""
    """What to say where it has no values: that they are on their way, or why there are none."""


def coloured(key: str) -> str | None:
    """By what the reader colours the graphs of this viewer: parameters, MACs, or the name of a measure."""
    kept: Any = st.session_state.get(key)
    name = kept.get("coloured") if kept else None
    return name if isinstance(name, str) else None


def viewer(
    graphs: Mapping[str, Graph],
    *,
    key: str,
    height: int = 560,
    measures: Sequence[Measure] = (),
    colour_by: str | None = None,
    on_click: Callable[[], None] = lambda: None,
) -> Click | None:
    """Show the graphs by arm; gives the node that is chosen now.

    Give them folded (`engine.trace.fold`) and, when there are two, compared before that (`compare_graphs`): changed
    nodes get their arm's colour. `colour_by` is "parameters", "MACs" or the name of one of the `measures`.
    """
    packed = {arm: pack(graph) for arm, graph in graphs.items()}
    data = {
        "graphs": packed,
        "revision": revision(packed),
        "measures": [asdict(measure) for measure in measures],
        "colour_by": colour_by,
        "height": height,
    }
    result = mount("viewer", data, key=key, on_clicked_change=on_click, on_coloured_change=lambda: None)
    return chosen(result.get("clicked"), graphs)


def pack(graph: Graph) -> dict[str, Any]:
    """A graph in few bytes, as `frontend/src/viewer/data.ts` says: rows instead of names, parents and edges by row."""
    row = {node.id: number for number, node in enumerate(graph.nodes)}
    return {
        "title": graph.title,
        "nodes": [
            [
                node.id,
                node.label,
                node.type,
                -1 if node.parent is None else row[node.parent],
                list(node.output_shape),
                node.parameters,
                node.macs,
                node.detail,
                node.count,
                node.changed,
            ]
            for node in graph.nodes
        ],
        "edges": [[row[edge.source], row[edge.target]] for edge in graph.edges],
    }


def revision(packed: Mapping[str, Any]) -> str:
    """Changes when the graphs do: the front end then draws them anew."""
    return hashlib.blake2b(json.dumps(packed).encode(), digest_size=8).hexdigest()


def chosen(clicked: Any, graphs: Mapping[str, Graph]) -> Click | None:
    """What the browser says was clicked, if there is such a node."""
    if not isinstance(clicked, Mapping):
        return None
    arm, node = clicked.get("arm"), clicked.get("node")
    graph = graphs.get(arm) if isinstance(arm, str) else None
    return Click(str(arm), str(node)) if graph and any(node == known.id for known in graph.nodes) else None
