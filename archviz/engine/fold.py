"""Folding: make a graph small enough to read, and mark what differs between two; pure functions, no torch."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from archviz.core.graph import Edge, Graph, Node


def fold(graph: Graph) -> Graph:
    """The same graph with runs of equal siblings drawn once: six equal blocks become "Bottleneck × 6".

    Siblings are equal when everything in them is: types, settings, shapes, parameters, inner wiring and marks. They
    form a run when each feeds the next, or when all stand side by side on the same inputs.
    """
    tree = _Tree(graph)
    kept: list[Node] = []
    drawn_as: dict[str, str] = {}

    def visit(parent: str | None) -> None:
        for run in tree.runs(parent):
            first = tree.nodes[run[0]]
            for other in run[1:]:
                drawn_as.update(zip(tree.below(other), tree.below(first.id), strict=True))
            kept.append(_repeated(first, [tree.nodes[member] for member in run]))
            visit(first.id)

    def drawn(node: str) -> str:
        while node in drawn_as:
            node = drawn_as[node]
        return node

    visit(None)
    edges = []
    for edge in graph.edges:
        source, target = tree.siblings(edge)
        if drawn(source) != drawn(target):  # else it leads from one repeat to the next
            edges.append(Edge(source=drawn(edge.source), target=drawn(edge.target), shape=edge.shape))
    return Graph(title=graph.title, nodes=tuple(kept), edges=_distinct(edges))


def collapse(graph: Graph, depth: int) -> Graph:
    """The outermost `depth` levels (at least 1); what is nested deeper is drawn as the module that holds it.

    Edges lead to the nearest visible node, and a module that hides a changed part counts as changed.
    """
    tree = _Tree(graph)
    holder = {node: tree.path(node)[: max(depth, 1)][-1] for node in tree.nodes}
    changed = {holder[node.id] for node in graph.nodes if node.changed}
    nodes = tuple(
        node if node.changed or node.id not in changed else node.model_copy(update={"changed": True})
        for node in graph.nodes
        if holder[node.id] == node.id
    )
    lifted = (Edge(source=holder[e.source], target=holder[e.target], shape=e.shape) for e in graph.edges)
    return Graph(title=graph.title, nodes=nodes, edges=_distinct(e for e in lifted if e.source != e.target))


def overview(graph: Graph, limit: int = 30) -> Graph:
    """The graph folded and opened as deep as at most `limit` nodes allow; never less than its outermost level."""
    whole = _without_wrappers(fold(graph))
    best = collapse(whole, 1)
    for depth in range(2, 2 + max((len(path) for path in _Tree(whole).paths()), default=0)):
        opened = collapse(whole, depth)
        if len(opened.nodes) > limit:
            break
        best = opened
    return best


def _without_wrappers(graph: Graph) -> Graph:
    """Without the modules that hold nothing but one folded repeat: a stack of equal blocks is drawn as that block."""
    children: dict[str | None, list[Node]] = defaultdict(list)
    for node in graph.nodes:
        children[node.parent].append(node)
    gone = {
        node.id: node.parent
        for node in graph.nodes
        if len(children[node.id]) == 1 and children[node.id][0].count > 1 and node.count == 1
    }

    def parent(node: str | None) -> str | None:
        while node is not None and node in gone:
            node = gone[node]
        return node

    nodes = (node.model_copy(update={"parent": parent(node.parent)}) for node in graph.nodes if node.id not in gone)
    return Graph(title=graph.title, nodes=tuple(nodes), edges=graph.edges)


def compare_graphs(a: Graph, b: Graph) -> tuple[Graph, Graph]:
    """Both graphs with `changed` on what differs, part by part at the same path.

    A part differs when the other graph does not have it, when its type, settings, shape or cost differ, or when it
    gets its inputs from elsewhere although all those parts are in both graphs. A module also differs when it lacks a
    part that the other graph has directly in it.
    """
    return _mark(a, b), _mark(b, a)


def _mark(graph: Graph, other: Graph) -> Graph:
    tree, other_tree = _Tree(graph), _Tree(other)
    sources, other_sources = _sources(graph, tree), _sources(other, other_tree)
    common = tree.nodes.keys() & other_tree.nodes.keys()

    def changed(node: Node) -> bool:
        twin = other_tree.nodes.get(node.id)
        if twin is None or (node.label, node.type, node.detail) != (twin.label, twin.type, twin.detail):
            return True
        if tree.children[node.id] or other_tree.children[node.id]:
            return any(child not in tree.nodes for child in other_tree.children[node.id])
        own, others = (node.output_shape, node.parameters, node.macs), (twin.output_shape, twin.parameters, twin.macs)
        moved = sources[node.id] ^ other_sources[node.id]
        return own != others or (bool(moved) and moved <= common)

    return graph.replace(nodes=tuple(node.model_copy(update={"changed": changed(node)}) for node in graph.nodes))


def _sources(graph: Graph, tree: "_Tree") -> dict[str, set[str]]:
    """Where each node gets its inputs from: its sibling, or what stands beside a module that holds it."""
    sources: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        sources[edge.target].add(tree.siblings(edge)[0])
    return sources


def _repeated(first: Node, run: list[Node]) -> Node:
    if len(run) == 1:
        return first
    count = sum(node.count for node in run)
    label = f"{_kind(first.label)} × {count}"
    parameters, macs = sum(node.parameters for node in run), sum(node.macs for node in run)
    return first.model_copy(update={"label": label, "count": count, "parameters": parameters, "macs": macs})


def _kind(label: str) -> str:
    """What equal siblings have in common: "stages" of `stages.0`, "Bottleneck" of "Bottleneck × 6"."""
    return re.sub(r"(\.\d+)+$| × \d+$", "", label)


def _distinct(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    return tuple({(edge.source, edge.target): edge for edge in edges}.values())


class _Tree:
    """A graph's nesting, with what decides whether siblings are equal."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = {node.id: node for node in graph.nodes}
        self.children: dict[str | None, list[str]] = defaultdict(list)
        self._paths: dict[str, tuple[str, ...]] = {}
        for node in graph.nodes:  # parents come first
            self.children[node.parent].append(node.id)
            self._paths[node.id] = (*(self._paths[node.parent] if node.parent is not None else ()), node.id)
        self._inner: dict[str | None, list[Edge]] = defaultdict(list)  # edges whose ends meet below this node
        self._outer_sources: dict[str, set[str]] = defaultdict(set)
        self._feeds: set[tuple[str, str]] = set()  # siblings of which one feeds the other
        for edge in graph.edges:
            source, target = self.siblings(edge)
            self._feeds.add((source, target))
            self._inner[self.nodes[source].parent].append(edge)
            path = self.path(edge.target)
            for holder in path[path.index(target) :]:
                self._outer_sources[holder].add(edge.source)
        self._looks: dict[str, int] = {}

    def path(self, node: str) -> tuple[str, ...]:
        """The node and all that hold it, outermost first."""
        return self._paths[node]

    def paths(self) -> Iterable[tuple[str, ...]]:
        return self._paths.values()

    def below(self, node: str) -> Iterator[str]:
        """The node and all inside it, parents first."""
        yield node
        for child in self.children[node]:
            yield from self.below(child)

    def siblings(self, edge: Edge) -> tuple[str, str]:
        """The two siblings that hold the ends of this edge."""
        for source, target in zip(self.path(edge.source), self.path(edge.target), strict=False):
            if source != target:
                return source, target
        raise ValueError(f"an edge leads from {edge.source} to {edge.target}, which lie in one another")

    def runs(self, parent: str | None) -> Iterator[list[str]]:
        """The children of a node in order, equal neighbours together."""
        run: list[str] = []
        way = None
        for child in self.children[parent]:
            joins = self._joins(run[-1], child) if run else None
            if joins is not None and way in (None, joins):
                way = joins
            else:
                if run:
                    yield run
                run, way = [], None
            run.append(child)
        if run:
            yield run

    def _joins(self, last: str, child: str) -> str | None:
        if self._look(last) != self._look(child):
            return None
        if (last, child) in self._feeds:
            return "one after the other"
        return "side by side" if self._outer_sources[last] == self._outer_sources[child] else None

    def _look(self, node: str) -> int:
        """Equal for nodes that are drawn alike, within this process."""
        if node not in self._looks:
            self._looks[node] = hash(self._describe(node))
        return self._looks[node]

    def _describe(self, name: str) -> tuple[object, ...]:
        node = self.nodes[name]
        first_call = self.nodes.get(re.sub(r"@\d+", "", name), node)  # where a reused module has its parameters
        order = {inner: index for index, inner in enumerate(self.below(name))}
        wiring = tuple((order[edge.source], order[edge.target]) for edge in self._inner[name])
        own = (_kind(node.label), node.type, node.output_shape, node.detail, node.count, node.changed, node.macs)
        return (*own, first_call.parameters, wiring, tuple(self._look(child) for child in self.children[name]))
