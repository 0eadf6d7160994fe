"""A page with nothing but the builder, for the browser tests: a few blocks that reckon with shapes of their own."""

import json
from collections.abc import Mapping
from math import prod
from typing import Any

import streamlit as st

from app.canvas.component import Block, Design, Fix, Group, InsertBlock, Kind, SetParameters, Status, Wire, builder

SIZE = {"type": "integer", "minimum": 1, "maximum": 512}
PALETTE = (
    Group("Input", (Kind("Image", "Image", inputs=(), parameters={"size": {**SIZE, "default": 8}}),)),
    Group(
        "Convolution",
        (
            Kind(
                "Conv",
                "Convolution",
                "Slides small filters over the image.",
                parameters={
                    "channels": {**SIZE, "default": 16, "description": "filters"},
                    "kernel": {"type": "integer", "minimum": 1, "maximum": 11, "default": 3},
                    "padding": {"enum": ["valid", "same"], "default": "same"},
                    "bias": {"type": "boolean", "default": True},
                },
            ),
        ),
    ),
    Group("Activation", (Kind("ReLU", "ReLU"),)),
    Group("Connection", (Kind("Add", "Add", inputs=("terms",), many=True), Kind("Flatten", "Flatten"))),
    Group("Head", (Kind("Linear", "Linear", parameters={"features": {**SIZE, "default": 10}}),)),
)


def judge(design: Design) -> dict[str, Status]:
    """Shapes block by block, as far as they go."""
    shapes: dict[str, tuple[int, ...]] = {}
    told: dict[str, Status] = {}
    waiting = list(design.blocks)
    while waiting:
        ready = [b for b in waiting if all(w.source in told for w in design.wires if w.target == b.id)]
        for block in ready:
            wires = [wire for wire in design.wires if wire.target == block.id]
            told[block.id], shape = reckon(block, wires, shapes)
            if shape is not None:
                shapes[block.id] = shape
        waiting = [block for block in waiting if block not in ready]
        if not ready:
            break
    return told


def reckon(
    block: Block, wires: list[Wire], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[Status, tuple[int, ...] | None]:
    """One block."""
    values: Any = block.parameters
    if block.kind == "Image":
        return done((1, values["size"], values["size"]))
    before = [shapes[wire.source] for wire in wires if wire.source in shapes]
    if not wires:
        return Status(error="Nothing comes in; draw a line to it."), None
    if not before:
        return Status(), None
    shape = before[0]
    if block.kind == "Conv":
        if len(shape) != 3:
            return Status(error="A convolution needs an image."), None
        lost = 0 if values["padding"] == "same" else values["kernel"] - 1
        if shape[1] <= lost:
            fix = Fix("Use padding: same", (SetParameters(block.id, {"padding": "same"}),))
            return Status(error=f"The kernel of {values['kernel']} is larger than the image.", fix=fix), None
        parameters = values["channels"] * (shape[0] * values["kernel"] ** 2 + values["bias"])
        return done((values["channels"], shape[1] - lost, shape[2] - lost), parameters)
    if block.kind == "Linear":
        if len(shape) != 1:
            fix = Fix("Insert Flatten", (InsertBlock("Flatten", wires[0]),))
            return Status(error="Linear needs a row of numbers, not an image.", fix=fix), None
        return done((values["features"],), (shape[0] + 1) * values["features"])
    if block.kind == "Flatten":
        return done((prod(shape),))
    if any(other != shape for other in before):
        return Status(error="All terms need the same shape."), None
    return done(shape)


def done(shape: tuple[int, ...], parameters: int = 0) -> tuple[Status, tuple[int, ...]]:
    return Status("×".join(map(str, shape)), parameters, parameters * 10), shape


st.set_page_config(layout="wide")
revision = st.session_state.setdefault("revision", 0)
START = Design() if revision == 0 else Design((Block("image1", "Image", 40, 60, {"size": 16}),))


@st.fragment
def canvas() -> None:
    """A fragment, as on the real page: an edit does not run the rest."""
    design = builder(PALETTE, START, judge, key="builder", revision=revision)
    wires = [f"{wire.source}>{wire.target}" for wire in design.wires]
    st.code(json.dumps({"blocks": [block.id for block in design.blocks], "wires": wires}), language=None)


canvas()
if st.button("Template"):
    st.session_state.revision += 1
    st.rerun()
