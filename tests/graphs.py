"""Hypothesis strategies: sheets as a reader might make them, by edits, valid or not; and models that are valid."""

from hypothesis import assume
from hypothesis import strategies as st

from archviz.blocks.assembly.catalogue import BLOCKS, GROUPS
from archviz.blocks.assembly.fitting import Fit, fit, fit_all
from archviz.blocks.assembly.node import Misfit, NodeConfig
from archviz.blocks.assembly.sheet import GraphEdge, GraphGroup, GraphNode, Sheet
from archviz.core.setup import Inputs

SMALL = 32
"""Largest value of a field: generated models must be quick."""


@st.composite
def blocks(draw: st.DrawFn, kind: type[NodeConfig] | None = None) -> NodeConfig:
    """One block with fields within their bounds, most of them as they are by default."""
    kind = kind or draw(st.sampled_from([*BLOCKS.values()]))
    fields = {}
    for name, field in kind.model_fields.items():
        if not draw(st.booleans()):
            continue
        if field.annotation is int:
            low = next(rule.ge for rule in field.metadata if hasattr(rule, "ge"))
            high = next(rule.le for rule in field.metadata if hasattr(rule, "le"))
            fields[name] = draw(st.integers(low, min(high, max(low, SMALL))))
        elif field.annotation is bool:
            fields[name] = draw(st.booleans())
    try:
        return kind(**fields)
    except ValueError:
        return kind()


@st.composite
def edits(draw: st.DrawFn) -> Sheet:
    """A sheet after a row of edits, in any state: blocks without lines, cycles, two inputs, groups that cut across."""
    nodes: list[GraphNode] = []
    edges: list[GraphEdge] = []
    groups: list[GraphGroup] = []
    for number in range(draw(st.integers(0, 14))):
        what = draw(st.sampled_from(["add", "add", "add", "join", "join", "remove", "group", "change"]))
        if what == "add" or len(nodes) < 2:
            block = draw(blocks())
            nodes.append(GraphNode(id=f"{block.name}{number}", block=block))
            if len(nodes) > 1 and block.ports and draw(st.booleans()):
                edges.append(GraphEdge(source=nodes[-2].id, target=nodes[-1].id, port=block.ports[0]))
        elif what == "join":
            source, target = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
            if target.block.ports:
                port = draw(st.sampled_from(target.block.ports))
                edges.append(GraphEdge(source=source.id, target=target.id, port=port))
        elif what == "remove":
            gone = draw(st.sampled_from(nodes))
            nodes.remove(gone)
            edges = [edge for edge in edges if gone.id not in (edge.source, edge.target)]
        elif what == "group":
            name = f"group{number}"
            groups.append(GraphGroup(id=name, times=draw(st.integers(1, 3))))
            chosen = draw(st.sets(st.sampled_from([node.id for node in nodes])))
            nodes = [node.replace(group=name) if node.id in chosen else node for node in nodes]
        else:
            place = draw(st.integers(0, len(nodes) - 1))
            nodes[place] = nodes[place].replace(block=draw(blocks(type(nodes[place].block))))
    return Sheet(nodes=tuple(nodes), edges=tuple(edges), groups=tuple(groups))


@st.composite
def models(draw: st.DrawFn) -> Sheet:
    """A sheet that is a model: blocks are added where they fit, branches are closed by a sum or a concatenation."""
    given = draw(st.sampled_from(list(GROUPS["Input"])))
    first = given(channels=2, height=8, width=8) if given.name == "image" else given(length=6, vocabulary=11)
    nodes = [GraphNode(id=f"{first.name}1", block=first)]
    edges: list[GraphEdge] = []
    values: dict[str, Inputs] = {nodes[0].id: first.given}  # type: ignore[attr-defined]
    matrices: dict[str, Inputs] = {}
    last = nodes[0].id
    for number in range(2, 2 + draw(st.integers(1, 7))):
        block = draw(blocks())
        if not block.ports:
            continue
        sources, given_values = [last], [values[last]]
        if block.tied and not matrices:
            continue
        if block.many or len(block.ports) == 2:
            sources.append(draw(st.sampled_from([*(matrices if block.tied else values)])))
            given_values.append((matrices if block.tied else values)[sources[-1]])
        try:
            _, gives, parameters = fit(block, tuple(given_values))
        except Misfit:
            continue
        if parameters > 200_000 or len(gives.shape) == 0:
            continue
        name = f"{block.name}{number}"
        nodes.append(GraphNode(id=name, block=block))
        for place, source in enumerate(sources):
            port = block.ports[min(place, len(block.ports) - 1)]
            edges.append(GraphEdge(source=source, target=name, port=port))
        values[name], last = gives, name
        matrix = block.matrix(*given_values)
        if matrix is not None:
            matrices[name] = matrix
    assume(len(nodes) > 1)
    sheet = Sheet(nodes=tuple(nodes), edges=tuple(edges))
    inner = [node for node in nodes[1:] if len(node.block.ports) == 1 and not node.block.many]
    if inner and draw(st.booleans()):
        chosen = draw(st.sampled_from(inner))
        found = next(one for one in fit_all(sheet) if isinstance(one, Fit) and one.node.id == chosen.id)
        if found.given == (found.gives,):
            repeated = tuple(n.replace(group="again") if n.id == chosen.id else n for n in nodes)
            return sheet.replace(nodes=repeated, groups=(GraphGroup(id="again", title="Again", times=3),))
    return sheet
