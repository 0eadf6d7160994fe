"""Chapter: one renderer for every chapter of the book.

The text and the committed reference result are drawn first; they need no torch. Graph, demonstration, lanes and
controls follow when the browser has drawn these and the library is loaded, in places that were kept for them.
"""

import streamlit as st

from app import jobs
from app.state import Selection
from app.ui import address, controls, exhibits, findings, laboratory, parts, prose, views, waiting
from archviz.core import book

CONTROL_HEIGHT = 40


def render(slug: str) -> None:
    """Draw the page of one chapter."""
    _render(book.page(slug))


def _render(page: book.Page) -> None:
    text = prose.split(page.prose)
    built = page.slug in jobs.built()
    parts.header(f"Chapter {page.number}" if page.number else "Introduction", page.title, page.summary)
    if not built:
        st.info("This chapter is not built yet: there is its text, but nothing to run.", icon=":material/construction:")
        parts.prose(page.prose)
        return

    chapter = None if waiting.first_paint() else jobs.chapter(page.slug)
    references = jobs.references(page.slug)
    slugs = tuple(e.slug for e in chapter.experiments) if chapter else tuple(references)
    read = address.read(page.slug, chapter, slugs)
    parts.problems(read.problems)
    if jobs.library.error is not None:
        st.error(f"The library could not be loaded: {jobs.library.error}", icon=":material/error:")

    beside_text, beside_graph = st.columns([5, 7], gap="large")
    with beside_text:
        parts.prose(text.introduction)
        chosen = _experiment_choice(page.slug, slugs, read.selection)
        if chosen is not None:
            paragraph = text.experiments[slugs.index(chosen)] if len(text.experiments) == len(slugs) else ""
            findings.question(chosen, chapter, references.get(chosen), paragraph)
    graph_place = beside_graph.container(key="graph", height=laboratory.GRAPH_HEIGHT, border=False)
    inside_place = beside_graph.container(key="inside")
    exhibits_place = st.container(key="exhibits")
    if chosen is None:
        views.skeleton(findings.PICTURE_HEIGHT)
    else:
        findings.panel(page.slug, chosen, chapter, references.get(chosen))
    with exhibits_place:
        exhibits.panel(page.slug, chapter.exhibits if chapter else None)

    if chapter is None or chosen is None:
        laboratory.skeleton(graph_place)
        waiting.until([jobs.library])
    else:
        declared = next(one for one in chapter.experiments if one.slug == chosen)
        graph = laboratory.draw(page.slug, chapter, declared, read, graph_place, inside_place)
        waiting.until([graph, jobs.demonstration(f"{page.slug}/{chosen}")])
    if len(text.experiments) != len(slugs):
        parts.prose("\n\n".join(text.experiments))
    st.caption(text.source)


def _experiment_choice(slug: str, slugs: tuple[str, ...], selection: Selection) -> str | None:
    """The experiment that is shown; none when the address names one that only the library knows."""
    if selection.experiment is not None and selection.experiment not in slugs:
        return None
    if not slugs:
        return None
    chosen = selection.experiment or slugs[0]
    if waiting.first_paint():
        views.skeleton(CONTROL_HEIGHT)
        return chosen
    return controls.experiment(slugs, chosen, f"{slug}.experiment")
