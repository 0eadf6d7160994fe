"""Inspect: one network of the book, or the arms of a run side by side, one example, and what happens inside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app import background, jobs
from app.background import Background
from app.ui import inspected, parts, trained, views, waiting
from app.ui.inspected import ONE

if TYPE_CHECKING:
    from PIL.Image import Image

    from archviz.core.spec import Architecture
    from archviz.runs.inside import Looks
    from archviz.runs.inspection import Weights

EVERY = 0.5
SOURCES: Mapping[str, str] = {"book": "a network of the book", "trained": "what was trained here"}
OWN = "your own picture"
FIRST = "resnet18"
WEIGHTS: Mapping[str, str] = {"published": "published weights", "untrained": "untrained"}
Layers = Mapping[str, str]
"""By network, the layer that the reader has chosen."""


def render() -> None:
    """Draw the controls and what there is to see."""
    parts.header(
        "",
        "Inspect",
        "Look inside a network: its answer, what flows through its layers, where it looks, and which pixels the answer "
        "depends on. Take a network of the book, or one that you have trained.",
    )
    if jobs.library.value is None:
        views.skeleton(420)
        waiting.until([jobs.library])
        return
    source = st.segmented_control(
        "Look into",
        list(SOURCES),
        default="trained" if "run" in st.query_params else "book",
        required=True,
        format_func=lambda one: SOURCES[one],
        key="inspect-source",
        label_visibility="collapsed",
    )
    if source == "trained":
        _trained()
    else:
        _book()


def _trained() -> None:
    """The networks that a run has left, arm beside arm."""
    try:
        chosen = trained.choose()
    except (ValueError, OSError) as sentence:
        st.warning(str(sentence), icon=":material/info:")
        return
    if chosen is None:
        return
    names = {state.arm: f"{state.arm} of run {state.run_id}" for state in chosen.states}

    def work(watched: _Watched, layers: Layers, known: Looks) -> Looks:
        from archviz.runs import inside

        by_arm = {arm: layers[name] for arm, name in names.items() if name in layers}
        return inside.inspect(
            jobs.store(),
            chosen.states,
            chosen.given,
            layers=by_arm,
            known=known,
            watch=watched.watch,
            seen=watched.seen,
        )

    _look(chosen.identity, work, chosen.titles, list(names.values()))


def _book() -> None:
    """One network of the book, published or untrained."""
    from archviz.core.picture import Unreadable  # here, so that a first paint needs no numbers library

    model, weights = _network()
    try:
        picture, identity = _picture()
    except Unreadable as sentence:
        st.warning(str(sentence), icon=":material/info:")
        return
    asked = f"{model.name} {weights} {identity}"
    pressed = st.button(
        "Look inside",
        type="primary",
        icon=":material/visibility:",
        help="One pass through the network and some back to its input: seconds for most, a minute for the largest.",
    )
    if pressed:
        st.session_state["inspect-asked"] = asked
    if st.session_state.get("inspect-asked") != asked:
        parts.html('<div class="az-empty">Choose a network and a picture, then press "Look inside".</div>')
        return

    def work(watched: _Watched, layers: Layers, known: Looks) -> Looks:
        from archviz.runs import inspection

        found = inspection.inspect(
            model,
            picture,
            weights=weights,
            layer=layers.get(model.name),
            watch=watched.watch,
            seen=lambda partly: watched.seen({ONE: partly}),
            known=known[ONE].attribution if ONE in known else (),
        )
        return {ONE: found}

    _look(asked, work, {ONE: model.title}, [model.name])


def _network() -> tuple[Architecture, Weights]:
    """Which network, and with which weights; both stand in the address."""
    from archviz.runs.inspection import inspectable

    assert jobs.library.value is not None
    known: dict[str, Architecture] = {one.name: one for one in jobs.library.value.models() if inspectable(one)}
    query = st.query_params
    name = query.get("model", FIRST)
    if name not in known:
        parts.problems([f'There is no network of pictures called "{name}"; showing {FIRST}.'])
        name = FIRST
    left, right = st.columns([3, 4], vertical_alignment="bottom")
    with left:
        name = st.selectbox(
            "Network",
            list(known),
            list(known).index(name),
            key="inspect-model",
            format_func=lambda one: f"{one} ({known[one].scale} scale)",
            help="Every architecture that reads pictures. At playground scale nobody publishes weights.",
        )
    with right:
        weights = st.segmented_control(
            "Weights",
            list(WEIGHTS),
            default=query.get("weights") if query.get("weights") in WEIGHTS else "published",
            required=True,
            format_func=lambda one: WEIGHTS[one],
            key="inspect-weights",
            help="Published weights are torchvision's, trained on ImageNet. They are downloaded once where they are "
            "not on this machine.",
        )
    kept = {"model": name, "weights": weights or "published"}
    if kept != query.to_dict():
        query.from_dict(kept)
    _where(known[name], weights or "published")
    return known[name], "untrained" if weights == "untrained" else "published"


def _where(model: Architecture, weights: str) -> None:
    """Where the weights are from, and whether they must be downloaded."""

    def find() -> str:
        from archviz.runs import published

        edition = published.best(model)
        if edition is None:
            return f"Nobody publishes weights of {model.name} that we know of: it will be untrained."
        here = "on this machine" if published.locate(edition) else "not on this machine yet: will be downloaded"
        return f"{edition.source}; {here}."

    if weights == "untrained":
        st.caption("Weights as they are drawn before training.")
        return
    found = background.soon(f"weights {model.name}", find)
    st.caption(found.wait(0.2) or "looking for the weights")
    waiting.until([found], quiet=True)


def _picture() -> tuple[Image, str]:
    """The picture that the reader has chosen or brought, and what tells it from others. Raises Unreadable."""
    from archviz.core.picture import Unreadable, opened
    from archviz.engine import gallery

    names = (*gallery.PICTURES, OWN)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        name = st.selectbox(
            "Picture",
            names,
            names.index("cat"),
            key="inspect-sample",
            width=240,
            help="Networks see the middle square of it, at the size that they were made for.",
        )
        if name != OWN:
            return gallery.whole(name), name
        file = st.file_uploader(
            "Your picture: PNG, JPEG, GIF, BMP or WebP",
            key="inspect-upload",
            width=420,
            help="It is used for this page only: it is neither stored nor sent on.",
        )
    if file is None:
        raise Unreadable("Choose a picture file, or one of the pictures in the list.")
    content = file.getvalue()
    return opened(content), hashlib.blake2b(content, digest_size=8).hexdigest()


class _Watched:
    """What the work says of itself, and what it has found so far; the page can end it."""

    def __init__(self) -> None:
        self.text, self.share = "starting", None  # type: str, float | None
        self.partly: Looks = {}
        self.stages = 0
        self.ended = False

    def watch(self, text: str, share: float | None) -> None:
        """Told by the work's thread, which is ended here once nobody wants it any more."""
        from archviz.runs.inspection import Ended

        if self.ended:
            raise Ended("This look was ended before everything was computed.")
        self.text, self.share = text, share

    def seen(self, partly: Looks) -> None:
        """Given each stage by the work's thread."""
        self.partly = partly
        self.stages += 1


@dataclass
class _Last:
    """The last look of a session, which keeps it alone: pictures are large."""

    asked: str
    layers: Layers
    job: Background[Looks]
    watched: _Watched


def _look(
    asked: str,
    work: Callable[[_Watched, Layers, Looks], Looks],
    titles: Mapping[str, str],
    names: list[str],
) -> None:
    """Start the work, or take up what it has found; draw what is there, and what is still to come."""
    chosen = {name: st.session_state.get(inspected.layer_key(name)) for name in names}
    layers = {name: layer for name, layer in chosen.items() if layer}
    last: _Last | None = st.session_state.get("inspect-last")
    if last is None or last.asked != asked or not _shows(last, layers):
        known: Looks = {}
        if last is not None:
            last.watched.ended = True
            if last.asked == asked and last.job.value is not None:
                known = last.job.value  # only a layer is another one
        watched = _Watched()
        last = _Last(asked, layers, Background(lambda: work(watched, layers, known), asked), watched)
        st.session_state["inspect-last"] = last
    last.job.wait(0.4)
    with st.container(key="inspect-progress"):
        if last.job.over:
            _end(last)
        else:
            _going_on(last, last.watched.stages)
    found = last.job.value or last.watched.partly
    if found:
        inspected.show(found, titles)
    elif not last.job.over:
        views.skeleton(420)


def _shows(last: _Last, layers: Layers) -> bool:
    """Whether this look draws these layers; a layer that was chosen by default counts as chosen."""
    looks = (last.job.value or last.watched.partly).values()
    drawn = {look.architecture: look.layer for look in looks} | dict(last.layers)
    return all(drawn.get(name, layer) == layer for name, layer in layers.items())


@st.fragment(run_every=EVERY)
def _going_on(last: _Last, stages: int) -> None:
    """What is being done, until there is more to draw."""
    if last.job.over or last.watched.stages != stages:
        st.rerun()
    words = f"{last.watched.text} ({last.job.seconds:.0f} s)"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.progress(min(1.0, last.watched.share or 0.0), words, width="stretch")
        if st.button("Stop", icon=":material/stop:", key="inspect-stop", help="What was seen so far stays."):
            last.watched.ended = True


def _end(last: _Last) -> None:
    """How it ended: what could not be done, or had to be done otherwise."""
    from archviz.runs.inspection import Ended

    looks = (last.job.value or {}).values()
    notes = [look.note for look in looks if look.note and look.weights != "trained"]  # arms say theirs in their column
    for note in notes:
        st.warning(note, icon=":material/info:")
    if isinstance(last.job.error, Ended):
        st.info(str(last.job.error), icon=":material/stop_circle:")
    elif last.job.error is not None:
        st.error(f"This could not be done: {last.job.error}", icon=":material/error:")
    if (last.job.error is not None or notes) and st.button("Try again", icon=":material/refresh:"):
        last.watched.ended = False
        last.job.again()
        st.rerun()
