"""Probed: what the probes beside that of the gradients saw of the arms, when they last looked."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app.progress import Progress
from app.ui import parts, views
from app.ui.charts import layers
from archviz.core.results import Profile, Result
from archviz.core.spec import Train

HEIGHT = 240


def panel(progress: Progress, x: float | None, apart_from: str, key: str) -> None:
    """The readings at one place of the axis, arm beside arm, drawn when opened."""
    slugs = tuple(dict.fromkeys(slug for slug, _, at in progress.readings if at == x and slug != apart_from))
    measure = progress.experiment.measure
    if not slugs or not isinstance(measure, Train):
        return
    box = st.expander("What else was seen while they trained", key=f"probed-{key}", on_change="rerun")
    if not box.open:
        return
    probes = {probe.slug: probe for probe in measure.probes}
    with box:
        chosen = st.segmented_control(
            "Probe",
            slugs,
            default=slugs[0],
            required=True,
            format_func=lambda slug: probes[slug].title,
            key=f"probe-{key}",
            label_visibility="collapsed",
        )
        parts.html(f'<p class="az-quiet">{parts.escape(probes[chosen].text)}</p>')
        found = {arm: progress.readings.get((chosen, arm, x), ()) for arm in progress.card.arms}
        _apart(found, progress.card.arms, f"probed-{key}-{chosen}")
        _together(found, progress.card.arms, f"probed-{key}-{chosen}")


def profiles(found: Mapping[str, Sequence[Result]]) -> dict[str, dict[str, Profile]]:
    """Profiles by title and arm: what can be drawn in one chart."""
    titles: dict[str, dict[str, Profile]] = {}
    for arm, results in found.items():
        for result in results:
            if isinstance(result, Profile):
                titles.setdefault(result.title, {})[arm] = result
    return titles


def _together(found: Mapping[str, Sequence[Result]], arms: Mapping[str, str], key: str) -> None:
    charts = profiles(found)
    for place, (title, by_arm) in zip(st.columns(max(2, len(charts)), gap="large"), charts.items(), strict=False):
        with place:
            label = next(iter(by_arm.values())).label
            views.figure(layers.profiles(arms, by_arm, label, HEIGHT), f"{key}-{title.replace(' ', '-')}", title)


def _apart(found: Mapping[str, Sequence[Result]], arms: Mapping[str, str], key: str) -> None:
    """What is drawn of each arm by itself, one at a time."""
    pictures = {arm: [one for one in results if not isinstance(one, Profile)] for arm, results in found.items()}
    if not any(pictures.values()):
        return
    for place, (arm, results) in zip(st.columns(len(pictures), gap="large"), pictures.items(), strict=True):
        with place:
            parts.arm(arm, arms[arm])
            if not results:
                parts.html('<p class="az-quiet">There is nothing of this kind in this network.</p>')
                continue
            by_title = {result.title: result for result in results}
            shown = st.selectbox(
                "Shown",
                list(by_title),
                key=f"{key}-{arm}",
                help="Which of the pictures that the probe took of this arm.",
            )
            if shown in by_title:
                views.result(by_title[shown], f"{key}-{arm}-picture", arms, HEIGHT)
