"""Train: the button that starts a run, the same on every page that has one.

A press is answered in the button's callback, so that the page is drawn anew only once: with its run. What needs a
moment first (an estimate, controls that were changed together with the press) is left to the page, which then hands
over what it shows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app import jobs
from app.background import Background
from app.jobs import Order, Refused
from app.ui import waiting
from archviz.core.record import fingerprint

PATIENCE = 0.3
"""Seconds that a press waits for an estimate before it is left to the page, which can say that something goes on."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a page offers to train."""

    page: str
    """Whose button it is, in the session."""
    order: Callable[[], Order]
    """What would be run as things stand, asked again when Train is pressed. Raises Refused."""
    controls: tuple[str, ...]
    """Session keys of what the order was made from; when one has changed, the page is drawn before a run starts."""
    started: Callable[[str], None]
    """Told the id of the run that was started, to put it into the address."""
    size: str
    """How much is to be run, in words."""
    help: str
    problem: str | None = None
    """Why there is nothing to train."""
    active: bool = False
    """Whether a run goes on."""


@dataclass
class _Press:
    """What has come of the last press in this session.

    The page may be drawn anew at any of Streamlit's own calls. What was pressed and what was started is therefore
    written down in between, so that a run is started once and never lost sight of.
    """

    answered: bool = False
    """Whether the button was pressed since it was drawn: the second click of a double click is none."""
    left: bool = False
    """Whether the page is to start the run."""
    started: str | None = None
    """A run that is not in the address yet."""
    refused: tuple[str, str] | None = None
    """What was refused, and why."""


def draw(offer: Offer) -> None:
    """The button, beside it what it would start or why it cannot, and below it why that was refused."""
    press = _of(offer.page)
    ready = jobs.engine_ready()
    possible = offer.problem is None and not offer.active
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="train"):
        st.button(
            "Train",
            type="primary",
            icon=":material/play_arrow:",
            key="train-button",
            disabled=not (possible and ready),
            help=offer.help,
            on_click=_pressed,
            args=(offer, _settings(offer)),
        )
        press.answered = False
        if offer.problem is not None:
            st.markdown(offer.problem)
        elif offer.active:
            st.markdown("Training goes on below.")
        elif not ready:
            waiting.engine()
        else:
            st.markdown(offer.size)
            _estimate(offer)
    if press.left and not possible:
        press.left = False
    elif press.left:
        with st.spinner("Handing the trials to the engine", show_time=True):
            _submit(offer, press)
    if press.started is not None:
        _show(offer, press)
        st.rerun()
    if press.refused is not None and (not possible or press.refused[0] != _subject(offer)):
        press.refused = None
    if press.refused is not None:
        st.warning(press.refused[1], icon=":material/front_hand:")


def refused(page: str) -> bool:
    """Whether a refusal stands at the button of a page."""
    return _of(page).refused is not None


def _of(page: str) -> _Press:
    found: _Press = st.session_state.setdefault(f"{page}.train", _Press())
    return found


def _settings(offer: Offer) -> dict[str, object]:
    """What the controls say at this moment."""
    return {key: st.session_state.get(key) for key in offer.controls}


def _estimate(offer: Offer) -> Background[object] | None:
    """What the run would take, on its way or there; none for an order that is refused."""
    try:
        return jobs.prepare(offer.order())
    except Refused:
        return None


def _pressed(offer: Offer, settings: dict[str, object]) -> None:
    press = _of(offer.page)
    if press.answered or press.left or press.started is not None:
        return
    press.answered = press.left = True
    press.refused = None
    if settings != _settings(offer):
        return
    estimate = _estimate(offer)
    if estimate is not None:
        estimate.wait(PATIENCE)
    if estimate is None or estimate.over:
        _submit(offer, press)
        if press.started is not None:
            _show(offer, press)


def _submit(offer: Offer, press: _Press) -> None:
    press.left = False
    try:
        press.started = jobs.submit(offer.order())
    except Refused as error:
        press.refused = (_subject(offer), str(error))


def _show(offer: Offer, press: _Press) -> None:
    assert press.started is not None
    offer.started(press.started)
    press.started = None


def _subject(offer: Offer) -> str:
    """What is offered, to tell whether it is still what was refused."""
    try:
        order = offer.order()
    except Refused as error:
        return str(error)
    return " ".join((order.device, *(fingerprint(trial) for trial in jobs.trials(order))))
