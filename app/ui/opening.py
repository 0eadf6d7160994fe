"""Opening: how a model comes onto the canvas: by the address, from the book, a saved design or a file; and saving."""

import streamlit as st

from app import designs
from app.desk import BLANK, Desk
from app.jobs import Refused

NOTHING = "blank canvas"
LINK = "graph"
"""The part of an address that holds a whole model."""
ASKS = ("open", LINK, "design")
SAVED = "build.saved-as"
"""Session key of the name that a design was saved under in this press."""


def arrive(desk: Desk) -> None:
    """Take what the address asks for, once: `?open=resnet20`, `?graph=...`, `?design=name`; else begin blank."""
    asked = {key: st.query_params[key] for key in ASKS if key in st.query_params}
    if asked == desk.asked:
        return
    if desk.asked is None:
        desk.open(designs.blank(), None, BLANK)
    desk.asked, desk.said = asked, None
    try:
        if LINK in asked:
            desk.open(designs.sheet_of_link(asked[LINK]), None, "the model of the link")
        elif "design" in asked:
            desk.open(*designs.saved_design(asked["design"]), asked["design"])
        elif "open" in asked:
            found = designs.opened(asked["open"])
            desk.open(found.model.sheet, found.model.init, asked["open"], found.left_out)
    except Refused as error:
        desk.said = str(error)


def address(desk: Desk, link: str) -> None:
    """Put the model itself into the address, to be shared."""
    desk.asked = {LINK: link}
    st.query_params.from_dict({LINK: link})


def row(desk: Desk) -> None:
    """Templates, models of the book, saved designs, a file; and a name to save under."""
    if SAVED in st.session_state:
        st.toast(f'Saved as "{st.session_state.pop(SAVED)}".')
    choose, saved, keep, load = st.columns([3, 2.2, 3.1, 1.7], gap="small", vertical_alignment="bottom")
    with choose:
        name = st.selectbox(
            "Start from",
            [NOTHING, *designs.openable()],
            index=None,
            placeholder="blank, a template, or a model of the book",
            key=_fresh("start"),
            help="It replaces what stands on the canvas, which then offers to bring back what stood there.",
        )
    if name is not None:
        _used("start")
        _go(desk, {} if name == NOTHING else {"open": name})
    names = designs.designs()
    with saved:
        found = st.selectbox(
            "Saved designs",
            names,
            index=None,
            placeholder="none yet" if not names else "open one",
            disabled=not names,
            key=_fresh("saved"),
            help="Designs that were saved here, the newest first.",
        )
    if found is not None:
        _used("saved")
        _go(desk, {"design": found})
    with keep, st.form("build.save-as", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input("Save as", key="build.name", placeholder="a name", max_chars=80)
        if st.form_submit_button("Save", help="Keep the design in this archviz under this name."):
            _save(desk, title)
    with load, st.popover("From a file", width="stretch", help="Open the JSON of a model that was saved or exported."):
        given = st.file_uploader("A model spec", type="json", key="build.file")
        if given is not None and st.button("Open it", key="build.open-file"):
            try:
                desk.open(*designs.sheet_of_file(given.getvalue()), given.name)
            except Refused as error:
                st.warning(str(error))
            else:
                st.rerun()


def _save(desk: Desk, title: str) -> None:
    try:
        designs.save_design(title, desk.sheet, desk.init)
    except Refused as error:
        st.toast(str(error))
    else:
        st.session_state[SAVED] = title.strip()  # said when the page, drawn anew, has it among the saved designs
        st.rerun()


def _go(desk: Desk, query: dict[str, str]) -> None:
    """Show what an address asks for, as if one came by a link."""
    st.query_params.from_dict(query)
    desk.asked = None
    st.rerun()


def _fresh(box: str) -> str:
    """The key of a box that is empty again after each choice."""
    return f"build.{box}.{st.session_state.get(f'build.{box}s', 0)}"


def _used(box: str) -> None:
    st.session_state[f"build.{box}s"] = st.session_state.get(f"build.{box}s", 0) + 1
