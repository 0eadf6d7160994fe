"""Sources: two texts line by line, what differs in the colours of the arms; what tweaks change, as Config and code."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app import designs, jobs
from app.jobs import Refused
from app.ui import parts

if TYPE_CHECKING:
    from archviz.core.setup import Setup
    from archviz.export.difference import Line

HEIGHT = 420
SIGNS = {"A": "−", "B": "+", "both": " ", "gap": " "}


def lines(shown: Iterable[Line], height: int, name: str, note: str = "") -> None:
    """Lines of code: those of A alone in blue, those of B alone in vermilion; a note above them, in one piece."""
    text = "".join(
        f'<span class="az-line-{line.where}">{SIGNS[line.where]} {parts.escape(line.text)}</span>\n' for line in shown
    )
    above = f'<p class="az-quiet">{parts.escape(note)}</p>' if note else ""
    with st.container(height=height, border=False):
        st.html(f'{above}<pre class="az-source" data-testid="{name}">{text}</pre>')


def arms(setups: Mapping[str, Setup], key: str) -> None:
    """What the tweaks of an experiment change: the Config, and the source that it leads to; computed when opened."""
    from archviz.export.difference import config_text, difference

    box = st.expander("What the tweaks change, as Config and as source", key=key, on_change="rerun")
    if not box.open:
        return
    with box:
        first, *others = setups
        other = st.segmented_control("B", others, default=others[0], required=True, key=f"{key}.b") if others else first
        other = other if other in setups else others[0]
        config, source, builder = st.tabs(["Config", "Source", "In the builder"])
        with config:
            texts = [config_text(setups[arm]) for arm in (first, other)]
            lines(difference(texts[0], texts[1]), HEIGHT, "config-difference")
        with source:
            found = {arm: _source(setups[arm]) for arm in (first, other)}
            _left_out({arm: setups[arm] for arm in (first, other)})
            failed = {arm: one for arm, one in found.items() if isinstance(one, Refused)}
            for arm, refusal in failed.items():
                parts.html(f'<p class="az-quiet">{arm}: {parts.escape(str(refusal))}</p>')
            whole = [str(one) for arm, one in found.items() if arm not in failed]
            if whole:
                lines(difference(whole[0], whole[-1]), HEIGHT, "source-difference")
        with builder:
            for arm in (first, other):
                _open(arm, setups[arm])


def _source(setup: Setup) -> str | Refused:
    try:
        return designs.source(designs.disassembled(setup.model, setup.recipe.dataset.inputs).model)
    except Refused as error:
        return error


def _left_out(setups: Mapping[str, Setup]) -> None:
    """What of the arms is not in their source."""
    for arm, setup in setups.items():
        with contextlib.suppress(Refused):
            left_out = designs.disassembled(setup.model, setup.recipe.dataset.inputs).left_out
            if left_out:
                parts.html(f'<p class="az-quiet">{arm}: {parts.escape(left_out)}</p>')


def _open(arm: str, setup: Setup) -> None:
    from archviz.export.link import to_link

    try:
        sheet = designs.disassembled(setup.model, setup.recipe.dataset.inputs).model.sheet
    except Refused as error:
        parts.html(f'<p class="az-quiet">{arm}: {parts.escape(str(error))}</p>')
        return
    st.page_link(
        parts.pages()["build"],
        label=f"Open {arm} as blocks",
        icon=":material/dashboard_customize:",
        query_params={"graph": to_link(sheet)},
        help="The model of this arm in the builder, to change it block by block and to train it again.",
    )


def open_in_builder(name: str) -> None:
    """A link that opens a model of the book as blocks."""
    if jobs.library.value is not None and "build" in parts.pages():
        st.page_link(
            parts.pages()["build"],
            label=f"Open {name} in the builder",
            icon=":material/dashboard_customize:",
            query_params={"open": name},
            help="The same network as blocks that you can change and train.",
        )
