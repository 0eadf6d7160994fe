"""Desk: the model that a session puts together: where it came from, what stands on the canvas, what it was before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st

from app import designs, workbench
from app.canvas.builder import Design, current

if TYPE_CHECKING:
    from archviz.blocks.assembly.sheet import Sheet
    from archviz.blocks.initialization import InitConfig
    from archviz.core.setup import Inputs, Recipe

CANVAS = "builder"
"""Session key of the canvas."""
BLANK = "a blank canvas"


@dataclass
class Desk:
    """What one session knows of its model; it outlives a look at another page."""

    given: Sheet = field(default_factory=designs.blank)
    """What was put on the canvas, before the reader's edits."""
    revision: str = field(default_factory=lambda: uuid4().hex)
    """A name for what was given; never a known one: with that the canvas would keep what stands on it."""
    title: str = BLANK
    """Where it came from."""
    init: InitConfig | None = None
    """How its weights are drawn; none: as blocks do by themselves."""
    before: Sheet | None = None
    """What was given, where that is a model."""
    sheet: Sheet = field(default_factory=designs.blank)
    """What stood on the canvas when it was drawn last."""
    sources: tuple[str, str] | None = None
    """The source before the last edit that changed it, and now."""
    taken: Inputs | None = None
    """What the model took when its training was drawn last."""
    recipe: Recipe | None = None
    """How it would be trained."""
    trained: Sheet | None = None
    """What was trained last."""
    asked: Mapping[str, str] | None = None
    """What of the address was opened; none when something is to be opened."""
    said: str | None = None
    """Why what the address asks for could not be opened."""
    left_out: str | None = None
    """What of the original is not on the canvas."""

    def open(self, sheet: Sheet, init: InitConfig | None, title: str, left_out: str | None = None) -> None:
        """Put a sheet on the canvas in place of what stands there."""
        self.revision = uuid4().hex
        self.given = self.sheet = sheet
        self.init, self.title, self.left_out = init, title, left_out
        self.before = sheet if designs.graph_report(sheet).sentence is None else None
        self.sources = None

    def standing(self) -> tuple[Sheet, str | None]:
        """The sheet as the reader has left it, and what is wrong with a block's values.

        Also after an edit that was sent together with a press, for which the canvas has not been drawn anew yet.
        """
        kept: Any = st.session_state.get(CANVAS)
        given = workbench.design_of(self.given)
        design = current(given, self.revision, kept and kept.get("designed"), workbench.palette())
        return read(design)


def read(design: Design) -> tuple[Sheet, str | None]:
    """A design as a sheet, and what is wrong with the values of the first block that has wrong ones."""
    sheet, refused = workbench.sheet_of(design)
    return sheet, next(iter(refused.values()), None)


def of_session() -> Desk:
    """The desk of this browser session."""
    found: Desk | None = st.session_state.get("desk")
    if found is None:
        found = st.session_state["desk"] = Desk()
    return found
