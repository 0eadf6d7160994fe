"""Inspected: what was seen inside a network, or inside the arms of a run side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from app import jobs
from app.ui import parts, views
from app.ui.charts import layers
from archviz.core.results import Images, Profile, Result, Table

if TYPE_CHECKING:
    from archviz.runs.inspection import Inspection, Token

PROFILE, SMALL, MAP = 240, 220, 320
"""Heights of the charts."""
ONE = ""
"""The name of the only network where there are no arms."""
SURPRISED = 6.0
"""Nats from which a token is in full colour: one of 400 equally likely ones."""


def layer_key(architecture: str) -> str:
    """Where a session remembers the layer that the reader has chosen in this network."""
    return f"inspect-layer-{architecture}"


def show(looks: Mapping[str, Inspection], titles: Mapping[str, str]) -> None:
    """Everything, from the answers to their reasons; `titles` are those of the arms, in the order of the columns."""
    _answers(looks, titles)
    if not looks:
        return
    st.subheader("Layer by layer", anchor=False, divider="gray")
    _profiles(looks, titles)
    _feature_maps(looks, titles)
    if any(look.attention for look in looks.values()):
        text = any(look.tokens for look in looks.values())
        st.subheader("Who looks at whom" if text else "Where it looks", anchor=False, divider="gray")
        for arm, look in _columns(looks, titles):
            with st.container(key=f"inspect-attention-maps-{arm or 'one'}"):
                single = len(titles) == 1  # a chart with all its ticks needs room; a line for each layer does not
                shown = [one for one in look.attention if single or isinstance(one, Images)]
                _all(tuple(shown), f"inspect-attention-{arm}", MAP if text else SMALL)
        if len(titles) > 1:
            _entropies(looks, titles)
        st.caption(
            "Bright: looked at much. Each row of a map sums to 1, and the upper right half stays dark where a network "
            "may not look ahead."
            if text
            else "The brighter a patch, the more it is looked at: by the class token where there is one, else by all "
            "patches on average, inside windows by those of the same window."
        )


def _columns(looks: Mapping[str, Inspection], titles: Mapping[str, str]) -> Iterator[tuple[str, Inspection]]:
    """Each look in a column of its own, in the place of its arm."""
    places = st.columns(len(titles), gap="large") if len(titles) > 1 else [st.container()]
    for arm, place in zip(titles, places, strict=True):
        if arm in looks:
            with place:
                yield arm, looks[arm]


def _answers(looks: Mapping[str, Inspection], titles: Mapping[str, str]) -> None:
    if list(titles) == [ONE]:
        for look in looks.values():
            _single(look, titles[ONE])
        return
    places = st.columns(len(titles), gap="large") if len(titles) > 1 else [st.container()]
    for (arm, title), place in zip(titles.items(), places, strict=True):
        with place, st.container(key=f"inspect-answer-{arm}"):
            parts.arm(arm, title)
            if arm not in looks:
                views.skeleton(SMALL)
                continue
            look = looks[arm]
            parts.html(f'<p class="az-quiet">{parts.escape(look.source)}</p>')
            if look.note:
                parts.html(f'<p class="az-note"><b>{parts.escape(look.note)}</b></p>')
            _says(look)
            if look.tokens:
                _text_of(look.tokens)
            _guesses(look, f"inspect-classes-{arm}")
            with _pictures(arm):
                _reasons(look, f"inspect-attribution-{arm}")
    if any(look.attribution for look in looks.values()):
        st.caption(_words("attribution"))


def _single(look: Inspection, title: str) -> None:
    unit = f"{look.size} tokens" if look.tokens else f"{look.size} x {look.size} pixels"
    parts.html(f'<p class="az-quiet">{parts.escape(title)}, {parts.escape(look.source)}; {unit}</p>')
    with _pictures(ONE):
        answer, reasons = st.columns([2, 3], gap="large")
        with answer:
            if look.guesses:
                _guesses(look, "inspect-classes")
            elif look.picture is not None:
                views.result(look.picture, "inspect-picture")
                st.caption(
                    "An untrained network has no answer worth reading. Its layers can be looked at all the same."
                )
        with reasons:
            _reasons(look, "inspect-attribution")
            st.caption(_words("attribution"))


@contextmanager
def _pictures(arm: str) -> Iterator[None]:
    with st.container(key=f"inspect-pictures-{arm or 'one'}"):
        yield


def _says(look: Inspection) -> None:
    """The network's answer in one sentence, and whether it is right."""
    if not look.guesses:
        return
    best = look.guesses[0]
    said = f"Says <b>{parts.escape(best.name)}</b> ({best.probability:.0%})"
    if look.truth:
        right = best.name == look.truth
        word = "which is right" if right else f"but it is <b>{parts.escape(look.truth)}</b>"
        said += f", {word}"
    parts.html(f'<p class="az-note" data-testid="says">{said}.</p>')


def _guesses(look: Inspection, key: str) -> None:
    if not look.guesses:
        return
    what = "The likeliest next tokens" if look.tokens else "The likeliest classes"
    rows = tuple((guess.name, f"{guess.probability:.1%}") for guess in look.guesses)
    views.result(Table(title=what, columns=("token" if look.tokens else "class", "probability"), rows=rows), key)


def _reasons(look: Inspection, key: str) -> None:
    """The attribution as far as it is there, and what is still missing."""
    _all(look.attribution, key, SMALL)
    if look.pending:
        parts.html(f'<p class="az-quiet">Still being computed: {parts.escape(look.pending)}.</p>')
        if not look.attribution:
            views.skeleton(SMALL)


def _text_of(tokens: tuple[Token, ...]) -> None:
    """The text, redder where the network was more surprised."""
    cells = []
    for token in tokens:
        if token.surprise is None:
            share, told = 0.0, "nobody foretold it"
        else:
            share, told = min(1.0, token.surprise / SURPRISED), f"{token.surprise:.2f} nats"
        shown = "↵<br>" if token.text == "\n" else parts.escape(token.text)
        cells.append(f'<span title="{told}" style="--surprise:{100 * share:.0f}%">{shown}</span>')
    parts.html(f'<p class="az-tokens" data-testid="tokens">{"".join(cells)}</p>')
    parts.html('<p class="az-quiet">The redder, the more it was surprised by this character after those before.</p>')


def _profiles(looks: Mapping[str, Inspection], titles: Mapping[str, str]) -> None:
    first = next((look for look in looks.values() if look.activations), next(iter(looks.values())))
    for place, profile in zip(st.columns(2, gap="large"), first.activations, strict=False):
        with place:
            if list(titles) == [ONE]:
                views.result(profile, f"inspect-{profile.title}", height=PROFILE)
                continue
            found = {arm: one for arm, look in looks.items() for one in look.activations if one.label == profile.label}
            drawn = layers.profiles(titles, found, profile.label, PROFILE)
            views.figure(drawn, f"inspect-{profile.title}", profile.title)


def _entropies(looks: Mapping[str, Inspection], titles: Mapping[str, str]) -> None:
    """How spread out attention is, arm beside arm."""
    found = {arm: one for arm, look in looks.items() for one in look.attention if isinstance(one, Profile)}
    if found:
        first = next(iter(found.values()))
        views.figure(layers.profiles(titles, found, first.label, SMALL), "inspect-entropy", first.title)


def _feature_maps(looks: Mapping[str, Inspection], titles: Mapping[str, str]) -> None:
    if not any(look.layers for look in looks.values()):
        st.caption("This network has no feature maps: its layers have no places.")
        return
    for arm, look in _columns(looks, titles):
        if not look.layers:
            if look.activations:
                st.caption("This network has no feature maps: its layers have no places.")
            continue
        paths = [layer.path for layer in look.layers]
        labels = {layer.path: f"{layer.path}: {' x '.join(map(str, layer.shape))}" for layer in look.layers}
        st.selectbox(
            "Layer" if arm == ONE else f"Layer of {arm}",
            paths,
            paths.index(look.layer),
            key=layer_key(look.architecture),
            format_func=labels.__getitem__,
            width=420,
            help="The layer whose feature maps are drawn.",
        )
        if look.features is not None:
            kind = "pictures" if isinstance(look.features, Images) else "map"
            views.result(look.features, f"inspect-features-{kind}-{arm or 'one'}", height=MAP)


def _words(probe: str) -> str:
    assert jobs.library.value is not None
    text: str = jobs.library.value.probe(probe).text
    return text


def _all(results: tuple[Result, ...], key: str, height: int) -> None:
    for index, result in enumerate(results):
        views.result(result, f"{key}-{index}", height=height)
