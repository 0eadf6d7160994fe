"""Exports: what can be taken away of a model that was put together: files, a notebook, a link."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import designs
from app.background import Background
from app.desk import Desk
from app.ui import opening, parts

if TYPE_CHECKING:
    from app.designs import Export
    from archviz.models.assembled import Assembled

AT_REST = 1.0
"""Seconds without an edit after which files are made."""
LARGE = 5_000_000
"""Parameters from which on a file is made only when it is asked for."""
EDITED = "build.exported"
"""In the session: the model that files are made of, and since when it is as it is."""


def panel(desk: Desk, config: Assembled.Config, source: str) -> None:
    """Everything that can be taken away of the model on the canvas."""
    from archviz.export.link import to_link
    from archviz.export.spec_file import to_spec

    st.download_button(
        "Python file",
        source,
        "model.py",
        "text/x-python",
        help="The source beside the canvas; needs only torch.",
        icon=":material/code:",
        width="stretch",
    )
    st.download_button(
        "Spec",
        to_spec(desk.sheet, config.init),
        "model.json",
        "application/json",
        help="The blocks as JSON, for `archviz build` and to open here again.",
        icon=":material/data_object:",
        width="stretch",
    )
    files(config)
    recipe = desk.recipe
    if recipe is not None:
        st.download_button(
            "Notebook",
            lambda: designs.notebook(config, recipe),
            "model.ipynb",
            "application/x-ipynb+json",
            help="The source with the data and the recipe below, to train it again.",
            icon=":material/menu_book:",
            width="stretch",
            on_click="ignore",
        )
    link = to_link(desk.sheet)
    parts.html('<p class="az-quiet">A link that opens this model:</p>')
    st.code(f"/build?{opening.LINK}={link}", language=None, wrap_lines=True)
    if st.button("Put it into the address", key="build.link", help="Then the address itself can be shared."):
        opening.address(desk, link)


def files(config: Assembled.Config) -> None:
    """Files that take a moment: made while one looks, so that a button gives the file or says why there is none."""
    from archviz.core.record import fingerprint

    name = fingerprint(config)
    if st.session_state.get(EDITED, ("", 0.0))[0] != name:
        st.session_state[EDITED] = (name, time.monotonic())
    large = designs.graph_report(config.sheet).parameters > LARGE
    made: dict[str, Background[bytes] | None] = {}
    for one in designs.EXPORTS:
        label, file, _, icon, help_text = one
        if large and st.session_state.get(f"build.{file}") != name:
            help_text = f"{help_text} It is large, so it is made when you press this."
            if st.button(f"Make {label}", key=f"build.make.{file}", help=help_text, icon=icon, width="stretch"):
                st.session_state[f"build.{file}"] = name
                st.rerun()
            continue
        found = made[file] = _begun(one, config)
        content = None if found is None else found.value
        st.download_button(
            label if found is not None and found.over else f"{label} (being made)",
            content or b"",
            file,
            key=f"build.export.{file}",
            help=help_text,
            icon=icon,
            width="stretch",
            on_click="ignore",
            disabled=content is None,
        )
        if found is not None and found.error is not None:
            parts.html(f'<p class="az-quiet" data-testid="refused-{file}">{parts.escape(str(found.error))}</p>')
    awaited = [one for one in designs.EXPORTS if one.file in made and not _over(made[one.file])]
    if awaited:
        st.fragment(_until_made, run_every=0.4)(config, awaited)


def _until_made(config: Assembled.Config, expected: Sequence[Export]) -> None:
    """Draw the page anew as soon as one more file is there."""
    if any(_over(_begun(one, config)) for one in expected):
        st.rerun()


def _begun(export: Export, config: Assembled.Config) -> Background[bytes] | None:
    _, since = st.session_state[EDITED]
    return export.begin(config) if time.monotonic() - since >= AT_REST else None


def _over(found: Background[bytes] | None) -> bool:
    return found is not None and found.over
