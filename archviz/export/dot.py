"""DOT and SVG: a graph as Graphviz draws it, calm enough to read and to print."""

import shutil
import subprocess
from collections import defaultdict
from html import escape
from typing import Literal

from archviz.core.graph import Edge, Graph, Node

Theme = Literal["light", "dark"]

INK: dict[Theme, dict[str, str]] = {
    "light": {
        "text": "#23211D",
        "quiet": "#6F695C",
        "line": "#A59D8B",
        "border": "#C9C1B0",
        "node": "#FFFFFF",
        "group": "#F3F0E9",
        "tint A": "#DCEBF5",
        "tint B": "#FAE3D3",
    },
    "dark": {
        "text": "#E9E4DA",
        "quiet": "#A39C8E",
        "line": "#7A7468",
        "border": "#57524A",
        "node": "#1B1A18",
        "group": "#262421",
        "tint A": "#12334A",
        "tint B": "#4A2A12",
    },
}
ARMS = {"A": "#0072B2", "B": "#D55E00"}
SIGNS = {"add": "+", "multiply": "×", "subtract": "−", "divide": "÷", "matmul": "@"}
"""Operations that everybody knows by their sign."""

FACE = "Helvetica,Arial,sans-serif"
DIGITS = "Courier Prime,Menlo,Consolas,DejaVu Sans Mono,monospace"  # the first name tells Graphviz the widths


class NoGraphviz(RuntimeError):
    """Graphviz is not installed on this machine."""


def to_dot(graph: Graph, theme: Theme = "light", arm: Literal["A", "B"] = "B") -> str:
    """The graph in the DOT language: nested modules as frames, changed parts in the colour of the arm.

    `engine.fold.overview` makes a large graph small enough to read first.
    """
    return "\n".join(_Drawing(graph, theme, arm).lines()) + "\n"


def to_svg(graph: Graph, theme: Theme = "light", arm: Literal["A", "B"] = "B") -> str:
    """The picture of the graph as SVG. Raises NoGraphviz, which says how to install it."""
    program = shutil.which("dot")
    if program is None:
        raise NoGraphviz(
            "Drawing SVG needs Graphviz, which is not installed: use `apt-get install graphviz` or "
            "`brew install graphviz`, or export DOT instead."
        )
    source = to_dot(graph, theme, arm).encode()
    return subprocess.run([program, "-Tsvg"], input=source, capture_output=True, check=True).stdout.decode()


class _Drawing:
    def __init__(self, graph: Graph, theme: Theme, arm: str) -> None:
        self.graph, self.ink = graph, INK[theme]
        self.accent, self.tint = ARMS[arm], self.ink[f"tint {arm}"]
        self.children: dict[str | None, list[Node]] = defaultdict(list)
        for node in graph.nodes:
            self.children[node.parent].append(node)
        self.incoming: dict[str, set[tuple[int, ...]]] = defaultdict(set)
        for edge in graph.edges:
            self.incoming[edge.target].add(edge.shape)

    def lines(self) -> list[str]:
        ink = self.ink
        return [
            f"digraph {_quote(self.graph.title)} {{",
            _attributes("graph", bgcolor="transparent", rankdir="TB", ranksep="0.2", nodesep="0.2", fontname=FACE),
            _attributes(
                "node",
                shape="box",
                style="rounded,filled",
                fillcolor=ink["node"],
                color=ink["border"],
                fontcolor=ink["text"],
                fontname=FACE,
                fontsize="11",
                height="0.1",
                margin="0.12,0.05",
            ),
            _attributes("edge", color=ink["line"], arrowsize="0.55", penwidth="0.9"),
            *self._level(None, "  "),
            *(self._edge(edge) for edge in self.graph.edges),
            "}",
        ]

    def _level(self, parent: str | None, indent: str) -> list[str]:
        lines = []
        for node in self.children[parent]:
            if not self.children[node.id]:
                lines.append(f"{indent}{self._node(node)}")
                continue
            frame = {
                "label": self._label(node, "LEFT"),
                "labeljust": "l",
                "style": "rounded,filled",
                "fillcolor": self.tint if node.changed else self.ink["group"],
                "color": self.accent if node.changed else self.ink["border"],
                "fontcolor": self.ink["text"],
                "fontsize": "11",
                "margin": "9",
                "tooltip": _tooltip(node),
            }
            lines.append(f"{indent}subgraph {_quote(f'cluster {node.id}')} {{")
            lines.append(f"{indent}  {_attributes('graph', **frame)}")
            lines.extend(self._level(node.id, indent + "  "))
            lines.append(f"{indent}}}")
        return lines

    def _node(self, node: Node) -> str:
        attributes = {"tooltip": _tooltip(node)}
        if node.type in ("input", "output"):
            attributes |= {"style": "rounded", "color": "transparent", "label": self._label(node)}
        elif node.type == "operation" and node.label in SIGNS:
            attributes |= {"label": SIGNS[node.label], "shape": "circle", "fixedsize": "true", "width": "0.26"}
            attributes |= {"style": "filled", "fontsize": "13"}
        elif node.type == "operation" and not node.macs:
            attributes |= {"label": node.label, "fontcolor": self.ink["quiet"], "fontsize": "10"}
        else:
            attributes |= {"label": self._label(node)}
        if node.changed:
            attributes |= {"color": self.accent, "fillcolor": self.tint, "penwidth": "2"}
        return _attributes(_quote(node.id), **attributes)

    def _edge(self, edge: Edge) -> str:
        return f"  {_quote(edge.source)} -> {_quote(edge.target)};"

    def _label(self, node: Node, align: Literal["CENTER", "LEFT"] = "CENTER") -> str:
        """The name, and under it in small digits what it costs and, where something happens to it, the shape."""
        frame = bool(self.children[node.id])
        facts = []
        if node.output_shape and not frame and (node.macs or {node.output_shape} != self.incoming[node.id]):
            facts.append("×".join(map(str, node.output_shape[1:])) or "1")
        if node.parameters:
            facts.append(f"{_short(node.parameters)} params")
        if node.macs and not frame:
            facts.append(f"{_short(node.macs)} MACs")
        name, line = escape(node.label), f'<BR ALIGN="{align}"/>'
        if not facts:
            return f"<{name}{line}>"
        numbers = escape(" · ".join(facts))
        small = f'<FONT FACE="{DIGITS}" POINT-SIZE="8" COLOR="{self.ink["quiet"]}">{numbers}</FONT>'
        return f"<{name}{line}{small}{line}>"


def _tooltip(node: Node) -> str:
    facts = [node.id.removeprefix("/")]
    facts += [node.detail] if node.detail else []
    facts += ["×".join(map(str, node.output_shape))] if node.output_shape else []
    facts += [f"{node.parameters:,} parameters"] if node.parameters else []
    facts += [f"{node.macs:,} MACs"] if node.macs else []
    return " | ".join(facts)


def _short(number: int) -> str:
    """At most three significant digits and a unit: 9.41k, 118M, 4.09G."""
    value = float(f"{number:.3g}")
    for unit in ("", "k", "M", "G", "T"):
        if value < 1000:
            return f"{value:.3g}{unit}"
        value /= 1000
    return f"{value:.3g}P"


def _attributes(target: str, **attributes: str) -> str:
    shown = ", ".join(f"{name}={value if value[:1] == '<' else _quote(value)}" for name, value in attributes.items())
    return f"{target} [{shown}];"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
