"""Tweak lanes: what the reader put on which arm."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from app.canvas.mount import mount

Lanes = dict[str, list[str]]


@dataclass(frozen=True)
class Chip:
    """A tweak in the palette. With a `reason` it cannot be used here; the reader is told why."""

    slug: str
    title: str
    hint: str = ""
    """One sentence on what it does, shown while the reader points at it."""
    reason: str | None = None


def lanes(
    palette: Sequence[Chip],
    lanes: Mapping[str, Sequence[str]],
    *,
    key: str,
    revision: str | int,
    locked: str | None = None,
    problems: Mapping[str, str] | Callable[[Lanes], Mapping[str, str]] | None = None,
    on_change: Callable[[], None] = lambda: None,
) -> Lanes:
    """Show the palette and one lane for each arm; gives the slugs on each lane, in the order they are applied.

    The lanes belong to the reader: what is passed as `lanes` counts once for each `revision`. `locked` is a sentence
    that says why nothing can be moved now. `problems` says by lane what is wrong with it as it stands; give a function
    of the lanes to judge them as the reader has just left them.
    """
    kept: Any = st.session_state.get(key)
    now = current(lanes, revision, kept and kept.get("placed"), palette)
    wrong = problems(now) if callable(problems) else problems or {}
    result = mount(
        "lanes",
        describe(palette, now, revision, locked, wrong),
        key=key,
        on_placed_change=on_change,
    )
    return current(lanes, revision, result.get("placed"), palette)


def current(given: Mapping[str, Sequence[str]], revision: str | int, placed: Any, palette: Sequence[Chip]) -> Lanes:
    """The lanes as they are: as the reader left them in this revision, otherwise as given.

    `placed` comes from the browser, so nothing in it is believed: lanes and tweaks that do not exist are dropped, and a
    lane holds each tweak once.
    """
    as_given = {name: list(slugs) for name, slugs in given.items()}
    if not isinstance(placed, Mapping) or placed.get("revision") != str(revision):
        return as_given
    chosen = placed.get("lanes")
    if not isinstance(chosen, Mapping):
        return as_given
    known = {chip.slug for chip in palette}
    return {name: _known(chosen.get(name), known) for name in as_given}


def _known(slugs: Any, known: set[str]) -> list[str]:
    if not isinstance(slugs, list):
        return []
    return list(dict.fromkeys(slug for slug in slugs if isinstance(slug, str) and slug in known))


def describe(
    palette: Sequence[Chip],
    lanes: Mapping[str, Sequence[str]],
    revision: str | int,
    locked: str | None,
    problems: Mapping[str, str],
) -> dict[str, Any]:
    """What the front end is told; the twin of `frontend/src/lanes/data.ts`."""
    return {
        "palette": [asdict(chip) for chip in palette],
        "lanes": [
            {"name": name, "tweaks": list(slugs), "problem": problems.get(name)} for name, slugs in lanes.items()
        ],
        "revision": str(revision),
        "locked": locked,
    }
