"""The entry of the screen: the book becomes the navigation. Run it with `archviz serve`."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import streamlit as st

from app import jobs
from app.ui import parts, waiting
from archviz.core import book

STYLE = Path(__file__).parent / "ui" / "style.css"
TOOLS = ("build", "inspect", "runs", "catalog")


def screen(module: str, *arguments: str) -> Callable[[], None]:
    """A page of `app/pages/`, imported when it is opened: the first paint waits for no other page."""

    def render() -> None:
        import_module(f"app.pages.{module}").render(*arguments)

    return render


def main() -> None:
    """Draw the frame and the page that the address asks for."""
    st.set_page_config(page_title="archviz", page_icon="🔬", layout="wide")
    parts.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
    first = waiting.first_paint()
    if not first:
        jobs.start()
    built = jobs.built()
    start = st.Page(screen("home"), title="Home", url_path="home", default=True)
    chapters = [
        st.Page(
            screen("chapter", page.slug),
            title=f"{page.number}. {page.short_title}",
            url_path=page.slug,
            visibility="visible" if page.slug in built else "hidden",
        )
        for page in book.pages()
    ]
    tools = [st.Page(screen(tool), title=tool.capitalize(), url_path=tool) for tool in TOOLS]
    chosen = st.navigation({"": [start], "The book": chapters, "Laboratory": tools}, expanded=True)
    st.session_state["pages"] = {page.url_path or "home": page for page in (start, *chapters, *tools)}
    chosen.run()
    if first:
        waiting.draw_the_rest()


main()
