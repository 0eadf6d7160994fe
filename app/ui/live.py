"""Live: the picture of a run, while it goes on and after. Four charts in fixed places; nothing jumps."""

import streamlit as st

from app import jobs
from app.jobs import Refused
from app.progress import PREDICTIONS, Progress
from app.ui import figures, parts, views
from archviz.core.metrics import metric, significant

EVERY = 0.2
"""Seconds between two looks at a run that goes on."""
CHART_HEIGHT = 260
FLOW = "gradient-flow"


def panel(run_id: str | None, key: str) -> None:
    """The run's progress, charts and verdict; without a run, what would stand here."""
    if run_id is None:
        parts.html(
            '<div class="az-empty">No run yet. Press <b>Train</b>: both curves start to move here within a second, '
            "and the verdict follows when the seeds are through.</div>"
        )
        return
    active = jobs.active(run_id)
    st.fragment(_draw, run_every=EVERY if active else None)(run_id, key, active)


def _draw(run_id: str, key: str, was_active: bool) -> None:
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
    x = _place(progress, key)
    left, right = st.columns(2, gap="large")
    if progress.trains:
        with left:
            at = f" at {(card.axis or '').lower()} {significant(x)}" if x is not None else ""
            seeds, means = progress.lines(x)
            drawn = figures.losses(titles, seeds, means, progress.steps, CHART_HEIGHT)
            views.figure(drawn, f"losses-{key}", f"Training loss{at}", moving=True)
        with right:
            found = progress.profiles(FLOW, x)
            if progress.active and not found:
                _awaited(f"Gradient flow{at}")
            else:
                label = next((profile.label for profile in found.values()), "gradient")
                drawn = figures.profiles(titles, found, label, CHART_HEIGHT)
                views.figure(drawn, f"flow-{key}", f"Gradient flow{at}", moving=True)
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
        drawn = figures.effect(progress.verdicts[0], claim.metric, claim.by, 130)
        views.figure(drawn, f"effect-{key}", f"{claim.variant} minus {claim.baseline}, paired by seed", moving=True)
        parts.html(
            f'<p class="az-quiet">The bar is the 95 % interval of the mean difference in '
            f"{parts.escape(metric(claim.metric).title.lower())}. Inside the grey zone it is too small to matter "
            f"(less than {significant(100 * claim.by) if metric(claim.metric).percent else significant(claim.by)}"
            f"{' points' if metric(claim.metric).percent else ''}).</p>"
        )


def _awaited(title: str) -> None:
    """The place of a chart that has nothing to show yet; the first curve does not wait for it to be drawn."""
    st.markdown(f"**{title}**")
    views.skeleton(CHART_HEIGHT)


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
