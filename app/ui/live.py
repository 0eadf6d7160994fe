"""Live: the picture of a run, while it goes on and after. Four charts in fixed places; nothing jumps.

Before the first run the axes of the learning curves stand there already: when Train is pressed only rows are sent, and
the browser has no chart to build while the workers take its cores.
"""

from collections.abc import Mapping

import streamlit as st

from app import jobs
from app.jobs import Refused
from app.progress import PREDICTIONS, Expected, Progress
from app.ui import parts, probed, trained, views
from app.ui.charts import evidence, layers, learning
from archviz.core.metrics import metric, significant
from archviz.core.results import Series

EVERY = 0.2
"""Seconds between two looks at a run that goes on."""
CHART_HEIGHT = 300
TITLE_HEIGHT = 40
FLOW = "gradient-flow"


def panel(run_id: str | None, key: str, expected: Expected | None) -> None:
    """The run's progress, charts and verdict; without a run, the places where these will stand.

    `expected` is what learning curves are drawn on; none for an experiment that trains nothing.
    """
    active = run_id is not None and jobs.active(run_id)
    st.fragment(_draw, run_every=EVERY if active else None)(run_id, key, active, expected)


def _empty(key: str, expected: Expected | None) -> None:
    """Blocks in the order of `_draw`, so that the browser keeps the chart."""
    with st.container(key="run-status"):
        parts.html(
            '<p class="az-note"><b>No run yet.</b> Press <b>Train</b>: what is measured appears here at once.</p>'
        )
    with st.container(key="verdict", border=True):
        parts.html('<p class="az-quiet">The verdict will stand here, seed by seed surer of itself.</p>')
    st.container(key="place")
    if expected is None:
        return
    left, right = st.columns(2, gap="large")
    with left:
        _losses(key, "", expected, {}, {})
    with right:
        _title("Gradient flow")
        parts.html(
            f'<div class="az-empty az-place" style="height:{CHART_HEIGHT}px">How large the gradients are, layer by '
            "layer, while the arms train.</div>"
        )


def _draw(run_id: str | None, key: str, was_active: bool, expected: Expected | None) -> None:
    if run_id is None:
        _empty(key, expected)
        return
    try:
        progress = jobs.follow(run_id)
    except KeyError as error:
        st.warning(str(error.args[0]), icon=":material/history:")
        return
    if was_active and not progress.active:
        st.rerun()
    _status(progress, key)
    _charts(progress, key)


def _status(progress: Progress, key: str) -> None:
    run = progress.run
    with st.container(key="run-status", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.progress(progress.share, text=progress.words(), width="stretch")
            if progress.active:
                if st.button("Stop", icon=":material/stop:", key="stop", help="End the run; what was measured stays."):
                    jobs.stop(run.id)
            elif run.status in ("interrupted", "stopped", "failed"):
                _resume(run.id)
            if not progress.active:
                trained.link(run.id)
            st.page_link(
                parts.pages()["runs"],
                label="In the history",
                query_params={"open": run.id},
                help="This run among all others, to compare, export or delete it.",
            )
        for note in progress.notes():
            st.info(note, icon=":material/healing:")
        if run.status == "interrupted":
            st.warning(
                "This run was interrupted: the engine that worked on it is gone. What was measured is below; "
                "resume it to measure the rest.",
                icon=":material/power_off:",
            )
    with st.container(key="verdict", border=True, gap="small"):
        parts.html(f'<p class="az-quiet">{parts.escape(run.title)}</p>')
        views.verdicts(progress.card, progress.verdicts, f"run-{key}")
        _answer(progress)


def _resume(run_id: str) -> None:
    if st.button("Resume", icon=":material/resume:", key="resume", help="Measure what is missing.", type="secondary"):
        try:
            jobs.resume(run_id)
        except Refused as error:
            st.warning(str(error))
        else:
            st.rerun()


def _answer(progress: Progress) -> None:
    """What came of the reader's prediction."""
    predicted = progress.run.prediction
    if predicted is None or progress.active:
        return
    said = PREDICTIONS[predicted]  # type: ignore[index]
    if progress.answer is None:
        words = f"You predicted: {said}. This run does not decide it."
    elif progress.answer == predicted:
        words = f"You predicted: {said}. That is what came out."
    else:
        words = f"You predicted: {said}. It came out otherwise: {PREDICTIONS[progress.answer]}."
    parts.html(f'<p class="az-note" data-testid="answer"><b>{parts.escape(words)}</b></p>')


def _charts(progress: Progress, key: str) -> None:
    card, titles = progress.card, progress.card.arms
    with st.container(key="place"):
        x = _place(progress, key)
    left, right = st.columns(2, gap="large")
    if progress.expected is not None:
        with left:
            at = f" at {(card.axis or '').lower()} {significant(x)}" if x is not None else ""
            seeds, means = progress.lines(x)
            _losses(key, at, progress.expected, seeds, means)
        with right:
            found = progress.profiles(FLOW, x)
            if progress.active and not found:
                _awaited(f"Gradient flow{at}")
            else:
                label = next((profile.label for profile in found.values()), "gradient")
                drawn = layers.profiles(titles, found, label, CHART_HEIGHT)
                # Its labels change: drawn anew at the end, since a chart that is sent rows keeps the room of its first.
                views.figure(drawn, f"flow-{key}", f"Gradient flow{at}", moving=progress.active)
        left, right = st.columns(2, gap="large")
    if progress.active and not progress.observations:
        with left:
            _awaited("Measured, when the first trial is through")
        with right:
            _awaited(f"{card.claims[0].variant} minus {card.claims[0].baseline}, when the first pair is through")
        return
    with left:
        views.measured(
            card, progress.estimates, progress.observations, f"run-{key}", CHART_HEIGHT, progress.places, moving=True
        )
    with right:
        claim = card.claims[0]
        drawn = evidence.effect(progress.verdicts[0], claim.metric, claim.by, 130)
        views.figure(drawn, f"effect-{key}", f"{claim.variant} minus {claim.baseline}, paired by seed", moving=True)
        parts.html(
            f'<p class="az-quiet">The bar is the 95 % interval of the mean difference in '
            f"{parts.escape(metric(claim.metric).title.lower())}. Inside the grey zone it is too small to matter "
            f"(less than {significant(100 * claim.by) if metric(claim.metric).percent else significant(claim.by)}"
            f"{' points' if metric(claim.metric).percent else ''}).</p>"
        )
    probed.panel(progress, x, FLOW, key)


def _losses(
    key: str,
    at: str,
    expected: Expected,
    seeds: Mapping[tuple[str, int], Series],
    means: Mapping[str, Series],
) -> None:
    drawn = learning.losses(expected, seeds, means, CHART_HEIGHT)
    views.figure(drawn, f"losses-{key}", f"Training loss{at}", moving=True)


def _awaited(title: str) -> None:
    """The place of a chart that has nothing to show yet; the first curve does not wait for it to be drawn."""
    _title(title)
    views.skeleton(CHART_HEIGHT)


def _title(words: str) -> None:
    """The title of a chart that is not there yet, as high as that of one with its numbers beside it."""
    with st.container(horizontal=True, vertical_alignment="center", height=TITLE_HEIGHT, border=False):
        st.markdown(f"**{words}**")


FOLLOW = "now"
"""The choice of the place that is being trained."""


def _place(progress: Progress, key: str) -> float | None:
    """Where on the axis the curves are shown: where the reader wants, else where something happens."""
    places = progress.places
    at = progress.card.claims[0].at
    decides = at if at in places else places[-1] if places else None
    if len(places) < 2:
        return decides
    axis = (progress.card.axis or "").lower()
    decided = any(point.x == decides for point in progress.points)
    ended = "where the claim is decided" if decided and decides == at else "where it ended"
    words = {FOLLOW: "where it trains" if progress.active else ended}
    chosen = st.segmented_control(
        axis,
        [FOLLOW, *places],
        default=FOLLOW,
        required=True,
        format_func=lambda place: words.get(place) or f"{axis} {significant(place)}",
        key=f"place-{key}-{progress.run.id}",
        label_visibility="collapsed",
    )
    if isinstance(chosen, float):
        return chosen
    return decides if decided and not progress.active else progress.newest
