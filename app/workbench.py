"""Workbench: between the canvas' design and the library's sheet. Pure functions; the page and its tests use them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from app.canvas.builder import Block, Design, Fix, Frame, Group, InsertBlock, Kind, SetParameters, Status, Wire
from archviz.core.metrics import significant
from archviz.core.record import reason

if TYPE_CHECKING:
    from archviz.blocks.assembly.sheet import Sheet
    from archviz.core.setup import DatasetConfig, Inputs
    from archviz.engine.evaluate_graph import GraphReport, ProposedFix


@cache
def palette() -> tuple[Group, ...]:
    """Every block of the catalogue, grouped as in the book."""
    from archviz.blocks.assembly.catalogue import GROUPS, hint

    return tuple(
        Group(
            title,
            tuple(
                Kind(
                    kind=kind.name,
                    title=kind.title,
                    hint=hint(kind),
                    inputs=kind.ports,
                    many=kind.many,
                    parameters=kind.model_json_schema()["properties"],
                )
                for kind in kinds
            ),
        )
        for title, kinds in GROUPS.items()
    )


def design_of(sheet: Sheet) -> Design:
    """The sheet as the canvas shows it; blocks without a place get one."""
    from archviz.export.arrange import arranged

    blocks = tuple(
        Block(node.id, node.block.name, *(node.at or (0, 0)), parameters=dict(node.block), group=node.group)
        for node in arranged(sheet).nodes
    )
    wires = tuple(Wire(edge.source, edge.target, edge.port) for edge in sheet.edges)
    return Design(blocks, wires, tuple(Frame(g.id, g.title or g.id, g.times, g.folded) for g in sheet.groups))


def sheet_of(design: Design) -> tuple[Sheet, dict[str, str]]:
    """The design as a sheet, and by block what is wrong with values that its kind does not take."""
    from archviz.blocks.assembly.catalogue import BLOCKS
    from archviz.blocks.assembly.sheet import GraphEdge, GraphGroup, GraphNode, Sheet

    nodes, refused = [], {}
    for block in design.blocks:
        kind = BLOCKS[block.kind]
        try:
            config = kind.model_validate({k: v for k, v in block.parameters.items() if k in kind.model_fields})
        except ValidationError as error:
            refused[block.id] = f"{reason(error)}."
            config = kind()
        nodes.append(GraphNode(id=block.id, block=config, at=(round(block.x), round(block.y)), group=block.group))
    sheet = Sheet(
        nodes=tuple(nodes),
        edges=tuple(GraphEdge(source=wire.source, target=wire.target, port=wire.input) for wire in design.wires),
        groups=tuple(GraphGroup(id=g.id, title=g.title, times=g.times, folded=g.folded) for g in design.groups),
    )
    return sheet, refused


def statuses(report: GraphReport, refused: Mapping[str, str]) -> dict[str, Status]:
    """What stands on each block."""
    found = {}
    for node in report.nodes:
        error = refused.get(node.id) or node.error
        shape = "×".join(map(str, node.shape)) if node.shape is not None else None
        if shape is not None and node.times > 1:
            shape = f"{shape} · {node.times} copies"
        found[node.id] = Status(
            shape=shape,
            parameters=node.parameters,
            macs=node.macs,
            error=error,
            fix=_fix(node.fix) if node.fix is not None and node.id not in refused else None,
        )
    return found


def _fix(fix: ProposedFix) -> Fix:
    if fix.insert is None or fix.edge is None:
        return Fix(fix.label, (SetParameters(fix.node, dict(fix.fields)),))
    wire = Wire(fix.edge.source, fix.edge.target, fix.edge.port)
    values: dict[str, Any] = dict(fix.insert)
    return Fix(fix.label, (InsertBlock(fix.insert.name, wire, values),))


def summary(report: GraphReport) -> str:
    """The whole model in one line."""
    if report.sentence is not None:
        return report.sentence
    out = "×".join(map(str, report.output or ()))
    return f"{significant(report.parameters)} parameters · {significant(report.macs)} MACs · gives {out}"


def given(sheet: Sheet) -> Inputs | None:
    """What the model on a sheet takes; none while it has no input."""
    from archviz.blocks.assembly.inputs import InputConfig

    return next((node.block.given for node in sheet.nodes if isinstance(node.block, InputConfig)), None)


def in_size(dataset: DatasetConfig, wanted: Inputs | None) -> DatasetConfig:
    """The dataset with its images or texts in the size that is wanted, if it has them in that; else as it is."""
    if wanted is None or dataset.inputs == wanted:
        return dataset
    for name, field in type(dataset).model_fields.items():
        values = get_args(field.annotation) or (wanted.shape if field.annotation is int else ())
        for value in values:
            with suppress(ValueError):
                found = dataset.replace(**{name: value})
                if found.inputs == wanted:
                    return found
    return dataset


def misfit(sheet: Sheet, report: GraphReport, dataset: DatasetConfig) -> str | None:
    """Why this model cannot learn from this dataset, or none."""
    taken = given(sheet)
    if report.sentence is not None or taken is None:
        return report.sentence or "The model has no input."
    wanted = dataset.inputs
    if (
        taken.shape != wanted.shape
        or taken.tokens != wanted.tokens
        or (taken.vocabulary or 0) != (wanted.vocabulary or 0)
    ):
        return f"The data are {_size(wanted)}, and the model takes {_size(taken)}."
    out = (*wanted.shape, dataset.outputs) if wanted.tokens else (dataset.outputs,)
    if report.output != out:
        meant, is_now = ("×".join(map(str, shape)) for shape in (out, report.output or ()))
        return f"For these data the model must give {meant} numbers, and it gives {is_now}."
    return None


def _size(given: Any) -> str:
    size = "×".join(map(str, given.shape))
    return f"{size} tokens of {given.vocabulary}" if given.tokens else f"images of {size}"


def fitted(sheet: Sheet, dataset: DatasetConfig) -> Sheet:
    """The sheet with its input, and a linear layer at its end, as the dataset needs them."""
    from archviz.blocks.assembly.head import LinearNode
    from archviz.blocks.assembly.inputs import ImageNode, InputConfig, TextNode

    wanted = dataset.inputs
    used = {edge.source for edge in sheet.edges}
    nodes = []
    for node in sheet.nodes:
        if isinstance(node.block, InputConfig):
            if wanted.vocabulary is not None:
                node = node.replace(block=TextNode.Config(length=wanted.shape[0], vocabulary=wanted.vocabulary))
            else:
                channels, height, width = wanted.shape
                node = node.replace(block=ImageNode.Config(channels=channels, height=height, width=width))
        elif isinstance(node.block, LinearNode.Config) and node.id not in used:
            node = node.replace(block=node.block.replace(features=dataset.outputs))
        nodes.append(node)
    return sheet.replace(nodes=tuple(nodes))
