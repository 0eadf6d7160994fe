"""The builder: a model assembled from blocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import streamlit as st

from app.canvas.mount import mount

Value = int | float | str | bool | None
LARGEST = 1000
"""Blocks that one design may have."""
MOST_COPIES = 64
"""Copies that a group may stand for."""


@dataclass(frozen=True)
class Kind:
    """A kind of block that can be put on the canvas; `parameters` are JSON schema properties, in their order."""

    kind: str
    title: str
    hint: str = ""
    inputs: tuple[str, ...] = ("input",)
    many: bool = False
    """Whether the last input takes any number of lines."""
    output: bool = True
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Kinds under one heading of the palette."""

    title: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Block:
    """One block of a design, with its place on the canvas."""

    id: str
    kind: str
    x: float = 0
    y: float = 0
    parameters: Mapping[str, Value] = field(default_factory=dict)
    group: str | None = None
    """The group that holds it."""


@dataclass(frozen=True)
class Frame:
    """A group: a frame around some blocks; with `times` above 1 it stands for so many copies."""

    id: str
    title: str = ""
    times: int = 1
    folded: bool = False


@dataclass(frozen=True)
class Wire:
    """From the output of one block to an input of another."""

    source: str
    target: str
    input: str = "input"


@dataclass(frozen=True)
class Design:
    """What the reader has assembled. Blocks and wires refer to each other, but nothing says that it is a model."""

    blocks: tuple[Block, ...] = ()
    wires: tuple[Wire, ...] = ()
    groups: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class SetParameters:
    """A repair: other values for some parameters of a block."""

    block: str
    parameters: Mapping[str, Value]


@dataclass(frozen=True)
class InsertBlock:
    """A repair: a new block put into a wire."""

    kind: str
    into: Wire
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Fix:
    """What a click on the faulty block does, as one step that can be undone."""

    label: str
    repairs: tuple[SetParameters | InsertBlock, ...]


@dataclass(frozen=True)
class Status:
    """What comes out of a block and what it costs, or what is wrong with it."""

    shape: str | None = None
    """In words, such as `64×32×32`."""
    parameters: int = 0
    macs: int = 0
    error: str | None = None
    fix: Fix | None = None


def builder(
    palette: Sequence[Group],
    design: Design,
    judge: Callable[[Design], Mapping[str, Status]],
    *,
    key: str,
    revision: str | int,
    height: int = 620,
    on_change: Callable[[], None] = lambda: None,
) -> Design:
    """Show palette and canvas; gives the design as it is now.

    The design belongs to the reader: what is passed counts once for each `revision`. `judge` says by block id what
    stands on each block; it is called with the newest design, so that one run of the page answers an edit.
    """
    kept: Any = st.session_state.get(key)
    designed = kept and kept.get("designed")
    now = current(design, revision, designed, palette)
    data = {
        "palette": [asdict(group) for group in palette],
        "design": asdict(now),
        "revision": str(revision),
        "status": {block: describe(status) for block, status in judge(now).items()},
        "judged": edit_of(designed, revision),
        "height": height,
    }
    result = mount("builder", data, key=key, on_designed_change=on_change)
    return current(design, revision, result.get("designed"), palette)


def describe(status: Status) -> dict[str, Any]:
    """What the front end is told of a block; the twin of `Status` in `frontend/src/builder/data.ts`."""
    fix = status.fix and {"label": status.fix.label, "repairs": [_repair(one) for one in status.fix.repairs]}
    return {**asdict(status), "fix": fix}


def _repair(repair: SetParameters | InsertBlock) -> dict[str, Any]:
    if isinstance(repair, SetParameters):
        return {"set": repair.block, "parameters": dict(repair.parameters)}
    return {"insert": repair.kind, "parameters": dict(repair.parameters), "into": asdict(repair.into)}


def edit_of(designed: Any, revision: str | int) -> int:
    """The number of the reader's newest edit in this revision."""
    if not isinstance(designed, Mapping) or designed.get("revision") != str(revision):
        return 0
    edit = designed.get("edit")
    return edit if isinstance(edit, int) else 0


def current(given: Design, revision: str | int, designed: Any, palette: Sequence[Group]) -> Design:
    """The design as it is: as the reader left it in this revision, otherwise as given.

    `designed` comes from the browser, so nothing in it is believed: blocks of unknown kinds, second blocks of a name,
    parameters that a kind does not have, values that are not plain and wires that end nowhere are dropped.
    """
    if not isinstance(designed, Mapping) or designed.get("revision") != str(revision):
        return given
    kinds = {kind.kind: kind for group in palette for kind in group.kinds}
    blocks: dict[str, Block] = {}
    for told in _mappings(designed.get("blocks"))[:LARGEST]:
        block = _block(told, kinds)
        if block is not None:
            blocks.setdefault(block.id, block)
    wires: dict[Wire, None] = {}
    for told in _mappings(designed.get("wires")):
        wire = Wire(str(told.get("source")), str(told.get("target")), str(told.get("input")))
        target = blocks.get(wire.target)
        if wire.source in blocks and target and wire.input in kinds[target.kind].inputs:
            wires[wire] = None
    groups = {frame.id: frame for told in _mappings(designed.get("groups"))[:LARGEST] if (frame := _frame(told))}
    held = tuple(
        block if block.group is None or block.group in groups else replace(block, group=None)
        for block in blocks.values()
    )
    used = {block.group for block in held}
    return Design(held, tuple(wires), tuple(frame for name, frame in groups.items() if name in used))


def _frame(told: Mapping[str, Any]) -> Frame | None:
    name, title, times = told.get("id"), told.get("title"), told.get("times")
    if not (isinstance(name, str) and isinstance(title, str) and type(times) is int and 1 <= times <= MOST_COPIES):
        return None
    return Frame(name, title[:60], times, told.get("folded") is True)


def _mappings(told: Any) -> list[Mapping[str, Any]]:
    return [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []


def _block(told: Mapping[str, Any], kinds: Mapping[str, Kind]) -> Block | None:
    name, kind, x, y = (told.get(key) for key in ("id", "kind", "x", "y"))
    if not (isinstance(name, str) and isinstance(kind, str) and kind in kinds):
        return None
    if not (isinstance(x, int | float) and isinstance(y, int | float)):
        return None
    parameters = told.get("parameters")
    known = kinds[kind].parameters
    values = {
        key: value
        for key, value in (parameters.items() if isinstance(parameters, Mapping) else ())
        if key in known and (value is None or isinstance(value, int | float | str | bool))
    }
    group = told.get("group")
    return Block(name, kind, x, y, values, group if isinstance(group, str) else None)
