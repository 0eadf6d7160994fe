"""Home: the whole book on one page."""

import streamlit as st

from app import jobs
from app.ui import parts, waiting
from archviz.core import book

RECENT = 4


def render() -> None:
    """Draw the book as a grid of cards, then what was run last."""
    parts.header(
        "",
        "Why is it built that way?",
        "A book about neural architectures that you can run. Each chapter takes one building block, lets you change "
        "one thing about it, trains both versions on the same seeds and says plainly what came of it.",
    )
    built = jobs.built()
    with st.container(key="book"), st.grid(min_column_width=270, gap="small"):
        for page in book.pages():
            _card(page, page.slug in built)
    _recent()


def _card(page: book.Page, built: bool) -> None:
    with st.container(border=True, key=f"card-{page.slug}", gap="xsmall", height="stretch"):
        number = f"Chapter {page.number}" if page.number else "Introduction"
        if built:
            parts.html(f'<p class="az-card-number">{number}</p>')
            st.page_link(parts.pages()[page.slug], label=page.title)
            parts.html(f'<p class="az-card-text">{parts.escape(parts.first_sentences(page.summary))}</p>')
        else:
            parts.html(
                f'<p class="az-card-number">{number} · not built yet</p>'
                f'<p class="az-card-title az-unbuilt">{parts.escape(page.title)}</p>'
                f'<p class="az-card-text az-unbuilt">{parts.escape(parts.first_sentences(page.summary))}</p>'
            )


def _recent() -> None:
    """The last runs, once the history can be read."""
    if jobs.library.value is None:
        waiting.until([jobs.library], quiet=True)
        return
    last = jobs.runs(limit=RECENT)
    if not last:
        return
    parts.section("Run last")
    for run in last:
        chapter, _, experiment = run.experiment.partition("/")
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"recent-{run.id}"):
            st.page_link(
                parts.pages()[chapter if chapter in parts.pages() else "runs"],
                label=run.title,
                icon=":material/history:",
                query_params={"experiment": experiment, "run": run.id},
            )
            parts.html(f'<p class="az-quiet">{run.experiment} · {run.status} · {run.created:%d %b, %H:%M}</p>')
