"""Inspect: one network, one picture, and what happens inside."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from app import jobs
from app.jobs import Background
from app.ui import parts, views, waiting
from archviz.core.results import Result, Table

if TYPE_CHECKING:
    from PIL.Image import Image

    from archviz.core.spec import Architecture
    from archviz.runs.inspection import Inspection, Weights

EVERY = 0.5
OWN = "your own picture"
FIRST = "resnet18"
WEIGHTS: Mapping[str, str] = {"published": "published weights", "untrained": "untrained"}
PROFILE, SMALL = 240, 220
"""Heights of the charts."""


def render() -> None:
    """Draw the controls and, once it was asked for, what there is to see."""
    parts.header(
        "",
        "Inspect",
        "Give a network a picture and look inside: its answer, what flows through its layers, where it looks, and "
        "which pixels the answer depends on.",
    )
    if jobs.library.value is None:
        views.skeleton(420)
        waiting.until([jobs.library])
        return
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
    _look(model, weights, picture, asked)


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
    found = jobs.soon(f"weights {model.name}", find)
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


def _look(model: Architecture, weights: Weights, picture: Image, asked: str) -> None:
    """Start the work or take what it has found; draw either. A session keeps its last look alone: they are large."""
    layer = st.session_state.get(f"inspect-layer-{model.name}")
    identity, progress = f"inspect {asked} {layer}", _Progress()

    def work() -> Inspection:
        from archviz.runs import inspection

        return inspection.inspect(model, picture, weights=weights, layer=layer, watch=progress.watch)

    last: tuple[str, Background[Inspection], _Progress] | None = st.session_state.get("inspect-last")
    if last is None or last[0] != identity:
        last = identity, Background(work, identity), progress
        st.session_state["inspect-last"] = last
    _, job, progress = last
    job.wait(0.3)
    if job.over:
        _outcome(job, model)
    else:
        _going_on(job, progress)


class _Progress:
    """What the work says of itself."""

    text: str = "starting"
    share: float | None = None

    def watch(self, text: str, share: float | None) -> None:
        """Told by the work's thread."""
        self.text, self.share = text, share


@st.fragment(run_every=EVERY)
def _going_on(job: Background[Inspection], progress: _Progress) -> None:
    """What is being done, until it is done."""
    if job.over:
        st.rerun()
    words = f"{progress.text} ({job.seconds:.0f} s)"
    if progress.share is None:
        st.caption(words)
    else:
        st.progress(min(1.0, progress.share), words)
    views.skeleton(420)


def _outcome(job: Background[Inspection], model: Architecture) -> None:
    if job.error is not None:
        st.error(f"This could not be done: {job.error}", icon=":material/error:")
    if job.value is not None:
        if job.value.note:
            st.warning(job.value.note, icon=":material/cloud_off:")
        _show(job.value, model)
    if (job.error is not None or (job.value and job.value.note)) and st.button("Try again", icon=":material/refresh:"):
        job.again()
        st.rerun()


def _show(found: Inspection, model: Architecture) -> None:
    """Everything, from the answer to its reasons."""
    parts.html(
        f'<p class="az-quiet">{parts.escape(model.title)}, {parts.escape(found.source)}; '
        f"{found.size} x {found.size} pixels</p>"
    )
    with st.container(key="inspect-pictures"):
        answer, reasons = st.columns([2, 3], gap="large")
        with answer:
            if found.guesses:
                rows = tuple((guess.name, f"{guess.probability:.1%}") for guess in found.guesses)
                table = Table(title="The likeliest classes", columns=("class", "probability"), rows=rows)
                views.result(table, "inspect-classes")
            else:
                views.result(found.picture, "inspect-picture")
                st.caption(
                    "An untrained network has no answer worth reading. Its layers can be looked at all the same."
                )
        with reasons:
            _all(found.attribution, "inspect-attribution")
            st.caption(_text("attribution"))
    st.subheader("Layer by layer", anchor=False, divider="gray")
    for place, profile in zip(st.columns(2, gap="large"), found.activations, strict=False):
        with place:
            views.result(profile, f"inspect-{profile.title}", height=PROFILE)
    if not found.layers:
        st.caption("This network has no feature maps: its layers have no places.")
        return
    paths = [layer.path for layer in found.layers]
    shapes = {layer.path: " x ".join(map(str, layer.shape)) for layer in found.layers}
    st.selectbox(
        "Layer",
        paths,
        paths.index(found.layer),
        key=f"inspect-layer-{found.architecture}",
        format_func=lambda path: f"{path}: {shapes[path]}",
        width=420,
        help="The layer whose feature maps are drawn.",
    )
    if found.features is not None:
        views.result(found.features, "inspect-features")
    if found.attention:
        st.subheader("Where it looks", anchor=False, divider="gray")
        with st.container(key="inspect-attention-maps"):
            _all(found.attention, "inspect-attention")
        st.caption(
            "The brighter a patch, the more it is looked at: by the class token where there is one, else by all "
            "patches on average, inside windows by those of the same window."
        )


def _text(probe: str) -> str:
    assert jobs.library.value is not None
    text: str = jobs.library.value.probe(probe).text
    return text


def _all(results: tuple[Result, ...], key: str) -> None:
    for index, result in enumerate(results):
        views.result(result, f"{key}-{index}", height=SMALL)
