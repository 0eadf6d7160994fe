"""A page with nothing but graphs, for the browser tests: two arms that differ, or one large graph (`?large=1`)."""

import streamlit as st

from app.canvas.component import Measure, viewer
from archviz.core.graph import Edge, Graph, Node
from archviz.engine.fold import compare_graphs, fold


def stack(blocks: int, parts: tuple[str, ...], *, equal: bool = True) -> Graph:
    """A stem, residual blocks and a head; without `equal` every block has its own width."""
    nodes = [Node(id="stem", label="Conv2d 3×3", type="module", output_shape=(1, 16, 32, 32), parameters=432)]
    edges: list[Edge] = []
    last = "stem"
    for block in range(blocks):
        width = 64 if equal else 64 + block
        shape = (1, width, 32, 32)
        name = f"blocks.{block}"
        nodes.append(Node(id=name, label="Block", type="module", output_shape=shape, parameters=9 * width * width))
        start = last
        for part in (*parts, "add"):
            inner = f"{name}.{part}"
            size = 9 * width * width if part == "conv" else 0
            nodes.append(
                Node(
                    id=inner,
                    label=part,
                    type="module",
                    parent=name,
                    output_shape=shape,
                    parameters=size,
                    macs=100 * size,
                )
            )
            edges.append(Edge(source=last, target=inner, shape=shape))
            last = inner
        edges.append(Edge(source=start, target=last, shape=shape))
    nodes.append(Node(id="head", label="Linear", type="module", output_shape=(1, 10), parameters=650))
    edges.append(Edge(source=last, target="head"))
    return Graph(title=f"{blocks} blocks", nodes=tuple(nodes), edges=tuple(edges))


st.set_page_config(layout="wide")
PARTS = ("conv", "norm", "relu")
if st.query_params.get("large"):
    graphs = {"A": stack(50, tuple(f"{part}{n}" for n in range(3) for part in PARTS), equal=False)}
else:
    parts = ("conv", "relu") if st.toggle("Without norm", True) else PARTS
    a, b = compare_graphs(stack(6, PARTS), stack(6, parts))
    graphs = {"A": fold(a), "B": fold(b)}
gradient = Measure("gradient norm", {"A": {"stem": 1e-4, "head": 1.0}, "B": {"stem": 1e-2}}, log=True)
click = viewer(graphs, key="viewer", measures=(gradient,))
st.code("nothing" if click is None else f"{click.arm}: {click.node}", language=None)
if st.button("Again"):
    st.caption("run again")
