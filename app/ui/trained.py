"""Trained: which of the reader's own networks to look into, and with which example. All of it stands in the address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app import background, jobs
from app.ui import parts, waiting
from archviz.core.metrics import significant

if TYPE_CHECKING:
    from archviz.core.setup import DatasetConfig
    from archviz.runs.examples import Example
    from archviz.runs.inside import Given
    from archviz.runs.store import Run, TrialState

TEST, OWN = "test", "own"
ALL = "all"
DEFAULT_TEXT = "The function returns the number of "
OFFERED = 100
"""Runs that can be chosen among."""


@dataclass(frozen=True)
class Chosen:
    """Networks of one run, and what they are given."""

    states: tuple[TrialState, ...]
    titles: Mapping[str, str]
    given: Given
    identity: str
    """What tells this choice from others."""


def left() -> frozenset[str]:
    """The runs that left a network on this machine."""
    from archviz.runs import trained

    return trained.present()


def link(run_id: str) -> None:
    """A link to a look into what a run has trained, where it left anything."""
    if run_id in left():
        st.page_link(
            parts.pages()["inspect"],
            label="Look inside",
            icon=":material/visibility:",
            query_params={"run": run_id},
            help="The networks that this run has trained: what flows through them, and where they look.",
        )


def offered() -> list[Run]:
    """The runs that can be looked into, the newest first."""
    present = left()
    return [run for run in jobs.runs(limit=500) if run.id in present][:OFFERED]


def choose() -> Chosen | None:
    """Draw the controls; none while there is nothing to look into. Raises ValueError with a sentence."""
    from archviz.runs import trained

    query = st.query_params
    runs = {run.id: run for run in offered()}
    asked = query.get("run")
    if asked and asked not in runs:
        runs[asked] = trained.run(jobs.store(), asked)  # says so where it is not there
    if not runs:
        _nothing()
        return None
    left, middle, right = st.columns([6, 3, 1], vertical_alignment="bottom")
    with left:
        run_id = st.selectbox(
            "Run",
            list(runs),
            list(runs).index(asked) if asked else 0,
            key="inspect-run",
            format_func=lambda one: _named(runs[one]),
            help="Every run that left a trained network on this machine, the newest first.",
        )
    run = runs[run_id]
    states = trained.choices(jobs.store(), run_id)
    arms = sorted({state.arm for state in states})
    places = list(dict.fromkeys(state.x for state in states))
    with middle:
        options = [ALL, *arms] if len(arms) > 1 else arms
        arm = st.segmented_control(
            "Arms",
            options,
            default=query.get("arm") if query.get("arm") in options else options[0],
            required=True,
            format_func=lambda one: "side by side" if one == ALL else one,
            key=f"inspect-arm-{run_id}",
            help="One arm alone, or all of them with the same example.",
        )
    with right:
        x = _place(run_id, places)
    chosen = trained.choose(jobs.store(), run_id, None if arm in (None, ALL) else arm, x)
    kept = {"run": run_id, "arm": arm or ALL} | ({} if x is None else {"at": f"{x:g}"})
    given, identity, example = _example(chosen)
    kept |= example
    if kept != query.to_dict():
        query.from_dict(kept)
    if given is None:
        return None
    titles = {state.arm: _title(run, state.arm) for state in chosen}
    return Chosen(chosen, titles, given, f"{' '.join(state.id for state in chosen)} {identity}")


def _nothing() -> None:
    parts.html(
        '<div class="az-empty">Nothing that was trained here is kept yet. Open a chapter and press <b>Train</b>: when '
        "a run is over, the networks of its first seed can be looked into here.</div>"
    )
    st.page_link(parts.pages()["residual"], label="Train residual nets", icon=":material/arrow_forward:")


def _named(run: Run) -> str:
    """A run as one finds it again."""
    return f"{run.experiment}: {run.title} ({run.created:%-d %b, %H:%M})"


def _title(run: Run, arm: str) -> str:
    """What an arm is, in the words of its tweaks."""
    assert jobs.library.value is not None
    known = {tweak.slug: tweak.title for tweak in jobs.library.value.tweaks()}
    return " + ".join(known.get(slug, slug) for slug in run.lanes.get(arm, ())) or "as it is"


def _place(run_id: str, places: list[float | None]) -> float | None:
    """The place on the run's axis; the last one unless the reader says otherwise."""
    if places in ([], [None]):
        return None
    asked = st.query_params.get("at")
    named = {f"{place:g}": place for place in places if place is not None}
    last = max(named, key=lambda name: named[name])
    found = st.selectbox(
        "At",
        list(named),
        list(named).index(asked) if asked in named else list(named).index(last),
        key=f"inspect-at-{run_id}",
        format_func=lambda name: significant(float(name)),
        help="The place on the experiment's axis.",
    )
    return named[found]


def _example(chosen: tuple[TrialState, ...]) -> tuple[Given | None, str, dict[str, str]]:
    """What the networks are given: how to make it (none: not there yet), what tells it from others, its address."""
    from archviz.core.record import fingerprint

    dataset = jobs.store().trial(chosen[0].id).setup.recipe.dataset
    text = dataset.inputs.tokens

    def count() -> int:
        from archviz.runs import examples

        return examples.count(dataset)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="inspect-example-row"):
        kind = st.segmented_control(
            "Given",
            [TEST, OWN],
            default=TEST,
            required=True,
            format_func=lambda one: "a test example" if one == TEST else f"your own {'text' if text else 'picture'}",
            key="inspect-given",
            help="Test examples were never trained on, and their right answer is known.",
        )
        if kind == TEST:
            counted = background.soon(f"test examples {fingerprint(dataset)}", count)
            counted.wait(0.5)
            if counted.error is not None:
                raise ValueError(str(counted.error))
            if counted.value is None:
                st.caption("loading the dataset")
                waiting.until([counted])
                return None, "", {"example": asked} if (asked := st.query_params.get("example")) else {}
            return _test_example(chosen, counted.value, text)
        return _own_text(dataset) if text else _own_picture(dataset)


def _test_example(chosen: tuple[TrialState, ...], count: int, text: bool) -> tuple[Given, str, dict[str, str]]:
    asked = st.query_params.get("example", str(count // 2 if text else 0))  # a text rarely begins with a sentence
    first = min(int(asked), count - 1) if asked.isdecimal() else 0
    key = "inspect-number"
    st.session_state[key] = min(st.session_state.get(key, first), count - 1)
    number = st.number_input(
        f"Test example, 0 to {count - 1}",
        0,
        count - 1,
        key=key,
        width=200,
        help="Its number in the test split of the run's own dataset.",
    )
    if not text:
        several = len(chosen) > 1
        st.button(
            "Next where they differ" if several else "Next mistake",
            icon=":material/skip_next:",
            on_click=_next,
            args=(chosen, number),
            help="The next test example that "
            + ("the arms answer differently." if several else "the network gets wrong.")
            + " Looks through 500 of them.",
        )
    if said := st.session_state.pop("inspect-no-next", ""):
        st.caption(said)

    def given(dataset: DatasetConfig) -> Example:
        from archviz.runs import examples

        return examples.of_test(dataset, number)

    return given, f"test {number}", {"example": str(number)}


def _next(chosen: tuple[TrialState, ...], number: int) -> None:
    from archviz.runs import inside

    try:
        found = inside.worth_a_look(jobs.store(), chosen, number)
    except ValueError as error:
        st.session_state["inspect-no-next"] = str(error)
        return
    if found is None:
        st.session_state["inspect-no-next"] = "None among the next 500."
    else:
        st.session_state["inspect-number"] = found


def _own_picture(dataset: DatasetConfig) -> tuple[Given | None, str, dict[str, str]]:
    from archviz.core.picture import opened

    file = st.file_uploader(
        "Your picture: PNG, JPEG, GIF, BMP or WebP",
        key="inspect-own-upload",
        width=380,
        help="Its middle square is brought to the dataset's size and brightness. It is neither stored nor sent on.",
    )
    inverted = st.toggle(
        "Swap light and dark",
        key="inspect-inverted",
        help="The digits of the datasets are white on black; yours may be black on white.",
    )
    if file is None:
        st.caption("Choose a picture file.")
        return None, "", {}
    content = file.getvalue()
    picture = opened(content)

    def given(dataset: DatasetConfig) -> Example:
        from archviz.runs import examples

        return examples.own_picture(dataset, picture, inverted=inverted)

    return given, f"own {hashlib.blake2b(content, digest_size=8).hexdigest()} {inverted}", {}


def _own_text(dataset: DatasetConfig) -> tuple[Given | None, str, dict[str, str]]:
    text = st.text_input(
        f"Your text: {dataset.inputs.shape[0]} characters are read at once",
        DEFAULT_TEXT,
        key="inspect-text",
        width=480,
        help="It is neither stored nor sent on.",
    )

    def given(dataset: DatasetConfig) -> Example:
        from archviz.runs import examples

        return examples.own_text(dataset, text)

    return given, f"own {text}", {}
