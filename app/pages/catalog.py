"""Catalog: every block, tweak, model, dataset and probe, what it does and where it is used."""

import streamlit as st

from app import jobs
from app.inventory import SECTIONS, Entry, Use, entries
from app.ui import parts, views, waiting

ALL = "All"


def render() -> None:
    """Draw the entries that match the search, in the chosen section."""
    parts.header(
        "",
        "Catalog",
        "What archviz is made of, from the descriptions in the code: search it, read it, and follow it to the "
        "experiments that use it.",
    )
    if jobs.library.value is None:
        views.skeleton(420)
        waiting.until([jobs.library])
        return
    everything = entries(jobs.library.value)
    words, section = _search()
    found = [one for one in everything if section in (ALL, one.section) and one.matches(words)]
    st.caption(f"{len(found)} of {len(everything)}")
    if not found:
        st.info(f'Nothing in the catalog has the words "{words}". Try fewer of them.', icon=":material/search_off:")
    for name in SECTIONS:
        inside = [one for one in found if one.section == name]
        if inside:
            parts.section(f"{name} · {len(inside)}")
            with st.grid(min_column_width=330, gap="small"):
                for one in inside:
                    _entry(one)


def _search() -> tuple[str, str]:
    """What is searched for; it stands in the address."""
    query = st.query_params
    asked = query.get("section", ALL)
    if asked not in (ALL, *SECTIONS):
        st.warning(f'The catalog has no section "{asked}"; showing all of it.')
        asked = ALL
    left, right = st.columns([3, 4], vertical_alignment="bottom")
    with left:
        words = st.text_input(
            "Search",
            query.get("q", ""),
            key="catalog-q",
            placeholder="norm, attention, digits, ...",
            help="All of these words must occur in an entry.",
        )
    with right:
        section = st.segmented_control(
            "Section", (ALL, *SECTIONS), default=asked, required=True, key="catalog-section", help="Only this kind."
        )
    wanted = {"q": words, "section": "" if section == ALL else section or ""}
    kept = {name: value for name, value in wanted.items() if value}
    if kept != query.to_dict():
        query.from_dict(kept)
    return words, section or ALL


def _entry(entry: Entry) -> None:
    """One card. A single piece of HTML: there are hundreds of entries, and each element costs the browser."""
    rows = "".join(
        f"<dt>{parts.escape(words)}</dt><dd>{parts.escape(value)}</dd>" for words, value in entry.facts if value
    )
    source = f'<p class="az-quiet">{parts.escape(entry.source)}</p>' if entry.source else ""
    used = " · ".join(_link(use) for use in entry.used)
    where = f"used in {used}" if used else "not used in an experiment yet"
    with st.container(border=True, key=f"entry-{entry.section}-{entry.name.replace('.', '-')}", height="stretch"):
        parts.html(
            f'<p class="az-card-title">{parts.escape(entry.title)}</p>'
            f'<p class="az-card-number">{parts.escape(entry.name)}</p>'
            f'<p class="az-card-text">{parts.inline(entry.text)}</p>'
            f'<dl class="az-facts">{rows}</dl>{source}<p class="az-quiet">{where}</p>'
        )
        if entry.formula:
            st.latex(entry.formula)


def _link(use: Use) -> str:
    query = f"?experiment={use.experiment}" if use.experiment else ""
    return f'<a href="{use.chapter}{query}" target="_self">{parts.escape(use.label)}</a>'
