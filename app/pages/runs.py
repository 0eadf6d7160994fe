"""Runs: the history, to look through, compare, export and tidy up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, get_args

import streamlit as st

from app import jobs, tables
from app.progress import Progress
from app.ui import parts, trained, views, waiting
from app.ui.charts.figure import Columns
from archviz.core import book
from archviz.core.metrics import difference, metric

if TYPE_CHECKING:
    from archviz.runs.store import Run

ANY = "any"
PERIODS = {ANY: "any time", "1": "last 24 hours", "7": "last 7 days", "30": "last 30 days"}
CHART_HEIGHT = 280


def render() -> None:
    """Draw the table of all runs, and below it what is chosen in it."""
    parts.header(
        "",
        "Runs",
        "Everything that was trained here, with its curves, observations and verdict. Choose one run to read it, "
        "several to compare them.",
    )
    if jobs.library.value is None:
        views.skeleton(320)
        waiting.until([jobs.library])
        return
    everything = jobs.runs()
    if not everything:
        _empty()
        return
    shown = _filtered(everything)
    chosen = _table(shown)
    if chosen:
        _details(chosen)
    if any(run.status in ("queued", "running") for run in shown):
        _keep_up()


def _empty() -> None:
    parts.html(
        '<div class="az-empty">Nothing has been run yet. Open a chapter, drag a tweak onto a lane and press '
        "<b>Train</b>; the run will stand here.</div>"
    )
    for slug in sorted(jobs.built(), key=lambda slug: book.page(slug).number):
        page = book.page(slug)
        st.page_link(parts.pages()[slug], label=f"{page.number}. {page.title}", icon=":material/arrow_forward:")


def _filtered(everything: Sequence[Run]) -> list[Run]:
    from archviz.runs.store import Status

    query = st.query_params
    experiments = sorted({run.experiment for run in everything})
    chapters = list(dict.fromkeys(one.partition("/")[0] for one in experiments))
    search, where, state, when = st.columns([3, 3, 2, 2])
    with search:
        text = st.text_input(
            "Search",
            query.get("q", ""),
            key="runs-q",
            placeholder="title, experiment or id",
            help="Part of any of them.",
        )
    with where:
        options = [ANY, *chapters, *experiments]
        chapter = _choice("Chapter or experiment", options, "experiment", "Only runs of this chapter or experiment.")
    with state:
        status = _choice("Status", [ANY, *get_args(Status)], "status", "Only runs in this state.")
    with when:
        period = _choice("Started", list(PERIODS), "period", "Only runs that were started since then.", PERIODS)
    chosen = {"q": text, "experiment": chapter, "status": status, "period": period, "open": query.get("open", "")}
    kept = {name: value for name, value in chosen.items() if value and value != ANY}
    if kept != query.to_dict():
        query.from_dict(kept)
    found = jobs.runs(
        experiment=None if chapter == ANY else chapter,
        text=text or None,
        status=None if status == ANY else status,  # type: ignore[arg-type]
    )
    if period != ANY:
        since = datetime.now().astimezone() - timedelta(days=int(period))
        found = [run for run in found if run.created >= since]
    return found


def _choice(label: str, options: list[str], name: str, help_text: str, words: dict[str, str] | None = None) -> str:
    """One filter, kept in the address under its name; an unknown value is said and left out."""
    asked = st.query_params.get(name, ANY)
    if asked not in options:
        st.warning(f'The address asks for {name} "{asked}", which is not here. Showing all runs instead.')
        asked = ANY
    return st.selectbox(
        label,
        options,
        index=options.index(asked),
        format_func=lambda value: (words or {}).get(value, value),
        key=f"runs-{name}",
        help=help_text,
    )


def _table(found: list[Run]) -> list[str]:
    """The runs as a table; gives the ids of the chosen ones."""
    if not found:
        st.info("No run matches these filters.", icon=":material/filter_alt_off:")
        return []
    opened = st.query_params.get("open")
    rows = [index for index, run in enumerate(found) if run.id == opened]
    columns = {
        "started": [run.created for run in found],
        "experiment": [run.experiment for run in found],
        "what": [run.title for run in found],
        "status": [run.status for run in found],
        "trials": [sum(run.trials.values()) for run in found],
        "id": [run.id for run in found],
    }
    event = st.dataframe(
        columns,
        hide_index=True,
        height=min(420, 40 + 35 * len(found)),
        column_config={
            "started": st.column_config.DatetimeColumn("Started", format="D MMM YYYY, HH:mm:ss", width="medium"),
            "experiment": st.column_config.TextColumn("Experiment", width="medium"),
            "what": st.column_config.TextColumn("Arms", width="large"),
            "status": st.column_config.TextColumn("Status", width="small"),
            "trials": st.column_config.NumberColumn("Trials", width="small"),
            "id": st.column_config.TextColumn("Run", width="small"),
        },
        key="runs-table",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows, "columns": [], "cells": []}} if rows else None,
    )
    return [found[index].id for index in event["selection"]["rows"] if index < len(found)]


def _details(chosen: list[str]) -> None:
    progresses: list[Progress] = []
    for run_id in chosen:
        try:
            progresses.append(jobs.follow(run_id))
        except KeyError as error:
            st.warning(f"{run_id}: {error.args[0]}", icon=":material/history:")
    st.subheader("1 run" if len(chosen) == 1 else f"{len(chosen)} runs compared", anchor=False, divider="gray")
    _actions(chosen, progresses)
    if len(progresses) == 1:
        _one(progresses[0])
    elif progresses:
        _compare(progresses)


def _actions(chosen: list[str], progresses: list[Progress]) -> None:
    found = {one.run.id: (one.run, one.observations) for one in progresses}
    name = f"archviz-{chosen[0]}" if len(chosen) == 1 else f"archviz-{len(chosen)}-runs"
    with st.container(horizontal=True, gap="small"):
        if len(progresses) == 1:
            run = progresses[0].run
            chapter, _, experiment = run.experiment.partition("/")
            st.page_link(
                parts.pages()[chapter],
                label="Open in its chapter",
                icon=":material/open_in_new:",
                query_params={"experiment": experiment, "run": run.id},
            )
            trained.link(run.id)
        st.download_button(
            "CSV",
            tables.to_csv(found),
            f"{name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="All observations, one row each: run, experiment, arm, seed, x, metric, value.",
        )
        st.download_button(
            "JSON",
            tables.to_json(found, {one.run.id: one.verdicts for one in progresses}),
            f"{name}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
            help="The runs with their lanes, verdicts and observations.",
        )
        if st.button("Delete", icon=":material/delete:", key="delete", help="Remove from the history, after asking."):
            _confirm(chosen)


@st.dialog("Delete for good?")
def _confirm(chosen: list[str]) -> None:
    what = "this run" if len(chosen) == 1 else f"these {len(chosen)} runs"
    st.markdown(f"Curves, observations and weights of {what} will be gone. Reference results stay.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="delete-yes"):
            for run_id in chosen:
                jobs.delete(run_id)
            st.query_params.pop("open", None)
            st.session_state.pop("runs-table", None)
            st.rerun()
        if st.button("Keep", key="delete-no"):
            st.rerun()


def _one(progress: Progress) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        views.verdicts(progress.card, progress.verdicts, "runs-one")
        for note in progress.notes():
            st.info(note, icon=":material/healing:")
    with right:
        views.measured(progress.card, progress.estimates, progress.observations, "runs-one", CHART_HEIGHT)


def _compare(progresses: list[Progress]) -> None:
    """The first verdict of each run side by side, then each run's picture."""
    rows: Columns = {
        name: [] for name in ("run", "experiment", "arms", "claim", "outcome", "difference", "95 % interval", "n")
    }
    for progress in progresses:
        verdict, claim = progress.verdicts[0], progress.card.claims[0]
        what = metric(claim.metric)
        rows["run"].append(progress.run.id)
        rows["experiment"].append(progress.run.experiment)
        rows["arms"].append(progress.run.title)
        rows["claim"].append(verdict.claim)
        rows["outcome"].append(verdict.outcome)
        rows["difference"].append("" if verdict.effect is None else difference(verdict.effect, what))
        bounds = verdict.interval
        rows["95 % interval"].append(
            "" if bounds is None else f"{difference(bounds[0], what)} to {difference(bounds[1], what)}"
        )
        rows["n"].append(verdict.n)
    st.dataframe(rows, hide_index=True)
    places = st.columns(min(3, len(progresses)), gap="medium")
    for index, progress in enumerate(progresses):
        with places[index % len(places)]:
            parts.html(f'<p class="az-note"><b>{parts.escape(progress.run.title)}</b></p>')
            views.measured(
                progress.card, progress.estimates, progress.observations, f"runs-{progress.run.id}", CHART_HEIGHT
            )


@st.fragment(run_every=1.0)
def _keep_up() -> None:
    """Draw the table anew when a run that goes on has changed its state."""
    now = {run.id: run.status for run in jobs.runs()}
    if now != st.session_state.setdefault("runs-seen", now):
        st.session_state["runs-seen"] = now
        st.rerun()
