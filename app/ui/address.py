"""Address: what the address of a chapter's page asks for, and putting there what is chosen."""

from dataclasses import dataclass

import streamlit as st

from app import jobs, state
from app.state import Choices, Selection
from archviz.core.spec import Chapter

ARMS = "arms"
"""The graph that compares the arms of the experiment, as the address names it."""


@dataclass(frozen=True)
class Read:
    """What the address said, and how often a new one has been opened in this session."""

    selection: Selection
    problems: tuple[str, ...]
    visit: int


def read(slug: str, chapter: Chapter | None, slugs: tuple[str, ...]) -> Read:
    """The selection of the address. A run in it decides everything that the address leaves open."""
    query = dict(st.query_params)
    visit_key, written_key = f"{slug}.visit", f"{slug}.written"
    if query != st.session_state.get(written_key):
        st.session_state[visit_key] = st.session_state.get(visit_key, 0) + 1
        st.session_state[written_key] = query
    visit = st.session_state[visit_key]
    if chapter is None:
        return Read(*state.read(query, Choices()), visit)

    first, _ = state.read(query, Choices(experiments=slugs))
    problems: list[str] = []
    run = jobs.run(first.run) if first.run else None
    if first.run and (run is None or run.experiment.partition("/")[0] != slug):
        problems.append(
            f'The run "{first.run}" is not in the history of this archviz. Here is the experiment with its recorded '
            "reference result."
        )
        query.pop("run")
        run = None
    ran = run.experiment.partition("/")[2] if run else None
    chosen = ran or first.experiment or slugs[0]
    declared = next((one for one in chapter.experiments if one.slug == chosen), chapter.experiments[0])
    selection, more = state.read(
        query,
        Choices(
            experiments=slugs,
            graphs=(ARMS, *(model.name for model in chapter.architectures)),
            arms=tuple(arm.name for arm in declared.arms),
            tweaks=tuple(tweak.slug for tweak in chapter.tweaks),
            values=declared.axis.values if declared.axis else (),
            devices=jobs.devices(),
        ),
    )
    if run is not None:
        selection = state.with_run(selection, run.experiment.partition("/")[2], run.lanes)
    return Read(selection, (*problems, *more), visit)


def put(slug: str, query: dict[str, str]) -> None:
    """Put this into the address of a chapter's page; it is no new visit."""
    if query != dict(st.query_params):
        st.query_params.from_dict(query)
    st.session_state[f"{slug}.written"] = query
