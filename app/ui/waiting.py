"""Waiting: a page that was drawn before everything was there is drawn anew when it is."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app import jobs
from app.background import Background

EVERY = 0.6
PAINT = 1.0
"""Seconds after which the browser has drawn the first page, on most machines."""


def first_paint() -> bool:
    """Whether this session has not drawn a page yet: then only what can be read at once is drawn."""
    return "painted" not in st.session_state


@st.fragment(run_every=PAINT)
def draw_the_rest() -> None:
    """Draw the page anew once the browser has drawn it for the first time: its first tick says so."""
    if not first_paint():
        st.rerun()
    st.session_state["painted"] = True


def until(expected: Sequence[Background[Any]], quiet: bool = False) -> None:
    """Draw the page anew as soon as all of this is there; `quiet` where the reader misses nothing meanwhile."""
    if not all(one.over for one in expected):
        _look_again(expected, quiet)


@st.fragment(run_every=EVERY)
def _look_again(expected: Sequence[Background[Any]], quiet: bool) -> None:
    if all(one.over for one in expected):
        st.rerun()
    if jobs.library.value is None and not quiet:
        st.caption(f"loading PyTorch and the experiments ({jobs.library.seconds:.0f} s)")


@st.fragment(run_every=0.5)
def engine() -> None:
    """Say how far the engine is; draw the page anew once it is there."""
    if jobs.engine.error is not None:
        st.markdown(f"The engine could not be started: {jobs.engine.error}")
        if st.button("Try again", key="engine-again"):
            jobs.engine.again()
    elif jobs.engine_ready():
        st.rerun()
    else:
        st.markdown(f"starting the engine ({jobs.engine.seconds:.0f} s)")
