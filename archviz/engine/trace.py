"""Tracing: a model as a `Graph` of nested modules and operations, with shapes, parameters and MACs on every node."""

from collections.abc import Sequence

from torch import Tensor, nn

from archviz.core.graph import Edge, Graph, Node
from archviz.core.setup import Inputs, ModelConfig
from archviz.engine.fold import collapse, compare_graphs, fold, overview
from archviz.engine.recorder import Part, Recording, Untraceable, record, record_config

__all__ = ["Untraceable", "collapse", "compare_graphs", "fold", "overview", "trace", "trace_module"]


def trace(model_config: ModelConfig, inputs: Inputs, title: str) -> Graph:
    """The graph of the model that this config describes, at batch 1, without allocating weights.

    Parameters and MACs of the outermost nodes add up to those of the model (MACs as `engine.counting` counts them),
    without parts that only training calls, such as auxiliary heads.
    Raises Untraceable, which names the part, when the model cannot run on such inputs.
    """
    return _graph(record_config(model_config, inputs), title)


def trace_module(model: nn.Module, inputs: Sequence[Tensor], title: str) -> Graph:
    """The graph of any module on inputs like these. Raises Untraceable."""
    return _graph(record(model, inputs), title)


def _graph(recording: Recording, title: str) -> Graph:
    nodes: list[Node] = []
    edges: list[Edge] = []

    def add(part: Part, parent: str | None) -> None:
        nodes.append(
            Node(
                id=part.id,
                label=part.label,
                type=part.type,
                parent=parent,
                output_shape=part.shape,
                parameters=part.parameters,
                macs=part.macs,
                detail=part.detail,
            )
        )
        if not part.parts:
            edges.extend(Edge(source=s.id, target=part.id, shape=shape) for s, shape in part.sources.items())
        for inner in part.parts:
            add(inner, part.id)

    for part in recording.root.parts:
        add(part, None)
    return Graph(title=title, nodes=tuple(nodes), edges=tuple(edges))
