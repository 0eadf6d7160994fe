"""The entry of the screen: the book becomes the navigation. Run it with `archviz serve`."""

from pathlib import Path

import streamlit as st

from app import jobs
from app.screens import catalog, chapter, home, inspect, runs
from app.ui import parts
from archviz.core import book

STYLE = Path(__file__).parent / "ui" / "style.css"


def main() -> None:
    """Draw the frame and the page that the address asks for."""
    st.set_page_config(page_title="archviz", page_icon="🔬", layout="wide")
    parts.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
    jobs.start()
    built = jobs.built()
    start = st.Page(home.render, title="Home", url_path="home", default=True)
    chapters = [
        st.Page(
            chapter.renderer(page.slug),
            title=f"{page.number}. {page.title}",
            url_path=page.slug,
            visibility="visible" if page.slug in built else "hidden",
        )
        for page in book.pages()
    ]
    tools = [
        st.Page(inspect.render, title="Inspect", url_path="inspect"),
        st.Page(runs.render, title="Runs", url_path="runs"),
        st.Page(catalog.render, title="Catalog", url_path="catalog"),
    ]
    chosen = st.navigation({"": [start], "The book": chapters, "Laboratory": tools}, expanded=True)
    st.session_state["pages"] = {page.url_path or "home": page for page in (start, *chapters, *tools)}
    chosen.run()


main()
