"""Build: a model put together from blocks, its source beside it, trained like any model of the book."""

import streamlit as st

from app import desk, jobs
from app.desk import Desk
from app.ui import assembling, opening, own_training, parts, train_button, views, waiting


def render() -> None:
    """Draw the page."""
    parts.header(
        "",
        "Build",
        "Put a model together from blocks, or open one of the book and change it. Each block says at once what comes "
        "out of it; the source stands beside it; then train it against what it was before.",
    )
    if jobs.library.value is None:
        views.skeleton(assembling.HEIGHT)
        waiting.until([jobs.library])
        return
    model = desk.of_session()
    opening.arrive(model)
    opening.row(model)
    with st.container(key="said"):  # one element whatever is said, so that the canvas keeps its place
        parts.problems([model.said] if model.said else [])
        if model.left_out:
            parts.html(f'<p class="az-quiet" data-testid="left-out">{parts.escape(model.left_out)}</p>')
    st.fragment(_assemble)(model)
    st.subheader("Train it", anchor=False, divider="gray")
    own_training.panel(model)


def _assemble(model: Desk) -> None:
    """Canvas and source. A fragment: an edit draws nothing else anew, unless what stands below hangs on it."""
    edited = assembling.draw(model)
    if edited and (train_button.refused(own_training.PAGE) or own_training.outdated(model)):
        st.rerun()
