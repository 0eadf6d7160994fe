"""Selection: what a reader has chosen, as one typed value that lives in the URL.

An address is the whole state of a page: copied to a colleague it shows the same experiment and its recorded result.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

MAX_SEEDS = 20


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is chosen on a chapter's page; none stands for the page's own default."""

    experiment: str | None = None
    run: str | None = None
    graph: str | None = None
    lanes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Tweak slugs by arm, only for arms that the reader changed."""
    seeds: int | None = None
    values: tuple[float, ...] | None = None
    device: str | None = None


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What may be chosen on a page. None where it is not known yet: such a value is passed on unchecked."""

    experiments: tuple[str, ...] | None = None
    graphs: tuple[str, ...] | None = None
    arms: tuple[str, ...] | None = None
    tweaks: tuple[str, ...] | None = None
    values: tuple[float, ...] | None = None
    devices: tuple[str, ...] | None = None


def read(query: Mapping[str, str], choices: Choices) -> tuple[Selection, tuple[str, ...]]:
    """The selection in a URL's query, and a sentence for every part of it that could not be used."""
    problems: list[str] = []

    def one(name: str, known: tuple[str, ...] | None) -> str | None:
        value = query.get(name)
        if value is None or known is None or value in known:
            return value
        problems.append(_unknown(name, value, known))
        return None

    lanes = {}
    for key, text in query.items():
        if not key.startswith("lane."):
            continue
        arm = key.removeprefix("lane.")
        if choices.arms is not None and arm not in choices.arms:
            problems.append(_unknown("arm", arm, choices.arms))
            continue
        tweaks = tuple(filter(None, text.split(",")))
        known = tuple(tweak for tweak in tweaks if choices.tweaks is None or tweak in choices.tweaks)
        problems.extend(_unknown("tweak", tweak, choices.tweaks or ()) for tweak in tweaks if tweak not in known)
        lanes[arm] = known

    selection = Selection(
        experiment=one("experiment", choices.experiments),
        run=query.get("run"),
        graph=one("graph", choices.graphs),
        lanes=lanes,
        seeds=_seeds(query.get("seeds"), problems),
        values=_values(query.get("values"), choices.values, problems),
        device=one("device", choices.devices),
    )
    return selection, tuple(problems)


def write(selection: Selection) -> dict[str, str]:
    """The query of a selection: `read(write(s), ...)` gives `s` back."""
    query = {
        name: value
        for name, value in (
            ("experiment", selection.experiment),
            ("graph", selection.graph),
            ("device", selection.device),
            ("run", selection.run),
        )
        if value is not None
    }
    query |= {f"lane.{arm}": ",".join(tweaks) for arm, tweaks in selection.lanes.items()}
    if selection.seeds is not None:
        query["seeds"] = str(selection.seeds)
    if selection.values is not None:
        query["values"] = ",".join(f"{value:g}" for value in selection.values)
    return query


def _seeds(text: str | None, problems: list[str]) -> int | None:
    if text is None:
        return None
    if text.isdecimal() and 1 <= int(text) <= MAX_SEEDS:
        return int(text)
    problems.append(f'"{text}" is not a number of seeds; choose 1 to {MAX_SEEDS}. Showing the default instead.')
    return None


def _values(text: str | None, known: tuple[float, ...] | None, problems: list[str]) -> tuple[float, ...] | None:
    if text is None:
        return None
    chosen = []
    for part in text.split(","):
        try:
            value = float(part)
        except ValueError:
            value = None
        if value is None or (known is not None and value not in known):
            problems.append(_unknown("value", part, tuple(f"{value:g}" for value in known or ())))
        else:
            chosen.append(value)
    return tuple(chosen) or None


def _unknown(name: str, value: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(value, known, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else f" There is: {', '.join(known)}." if known else ""
    return f'The address asks for {name} "{value}", which is not here.{hint} Showing the default instead.'


def with_run(selection: Selection, experiment: str, lanes: Mapping[str, tuple[str, ...]]) -> Selection:
    """The selection with what a recorded run says where the address says nothing."""
    return replace(selection, experiment=experiment, lanes={**lanes, **selection.lanes})
