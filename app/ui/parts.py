"""Parts that every page has: its header, prose, links and sentences that say what is the matter."""

import re
from collections.abc import Iterable

import streamlit as st

from app.ui import formula
from app.ui.charts.colours import arm_color


def html(text: str) -> None:
    """A piece of HTML. By way of markdown: what draws that is in the browser already, what draws `st.html` is not."""
    st.markdown(text, unsafe_allow_html=True)


def prose(text: str) -> None:
    """A text of the book: markdown with formulas."""
    html(formula.drawn(text))


def header(overline: str, title: str, lead: str) -> None:
    """The top of a page."""
    if overline:
        html(f'<p class="az-overline">{escape(overline)}</p>')
    st.title(title, anchor=False)
    if lead:
        html(f'<p class="az-lead">{inline(lead)}</p>')


def pages() -> dict[str, st.Page]:
    """All pages of this session by their path, for links; filled by app/main.py."""
    found: dict[str, st.Page] = st.session_state["pages"]
    return found


def problems(sentences: Iterable[str]) -> None:
    """What in the address could not be used."""
    for sentence in sentences:
        st.warning(sentence, icon=":material/link_off:")


def first_sentences(text: str, most: int = 190) -> str:
    """As many whole sentences from the start as fit, one at least."""
    sentences = re.split(r"(?<=[.!?])\s+", _plain(text))
    kept = sentences[0]
    for sentence in sentences[1:]:
        if len(kept) + len(sentence) > most:
            break
        kept += f" {sentence}"
    return kept


def escape(text: str) -> str:
    """Text as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def inline(text: str) -> str:
    """Text with *emphasis* and `code` as HTML."""
    emphasised = re.sub(r"\*(\S(?:[^*]*\S)?)\*", r"<em>\1</em>", escape(text))
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", emphasised)


def _plain(text: str) -> str:
    return re.sub(r"[*_`]", "", text)


def section(title: str) -> None:
    """A small heading above a picture."""
    html(f'<h4 class="az-section">{escape(title)}</h4>')


def arm(name: str, title: str) -> None:
    """The name of an arm in its colour, and what it is."""
    colour = arm_color(name)
    html(f'<p class="az-arm"><span style="background:{colour}">{escape(name)}</span> {escape(title)}</p>')
