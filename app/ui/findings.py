"""Findings: what is known of an experiment: its question, an exact demonstration, and the measured reference."""

import streamlit as st

from app import jobs
from app.ui import parts, views, waiting
from archviz.core.spec import Chapter, Experiment
from archviz.runs.reference import Card, Reference

PICTURE_HEIGHT = 300
VERDICTS_HEIGHT = 220


def _card(slug: str, chapter: Chapter | None, recorded: Reference | None) -> Card | None:
    """What is known of an experiment: as it is declared now, or as it was when it was measured."""
    if chapter is None:
        return recorded.card if recorded else None
    return jobs.card(chapter, next(one for one in chapter.experiments if one.slug == slug))


def question(slug: str, chapter: Chapter | None, recorded: Reference | None, paragraph: str) -> None:
    """What is asked, and what the book says of it."""
    card = _card(slug, chapter, recorded)
    if card is not None:
        parts.html(f'<p class="az-question">{parts.escape(card.ask)}</p>')
    if paragraph:
        parts.prose(paragraph)


def panel(chapter_slug: str, slug: str, chapter: Chapter | None, recorded: Reference | None) -> None:
    """The exact demonstration beside the measured reference, and below what the measurement says of each claim."""
    exact, measured = st.columns(2, gap="large")
    card = _card(slug, chapter, recorded)
    with measured:
        parts.section("Measured reference")
        if recorded is None or card is None:
            st.info(
                "There is no committed reference result yet. Train it below, or measure it with "
                f"`archviz reproduce {chapter_slug}/{slug}`.",
                icon=":material/science:",
            )
        else:
            key = f"reference-{card.id.replace('/', '-')}"
            views.measured(card, recorded.estimates, recorded.observations, key, PICTURE_HEIGHT)
            parts.html(f'<p class="az-quiet">{_origin(recorded)}</p>')
    with exact:
        parts.section("Exact, without training")
        if chapter is None:
            views.skeleton(PICTURE_HEIGHT)
        else:
            _demonstration(chapter_slug, next(one for one in chapter.experiments if one.slug == slug))
    if recorded is not None and card is not None:
        parts.section("What the reference says")
        if waiting.first_paint():
            views.skeleton(VERDICTS_HEIGHT)
            return
        views.verdicts(card, recorded.verdicts, f"verdicts-{slug}")
        if card.note:
            parts.html(f'<p class="az-quiet"><b>Read with care:</b> {parts.escape(card.note)}</p>')


def _origin(recorded: Reference) -> str:
    """How a reference was measured, as HTML."""
    return (
        f"<code>{parts.escape(recorded.command)}</code> · {len(recorded.seeds)} seeds · {recorded.date} · "
        f"{parts.escape(recorded.hardware)} · {recorded.seconds:.0f} s · "
        f"torch {parts.escape(recorded.versions.get('torch', '?'))}"
    )


def _demonstration(chapter_slug: str, declared: Experiment) -> None:
    shown = declared.demonstration
    titles = {arm.name: arm.title for arm in declared.arms}
    results = jobs.demonstration(f"{chapter_slug}/{declared.slug}")
    if results.error is not None:
        st.error(f"This could not be computed: {results.error}", icon=":material/error:")
    elif results.value is None:
        views.skeleton(PICTURE_HEIGHT)
    else:
        height = PICTURE_HEIGHT if len(results.value) == 1 else 240
        for index, result in enumerate(results.value):
            views.result(result, f"demonstration-{declared.slug}-{index}", titles, height)
    parts.html(f'<p class="az-note"><b>{parts.escape(shown.title)}.</b> {parts.escape(shown.text)}</p>')
