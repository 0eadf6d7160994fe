"""Graph: a model as nested modules and operations, for the screen and for export."""

from typing import Literal

from archviz.core.record import Record
from archviz.core.results import Result


class Node(Record):
    """One module or operation, nested by `parent`; its parameters and MACs include all that is nested in it.

    A folded repeat stands for `count` equal siblings: its numbers are those of all together, its inside is that of one.
    """

    id: str
    label: str
    type: Literal["input", "output", "module", "operation"]
    parent: str | None = None
    output_shape: tuple[int, ...] = ()
    parameters: int = 0
    macs: int = 0
    detail: str = ""
    """Its own settings in one line, for instance `3, 64, kernel_size=(7, 7), stride=(2, 2)`."""
    count: int = 1
    changed: bool = False
    """Whether this part differs from the graph it was compared with."""


class Edge(Record):
    """A tensor that flows from one node to another."""

    source: str
    target: str
    shape: tuple[int, ...] = ()


class Graph(Result):
    """Nodes (parents before children) and the tensors that flow between the innermost ones."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
