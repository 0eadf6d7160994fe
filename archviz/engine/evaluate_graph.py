"""Evaluation of a sheet, block by block on the meta device: shapes, parameters and MACs, up to the block at fault."""

from functools import lru_cache

import torch
from pydantic import Field

from archviz.blocks.assembly.fitting import Fault, Fit, fit, fit_all
from archviz.blocks.assembly.node import Change, Misfit, NodeConfig, Repair
from archviz.blocks.assembly.sheet import GraphEdge, GraphNode, Sheet, structure
from archviz.core.record import Record
from archviz.core.setup import Inputs
from archviz.engine.counting import Counter, NoFormula

MOST_IN_ALL = 2_000_000_000
"""Parameters of a whole model."""


class ProposedFix(Record):
    """What would mend a block, as one change of the sheet."""

    label: str
    node: str
    fields: dict[str, int | float | str | bool | None] = {}
    """New values for fields of the block."""
    insert: NodeConfig | None = None
    """A new block on the line `edge`."""
    edge: GraphEdge | None = None


class NodeReport(Record):
    """What comes out of one block and what it costs; or what is wrong with it; or nothing yet, behind a fault."""

    id: str
    shape: tuple[int, ...] | None = None
    """Without the batch."""
    parameters: int = 0
    macs: int = 0
    times: int = 1
    """How often the block is there, in a repeated group."""
    error: str | None = None
    fix: ProposedFix | None = None


class GraphReport(Record):
    """A whole sheet."""

    nodes: tuple[NodeReport, ...] = ()
    fault: str | None = Field(None, description="what is wrong with the whole")
    parameters: int = 0
    macs: int = 0
    output: tuple[int, ...] | None = None
    """What the model gives for one example; none while it is no model."""

    @property
    def sentence(self) -> str | None:
        """The first thing that is wrong, or none: then the sheet is a model."""
        first = next((f"{node.id}: {node.error}" for node in self.nodes if node.error), None)
        return first or self.fault


def evaluate_graph(sheet: Sheet) -> GraphReport:
    """Shapes, parameters and MACs of every block at batch 1, as far as they go. Nothing is allocated; never raises."""
    found = structure(sheet)
    times = {group.id: group.times for group in sheet.groups}
    copies = {node.id: times.get(node.group or "", 1) for node in sheet.nodes}
    reports = {node.id: NodeReport(id=node.id, times=copies[node.id]) for node in sheet.nodes}
    for name, sentence in found.faults.items():
        reports[name] = NodeReport(id=name, times=copies[name], error=sentence)
    sizes: dict[str, tuple[int, ...]] = {}
    for one in fit_all(sheet, found):
        node = one.node
        if isinstance(one, Fault):
            fix = _proposed(one.misfit.repair, node, sheet)
            reports[node.id] = NodeReport(id=node.id, times=copies[node.id], error=str(one.misfit), fix=fix)
            continue
        if reports[node.id].error is None:
            reports[node.id] = _report(one, copies[node.id])
        sizes[node.id] = one.gives.shape
    parameters = sum(report.parameters * report.times for report in reports.values())
    macs = sum(report.macs * report.times for report in reports.values())
    fault = found.fault
    if fault is None and parameters > MOST_IN_ALL:
        fault = f"The model would have {parameters:,} parameters, more than {MOST_IN_ALL:,}; make it narrower."
    output = None
    if fault is None and all(report.error is None for report in reports.values()) and found.output is not None:
        last = next((step for step in found.steps if step.id == found.output), None)
        end = last.inside[-1].id if last and last.inside else found.output
        output = sizes.get(end)
    return GraphReport(nodes=tuple(reports.values()), fault=fault, parameters=parameters, macs=macs, output=output)


def _report(one: Fit, times: int) -> NodeReport:
    macs = _macs(one.node.block, one.given) if one.given else 0
    return NodeReport(id=one.node.id, shape=one.gives.shape, parameters=one.parameters, macs=macs, times=times)


@lru_cache(maxsize=4096)
def _macs(block: NodeConfig, given: tuple[Inputs, ...]) -> int:
    layer, _, _ = fit(block, given)
    with torch.device("meta"), torch.no_grad():
        module = layer.build().eval()
        try:
            with Counter() as counter:
                module(*block.examples(*given))
        except NoFormula:
            return 0
    macs: int = counter.macs
    return macs


def _proposed(repair: Repair | None, node: GraphNode, sheet: Sheet) -> ProposedFix | None:
    if repair is None:
        return None
    if isinstance(repair.change, Change):
        return ProposedFix(label=repair.label, node=node.id, fields=dict(repair.change.fields))
    ports = node.block.ports
    lines = sorted((e for e in sheet.edges if e.target == node.id), key=lambda edge: ports.index(edge.port))
    if repair.change.port >= len(lines):
        return None
    return ProposedFix(label=repair.label, node=node.id, insert=repair.change.node, edge=lines[repair.change.port])


def mended(sheet: Sheet, fix: ProposedFix) -> Sheet:
    """The sheet after this fix. Raises Misfit when what it mends is not there any more."""
    if fix.insert is None:
        nodes = tuple(
            node.replace(block=node.block.replace(**fix.fields)) if node.id == fix.node else node
            for node in sheet.nodes
        )
        return sheet.replace(nodes=nodes)
    if fix.edge not in sheet.edges:
        raise Misfit("The line that this would mend is gone.")
    taken, number = {node.id for node in sheet.nodes}, 1
    while f"{fix.insert.name}{number}" in taken:
        number += 1
    name = f"{fix.insert.name}{number}"
    target = next(node for node in sheet.nodes if node.id == fix.edge.target)
    added = GraphNode(id=name, block=fix.insert, group=target.group)
    edges: list[GraphEdge] = []
    for edge in sheet.edges:
        if edge == fix.edge:
            edges += [GraphEdge(source=edge.source, target=name, port=fix.insert.ports[0])]
            edge = edge.replace(source=name)
        edges.append(edge)
    return sheet.replace(nodes=(*sheet.nodes, added), edges=tuple(edges))
