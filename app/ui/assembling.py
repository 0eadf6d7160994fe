"""Assembling: the canvas, and beside it the source of what stands on it, or what can be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app import designs, workbench
from app.desk import CANVAS, Desk, read
from app.ui import exports, parts, sources

if TYPE_CHECKING:
    from app.canvas.builder import Design, Status

HEIGHT = 640


def draw(model: Desk) -> bool:
    """Canvas and source; gives whether the reader has changed something since these were drawn last."""
    from app.canvas.component import builder

    def judge(design: Design) -> Mapping[str, Status]:
        sheet, refused = workbench.sheet_of(design)
        return workbench.statuses(designs.graph_report(sheet), refused)

    canvas, beside = st.columns([8, 4], gap="medium")
    with canvas:
        design = builder(
            workbench.palette(),
            workbench.design_of(model.given),
            judge,
            key=CANVAS,
            revision=model.revision,
            height=HEIGHT,
        )
    before = model.sheet
    model.sheet, fault = read(design)
    report = designs.graph_report(model.sheet)
    with canvas:
        words = fault or workbench.summary(report)
        parts.html(f'<p class="az-quiet" data-testid="whole">{parts.escape(words)}</p>')
    with beside:
        _outcome(model, fault is None and report.sentence is None)
    return model.sheet != before


def _outcome(model: Desk, whole: bool) -> None:
    # What nobody looks at is not made: exports take seconds, and an edit is answered at once.
    source, export = st.tabs(["Source", "Export and share"], on_change="rerun", key="build.beside")
    if not whole:
        with source:
            _unfinished(model.sources)
        with export:
            parts.html('<div class="az-empty">There is nothing to export until the blocks make a model.</div>')
        return
    config = designs.assembled(model.sheet, model.init)
    text = designs.source(config)
    before, now = model.sources or (text, text)
    if text != now:
        before, now = now, text
    model.sources = before, now
    with source:
        _source(before, now)
    if export.open:
        with export:
            exports.panel(model, config, text)


def _unfinished(kept: tuple[str, str] | None) -> None:
    if kept is None:
        _source("", "", "The source appears as soon as the blocks make a model.")
    else:
        _source(kept[1], kept[1], "This is the source of the last version that was a model.")


def _source(before: str, now: str, note: str = "") -> None:
    """The whole source, what the last edit changed in colour."""
    from archviz.export.difference import difference

    sources.lines(difference(before, now, None), HEIGHT - 70, "source", note)
