"""Arrangement: places on the canvas for blocks that have none, in the order of the flow, in rows like text."""

import math

from archviz.blocks.assembly.sheet import GraphNode, Sheet, structure

COLUMN = 252
HEADER, FIELD, FOOT, GAP, CARD = 30, 28, 62, 40, 160
"""Heights of a block's parts on the canvas, the space between two, and what a folded group takes."""


def arranged(sheet: Sheet) -> Sheet:
    """The sheet with a place for every block; those that have one keep it."""
    if all(node.at is not None for node in sheet.nodes):
        return sheet
    folded = {group.id for group in sheet.groups if group.folded}
    unit = {node.id: node.group if node.group in folded else node.id for node in sheet.nodes}
    sources: dict[str, list[str]] = {name: [] for name in unit.values()}
    for edge in sheet.edges:
        if edge.target in unit and edge.source in unit and unit[edge.source] != unit[edge.target]:
            sources[unit[edge.target]].append(unit[edge.source])
    order = [inner.id for step in structure(sheet).steps for inner in step.walk() if inner.node is not None]
    known = set(order)
    depth: dict[str, int] = {}
    for node_id in (*order, *(node.id for node in sheet.nodes if node.id not in known)):
        name = unit[node_id]
        if name not in depth:
            depth[name] = 1 + max((depth[source] for source in sources[name] if source in depth), default=-1)
    heights = {unit[node.id]: CARD if node.group in folded else _height(node) for node in sheet.nodes}
    across = max(4, round(math.sqrt(1.4 * len(depth))))
    columns: dict[int, list[str]] = {}
    for name, place in depth.items():
        columns.setdefault(place, []).append(name)
    places: dict[str, tuple[int, int]] = {}
    top = 60
    for first in range(0, max(depth.values(), default=-1) + 1, across):
        lowest = top
        for column in range(across):
            y = top
            for name in columns.get(first + column, ()):
                places[name] = (40 + column * COLUMN, y)
                y += heights[name]
            lowest = max(lowest, y)
        top = lowest + GAP
    inside: dict[str, int] = {}
    nodes = []
    for node in sheet.nodes:
        x, y = places[unit[node.id]]
        shift = inside.get(unit[node.id], 0)  # blocks of a folded group stand in a row behind its card
        inside[unit[node.id]] = shift + 1
        nodes.append(node if node.at is not None else node.replace(at=(x + shift * COLUMN, y)))
    return sheet.replace(nodes=tuple(nodes))


def _height(node: GraphNode) -> int:
    return HEADER + FIELD * len(type(node.block).model_fields) + FOOT + GAP
