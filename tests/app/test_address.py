"""The address of a chapter's page: a new one is a new visit, one that the page wrote itself is none."""

import pytest
from streamlit.testing.v1 import AppTest

from app import jobs


def _page() -> None:
    import streamlit as st

    from app import jobs
    from app.ui import address

    chapter = jobs.chapter("residual")
    slugs = tuple(one.slug for one in chapter.experiments) if chapter else ("identity",)
    st.session_state["read"] = address.read("residual", chapter, slugs)
    if st.button("Choose"):
        address.put("residual", {"seeds": "5"})


@pytest.fixture
def visited(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    assert jobs.library.wait(120) is not None
    monkeypatch.setattr(jobs, "run", lambda run: None)
    return AppTest.from_function(_page, default_timeout=30).run()


def test_what_the_page_writes_is_no_new_visit_and_what_a_link_brings_is_one(visited: AppTest):
    first = visited.session_state["read"]
    assert first.selection.seeds is None
    visited.button[0].click().run()
    assert visited.query_params["seeds"] == "5"
    again = visited.run().session_state["read"]
    assert (again.visit, again.selection.seeds) == (first.visit, 5)
    visited.query_params["seeds"] = "7"
    linked = visited.run().session_state["read"]
    assert (linked.visit, linked.selection.seeds) == (first.visit + 1, 7)


def test_a_run_that_is_not_here_is_said_and_left_out(visited: AppTest):
    visited.query_params["run"] = "0000"
    visited.query_params["experiment"] = "bottleneck"
    read = visited.run().session_state["read"]
    assert [sentence for sentence in read.problems if '"0000" is not in the history' in sentence]
    assert (read.selection.run, read.selection.experiment) == (None, "bottleneck")
