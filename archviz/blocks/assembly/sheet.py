"""Sheet: what stands on the canvas. Nothing says that it is a model; `structure` says what keeps it from being one.

A group is a frame around some blocks. One with `times` above 1 stands for so many copies of its blocks, one after
another, each with weights of its own.
"""

import keyword
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush

from pydantic import Field
from torch import nn

from archviz.blocks.assembly.inputs import InputConfig
from archviz.blocks.assembly.node import NodeConfig
from archviz.core.record import Record

MOST_NODES = 2000
"""Blocks of a model, copies in repeated groups included."""
RESERVED = frozenset(dir(nn.Module())) | {
    "taps",
    "order",
    "entry",
    "init",
    "config",
    "x",
    "self",
    "torch",
    "nn",
    "F",
    "math",
    "Tensor",
}


class GraphNode(Record):
    """One block on the sheet."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", description="its name, which its parameters carry, too")
    block: NodeConfig = Field(description="what it is")
    at: tuple[int, int] | None = Field(None, description="where it stands on the canvas")
    group: str | None = Field(None, description="the group that holds it")


class GraphEdge(Record):
    """From the output of one block to a port of another; lines to one port count in their order."""

    source: str = Field(description="where it comes from")
    target: str = Field(description="where it goes")
    port: str = Field("input", description="the port of the target")


class GraphGroup(Record):
    """A frame around some blocks."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", description="its name")
    title: str = Field("", max_length=60, description="what it says")
    times: int = Field(1, ge=1, le=64, description="copies, one after another")
    folded: bool = Field(False, description="whether the canvas shows it as one block")


class Sheet(Record):
    """Blocks, lines and groups, in any state of completion."""

    nodes: tuple[GraphNode, ...] = Field((), max_length=MOST_NODES, description="the blocks")
    edges: tuple[GraphEdge, ...] = Field((), max_length=4 * MOST_NODES, description="the lines")
    groups: tuple[GraphGroup, ...] = Field((), max_length=MOST_NODES, description="the frames")

    def bare(self) -> "Sheet":
        """The same model without what only the canvas knows: places, and frames that repeat nothing."""
        kept = {group.id for group in self.groups if group.times > 1}
        return Sheet(
            nodes=tuple(n.replace(at=None, group=n.group if n.group in kept else None) for n in self.nodes),
            edges=self.edges,
            groups=tuple(group.replace(folded=False) for group in self.groups if group.id in kept),
        )


@dataclass(frozen=True)
class Step:
    """One block in the order of the calculation, or a repeated group as one step."""

    id: str
    sources: tuple[str, ...]
    """Ids of the steps whose values come in, in the order of the ports."""
    node: GraphNode | None = None
    times: int = 1
    inside: tuple["Step", ...] = ()
    """The steps of a repeated group; `entry` is the id by which they call what comes in."""
    entry: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The sources whose values come in."""
        return self.sources[: len(self.sources) - len(self.tied)]

    @property
    def tied(self) -> tuple[str, ...]:
        """The sources whose matrix is shared, after those whose values come in."""
        count = self.node.block.tied if self.node else 0
        return self.sources[len(self.sources) - count :]

    def walk(self) -> Iterable["Step"]:
        """This step and those inside it."""
        yield self
        for step in self.inside:
            yield from step.walk()


@dataclass
class Structure:
    """A sheet in the order of calculation, as far as there is one, and what is wrong with it."""

    steps: tuple[Step, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)
    """By block."""
    fault: str | None = None
    """What is wrong with the whole."""

    @cached_property
    def output(self) -> str | None:
        """The step whose value is the model's."""
        used = {source for step in self.steps for source in step.sources}
        ends = [step.id for step in self.steps if step.id not in used]
        return ends[0] if len(ends) == 1 else None


def structure(sheet: Sheet) -> Structure:
    """Order the blocks so that each comes after those that it needs; those that never can are left out."""
    fault = _misnamed(sheet)
    if fault is not None:
        return Structure(fault=fault)
    nodes = {node.id: node for node in sheet.nodes}
    found = Structure(faults=_ports(sheet, nodes) | _cycles(sheet, nodes))
    repeated = {group.id: group for group in sheet.groups if group.times > 1}
    units: dict[str, Step] = {}
    for group in repeated.values():
        unit, fault = _unit(group, sheet, nodes)
        if unit is not None:
            units[group.id] = unit
        elif fault:
            first = next(node.id for node in sheet.nodes if node.group == group.id)
            found.faults.setdefault(first, fault)
    found.steps = _ordered(sheet, nodes, units)
    inputs = [node.id for node in sheet.nodes if isinstance(node.block, InputConfig)]
    for extra in inputs[1:]:
        found.faults.setdefault(extra, f"A model has one input here; remove this one or {inputs[0]}.")
    used = {edge.source for edge in sheet.edges}
    ends = [node.id for node in sheet.nodes if node.id not in used]
    if not sheet.nodes:
        found.fault = "The canvas is empty; begin with Image or Text."
    elif not inputs:
        found.fault = "There is no input; add Image or Text."
    elif len(ends) > 1:
        shown = ", ".join(ends[:4]) + (", ..." if len(ends) > 4 else "")
        found.fault = f"{len(ends)} blocks lead nowhere ({shown}); a model has one end: join them, or delete some."
    elif sum(step.times * max(1, len(step.inside)) for step in found.steps) > MOST_NODES:
        found.fault = f"With all copies these are more than {MOST_NODES:,} blocks; repeat less."
    return found


def unsound(sheet: Sheet) -> str | None:
    """Why this can be no drawing at all, finished or not: names that clash, lines to nowhere, a cycle."""
    fault = _misnamed(sheet)
    if fault is None:
        cycles = _cycles(sheet, {node.id: node for node in sheet.nodes})
        fault = next((f"{node.id}: {cycles[node.id]}" for node in sheet.nodes if node.id in cycles), None)
    return fault


def _misnamed(sheet: Sheet) -> str | None:
    """What is wrong with the names, so that nothing else can be said."""
    seen: set[str] = set()
    for name in (*(node.id for node in sheet.nodes), *(group.id for group in sheet.groups)):
        if name in seen:
            return f"Two blocks or groups are called {name!r}; names must differ."
        if name in RESERVED or keyword.iskeyword(name):
            return f"A block cannot be called {name!r}, which Python or torch uses; rename it."
        seen.add(name)
    nodes = {node.id: node for node in sheet.nodes}
    for edge in sheet.edges:
        for end in (edge.source, edge.target):
            if end not in nodes:
                return f"A line leads from {edge.source} to {edge.target}, but there is no block {end!r}."
        if edge.port not in nodes[edge.target].block.ports:
            ports = ", ".join(nodes[edge.target].block.ports) or "none"
            return f"A line leads to {edge.target}'s port {edge.port!r}, but its ports are: {ports}."
    groups = {group.id for group in sheet.groups}
    lost = next((node for node in sheet.nodes if node.group is not None and node.group not in groups), None)
    return f"{lost.id} is in the group {lost.group!r}, which is not there." if lost else None


def _ports(sheet: Sheet, nodes: Mapping[str, GraphNode]) -> dict[str, str]:
    lines: dict[tuple[str, str], int] = {}
    for edge in sheet.edges:
        lines[edge.target, edge.port] = lines.get((edge.target, edge.port), 0) + 1
    faults = {}
    for node in nodes.values():
        block = node.block
        for port in block.ports:
            many = block.many and port == block.ports[-1]
            count = lines.get((node.id, port), 0)
            where = f' at "{port}"' if len(block.ports) > 1 else ""
            if count == 0:
                faults[node.id] = f"Nothing comes in{where}; draw a line to it."
            elif many and count == 1:
                faults[node.id] = f"{block.title} needs at least two lines, and has one."
            elif not many and count > 1:
                faults[node.id] = f"{block.title} takes one line{where}, and has {count}; remove some."
            else:
                continue
            break
    return faults


def _cycles(sheet: Sheet, nodes: Mapping[str, GraphNode]) -> dict[str, str]:
    """A sentence at every block that its own output comes back to."""
    after: dict[str, list[str]] = {}
    missing = dict.fromkeys(nodes, 0)
    for edge in sheet.edges:
        after.setdefault(edge.source, []).append(edge.target)
        missing[edge.target] += 1
    free = [name for name, count in missing.items() if count == 0]
    while free:
        for name in after.get(free.pop(), ()):
            missing[name] -= 1
            if missing[name] == 0:
                free.append(name)
    stuck = {name for name, count in missing.items() if count > 0}
    faults = {}
    for name in (name for name in missing if name in stuck):  # in a cycle, or behind one
        way = _way_back(name, after, stuck)
        if way:
            faults[name] = f"This is a cycle: {' → '.join(way)}; remove one of its lines."
    return faults


def _way_back(start: str, after: Mapping[str, Sequence[str]], among: set[str]) -> list[str]:
    """The shortest way from a block to itself; empty when there is none."""
    before: dict[str, str] = {}
    queue = [start]
    for here in queue:
        for there in after.get(here, ()):
            if there == start:
                way = [start]
                while here != start:
                    way.append(here)
                    here = before[here]
                return [start, *reversed(way[1:]), start]
            if there in among and there not in before:
                before[there] = here
                queue.append(there)
    return []


def _sources(nodes: Iterable[GraphNode], edges: Iterable[GraphEdge]) -> dict[str, tuple[str, ...]]:
    """By block, where its lines come from, in the order of its ports."""
    lines: dict[str, list[GraphEdge]] = {node.id: [] for node in nodes}
    for edge in edges:
        if edge.target in lines:
            lines[edge.target].append(edge)
    ports = {node.id: node.block.ports for node in nodes}
    return {
        name: tuple(edge.source for edge in sorted(mine, key=lambda edge: ports[name].index(edge.port)))
        for name, mine in lines.items()
    }


def _unit(group: GraphGroup, sheet: Sheet, nodes: Mapping[str, GraphNode]) -> tuple[Step | None, str | None]:
    """A repeated group as one step, or why it cannot be repeated."""
    held = {name for name, node in nodes.items() if node.group == group.id}
    title = group.title or group.id
    if not held:
        return None, None
    entries = {edge.source for edge in sheet.edges if edge.target in held and edge.source not in held}
    exits = {edge.source for edge in sheet.edges if edge.source in held and edge.target not in held}
    inner = {edge.source for edge in sheet.edges if edge.source in held and edge.target in held}
    ends = exits or held - inner
    if any(isinstance(nodes[name].block, InputConfig) for name in held):
        return None, f"{title} cannot be repeated with the input in it; take the input out of the group."
    if len(entries) != 1 or len(ends) != 1 or held - inner - ends:
        return (
            None,
            f"{title} can be repeated only if one value comes in and one goes out; change the group or its lines.",
        )
    entry, end = next(iter(entries)), next(iter(ends))
    inside = tuple(node for node in sheet.nodes if node.id in held)
    sources = _sources(inside, sheet.edges)
    order = _sorted([Step(node.id, sources[node.id], node) for node in inside], {entry})
    if order[-1:] and order[-1].id != end:
        order = (*(step for step in order if step.id != end), *(step for step in order if step.id == end))
    if len(order) != len(inside):
        return None, None  # a cycle, which says so itself
    return Step(group.id, (entry,), times=group.times, inside=order, entry=entry), None


def _ordered(sheet: Sheet, nodes: Mapping[str, GraphNode], units: Mapping[str, Step]) -> tuple[Step, ...]:
    outside = {name: node.group for name, node in nodes.items() if node.group in units}
    steps: list[Step] = []
    placed: set[str] = set()
    lines = _sources(sheet.nodes, sheet.edges)
    for node in sheet.nodes:
        group = outside.get(node.id)
        if group is None:
            sources = tuple(outside.get(source) or source for source in lines[node.id])
            steps.append(Step(node.id, sources, node))
        elif group not in placed:
            placed.add(group)
            unit = units[group]
            sources = tuple(outside.get(source) or source for source in unit.sources)
            steps.append(Step(unit.id, sources, times=unit.times, inside=unit.inside, entry=unit.entry))
    return _sorted(steps, set())


def _sorted(steps: Sequence[Step], given: set[str]) -> tuple[Step, ...]:
    """In the order of calculation; among those that could be next, the one that goes on from the latest value."""
    place = dict.fromkeys(given, -1)
    missing = [set(step.sources) - given for step in steps]
    users: dict[str, list[int]] = {}
    for index, sources in enumerate(missing):
        for source in sources:
            users.setdefault(source, []).append(index)
    ready = [(1, index) for index, sources in enumerate(missing) if not sources]  # minus the place of the latest value
    heapify(ready)
    done: list[Step] = []
    while ready:
        _, index = heappop(ready)
        chosen = steps[index]
        place[chosen.id] = len(done)
        done.append(chosen)
        for user in users.get(chosen.id, ()):
            missing[user].discard(chosen.id)
            if not missing[user]:
                heappush(ready, (-max(place[source] for source in steps[user].sources), user))
    return tuple(done)
