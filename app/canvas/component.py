"""What pages use of the canvas."""

from app.canvas.builder import (
    Block,
    Design,
    Fix,
    Frame,
    Group,
    InsertBlock,
    Kind,
    SetParameters,
    Status,
    Wire,
    builder,
)
from app.canvas.lanes import Chip, Lanes, lanes
from app.canvas.viewer import Click, Measure, coloured, viewer

__all__ = [
    "Block",
    "Chip",
    "Click",
    "Design",
    "Fix",
    "Frame",
    "Group",
    "InsertBlock",
    "Kind",
    "Lanes",
    "Measure",
    "SetParameters",
    "Status",
    "Wire",
    "builder",
    "coloured",
    "lanes",
    "viewer",
]
