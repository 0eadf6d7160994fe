"""Arrangement: places on the canvas for blocks that have none, in the order of the flow, in rows like text."""

from archviz.blocks.assembly.sheet import Sheet, structure

COLUMN, ROW, LANE = 252, 420, 210
ACROSS = 8
"""Blocks in one row."""


def arranged(sheet: Sheet) -> Sheet:
    """The sheet with a place for every block; those that have one keep it."""
    if all(node.at is not None for node in sheet.nodes):
        return sheet
    depth: dict[str, int] = {}
    sources: dict[str, list[str]] = {node.id: [] for node in sheet.nodes}
    for edge in sheet.edges:
        if edge.target in sources:
            sources[edge.target].append(edge.source)
    order = [inner.id for step in structure(sheet).steps for inner in step.walk() if inner.node is not None]
    for name in (*order, *(node.id for node in sheet.nodes if node.id not in order)):
        depth[name] = 1 + max((depth[source] for source in sources[name] if source in depth), default=-1)
    lanes: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for name in depth:
        lane = lanes.get(depth[name], 0)
        lanes[depth[name]] = lane + 1
        row, column = divmod(depth[name], ACROSS)
        places[name] = (40 + column * COLUMN, 60 + row * ROW + lane * LANE)
    return sheet.replace(nodes=tuple(n if n.at is not None else n.replace(at=places[n.id]) for n in sheet.nodes))
