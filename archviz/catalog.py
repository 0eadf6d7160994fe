"""Catalog: everything that archviz has, found by scanning its folders, by name. Each folder is scanned once, on demand.

Names are strings here and nowhere below: they exist in addresses, in the store and on the command line.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Protocol, TypeVar

from archviz.core.discover import discover
from archviz.core.spec import Architecture, Chapter, Dataset, Exhibit, Experiment, Probe, Tweak


class NotFound(KeyError):
    """Nothing has this name; the message is a sentence with the names that come close."""

    def __init__(self, what: str, name: str, known: Iterable[str], where: str) -> None:
        names = list(known)
        near = get_close_matches(name, names, n=3, cutoff=0.5) or [n for n in names if n.endswith(f"/{name}")][:3]
        hint = f"did you mean {' or '.join(near)}?" if near else f"{where} shows all {len(names)}."
        super().__init__(f"There is no {what} {name!r}; {hint}")

    def __str__(self) -> str:
        return str(self.args[0])


@cache
def chapters() -> tuple[Chapter, ...]:
    """The chapters that are built, in the order of the book."""
    found: tuple[Chapter, ...] = discover("archviz.chapters", "CHAPTER")
    return tuple(sorted(found, key=lambda chapter: chapter.page.number))


@cache
def models() -> tuple[Architecture, ...]:
    """Every model preset."""
    return discover("archviz.models", "MODELS")


@cache
def tweaks() -> tuple[Tweak, ...]:
    """Every tweak."""
    return discover("archviz.tweaks", "TWEAK")


@cache
def datasets() -> tuple[Dataset, ...]:
    """Every dataset."""
    return discover("archviz.data", "DATASET")


@cache
def exhibits() -> tuple[Exhibit, ...]:
    """Every exhibit."""
    return discover("archviz.exhibits", "EXHIBIT")


@cache
def probes() -> tuple[Probe, ...]:
    """Every probe."""
    return discover("archviz.probes", "PROBE")


def chapter(slug: str) -> Chapter:
    """The chapter of this slug. Raises NotFound."""
    for found in chapters():
        if found.slug == slug:
            return found
    raise NotFound("chapter", slug, (found.slug for found in chapters()), "`archviz list`")


def experiments() -> dict[str, tuple[Chapter, Experiment]]:
    """Every experiment with its chapter, by its id `chapter/slug`."""
    return {f"{c.slug}/{e.slug}": (c, e) for c in chapters() for e in c.experiments}


def experiment(identity: str) -> tuple[Chapter, Experiment]:
    """The experiment `chapter/slug` with its chapter. Raises NotFound."""
    known = experiments()
    if identity not in known:
        raise NotFound("experiment", identity, known, "`archviz list`")
    return known[identity]


def model(name: str) -> Architecture:
    """The model preset of this name. Raises NotFound."""
    for found in models():
        if found.name == name:
            return found
    raise NotFound("model", name, (found.name for found in models()), "`archviz list`")


def tweak(slug: str) -> Tweak:
    """The tweak of this slug. Raises NotFound."""
    return _by_slug("tweak", slug, tweaks())


def dataset(slug: str) -> Dataset:
    """The dataset of this slug. Raises NotFound."""
    return _by_slug("dataset", slug, datasets())


def probe(slug: str) -> Probe:
    """The probe of this slug. Raises NotFound."""
    return _by_slug("probe", slug, probes())


class _Named(Protocol):
    @property
    def slug(self) -> str: ...


Slugged = TypeVar("Slugged", bound=_Named)


def _by_slug(what: str, slug: str, found: tuple[Slugged, ...]) -> Slugged:
    for one in found:
        if one.slug == slug:
            return one
    raise NotFound(what, slug, (one.slug for one in found), "`archviz list`")
