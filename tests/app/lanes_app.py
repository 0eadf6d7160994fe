"""A page with nothing but lanes, for the browser tests."""

import json

import streamlit as st

from app.canvas.component import Chip, Lanes, lanes

PALETTE = (
    Chip("plain", "No identity path", "Takes the skip connection away: blocks must learn all of their output."),
    Chip("bottleneck", "Bottleneck blocks", "A 1x1 convolution narrows, a 3x3 works, a 1x1 widens again."),
    Chip("no-norm", "No batch norm", "Replaces each batch norm by nothing."),
    Chip("clip", "Clip gradients at 1", "Scales the gradient down when its norm is above 1."),
    Chip(
        "post-ln",
        "Post-LN",
        "Puts layer norm behind the addition.",
        "it needs layer norm in a residual block, and this network has none.",
    ),
)


def judge(placed: Lanes) -> dict[str, str]:
    """A combination that is worth a word."""
    risky = {"no-norm", "bottleneck"}
    return {name: "Without batch norm this diverges." for name, slugs in placed.items() if risky <= set(slugs)}


st.set_page_config(layout="wide")
st.subheader("Lanes")
revision = st.session_state.setdefault("revision", 0)
running = st.toggle("Running")
placed = lanes(
    PALETTE,
    {"A": [], "B": ["plain"] if revision == 0 else ["no-norm", "clip"]},
    key="lanes",
    revision=revision,
    locked="A run is on its way; stop it to change the lanes." if running else None,
    problems=judge,
)
st.code(json.dumps(placed), language=None)
left, right = st.columns(2)
if left.button("Again"):
    st.caption("run again")
if right.button("Preset"):
    st.session_state.revision += 1
    st.rerun()
