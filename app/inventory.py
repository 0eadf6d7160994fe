"""Inventory: everything that archviz has as entries of one shape, from docstrings and declarations."""

import inspect
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from types import ModuleType

from archviz.core.config import Config, walk
from archviz.core.record import KINDS
from archviz.core.setup import Setup
from archviz.core.spec import Architecture, Chapter, Dataset, Probe, Train, Tweak

SECTIONS = ("Blocks", "Tweaks", "Models", "Datasets", "Probes")


@dataclass(frozen=True, kw_only=True)
class Use:
    """A place where something is used: an experiment of a chapter, or the chapter as a whole."""

    label: str
    chapter: str
    experiment: str | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing of the catalog."""

    section: str
    name: str
    title: str
    text: str
    formula: str = ""
    source: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """What else is known, in pairs of words and value."""
    used: tuple[Use, ...] = ()

    def matches(self, words: str) -> bool:
        """Whether all of these words occur in it."""
        where = " ".join((self.name, self.title, self.text, self.source, *(value for _, value in self.facts))).lower()
        return all(word in where for word in words.lower().split())


@cache
def entries(catalog: ModuleType) -> tuple[Entry, ...]:
    """Everything that the catalog holds, section by section."""
    chapters: tuple[Chapter, ...] = catalog.chapters()
    models: tuple[Architecture, ...] = catalog.models()
    return (
        *_blocks(chapters, models),
        *(_tweak(one, chapters) for one in catalog.tweaks()),
        *(_model(one, chapters) for one in models),
        *(_dataset(one, chapters) for one in catalog.datasets()),
        *(_probe(one, chapters) for one in catalog.probes()),
    )


def _blocks(chapters: Iterable[Chapter], models: Iterable[Architecture]) -> list[Entry]:
    """Every part in archviz.blocks that can be built, with the settings that its Config takes."""
    in_models: dict[str, list[str]] = {}
    for model in models:
        for kind in _kinds(model.config):
            in_models.setdefault(kind, []).append(model.name)
    uses: dict[str, list[Use]] = {}
    for chapter in chapters:
        for experiment in chapter.experiments:
            setups = [experiment.setup(arm) for arm in experiment.arms]
            for kind in dict.fromkeys(kind for setup in setups for kind in _kinds(setup)):
                uses.setdefault(kind, []).append(_use(chapter, experiment.slug))
    found = []
    for kind, config in sorted(KINDS.items()):
        owner = config.__qualname__.rpartition(".")[0]
        if not config.__module__.startswith("archviz.blocks.") or not owner:
            continue
        part = attrgetter(owner)(sys.modules[config.__module__])
        first, rest = _docstring(part)
        found.append(
            Entry(
                section="Blocks",
                name=kind,
                title=_spaced(kind),
                text=" ".join(filter(None, (first, rest))),
                facts=(("file", f"{config.__module__.replace('.', '/')}.py"), *_settings(config)),
                used=tuple(uses.get(kind, ())),
            )
        )
        if kind in in_models:
            names = ", ".join(in_models[kind][:8]) + (", ..." if len(in_models[kind]) > 8 else "")
            found[-1] = _with_fact(found[-1], "in models", names)
    return found


def _tweak(tweak: Tweak, chapters: Iterable[Chapter]) -> Entry:
    used = []
    for chapter in chapters:
        names = [e.slug for e in chapter.experiments if any(tweak in arm.tweaks for arm in e.arms)]
        used += [_use(chapter, name) for name in names]
        if not names and tweak in chapter.tweaks:
            used.append(Use(label=chapter.page.title, chapter=chapter.slug))
    return Entry(
        section="Tweaks",
        name=tweak.slug,
        title=tweak.title,
        text=tweak.text,
        formula=tweak.formula,
        source=tweak.source,
        facts=(("needs", tweak.needs),),
        used=tuple(used),
    )


def _model(model: Architecture, chapters: Iterable[Chapter]) -> Entry:
    part = attrgetter(type(model.config).__qualname__.rpartition(".")[0])(sys.modules[type(model.config).__module__])
    shape = "×".join(str(size) for size in model.inputs.shape)
    kind = f"{shape} tokens of {model.inputs.vocabulary:,}" if model.inputs.vocabulary else shape
    return Entry(
        section="Models",
        name=model.name,
        title=model.title,
        text=_docstring(part)[0],
        source=model.source,
        facts=(("scale", model.scale), ("input", kind)),
        used=tuple(
            Use(label=chapter.page.title, chapter=chapter.slug)
            for chapter in chapters
            if model in chapter.architectures
        ),
    )


def _dataset(dataset: Dataset, chapters: Iterable[Chapter]) -> Entry:
    kind = type(dataset.config)
    inputs = dataset.config.inputs
    shape = "×".join(str(size) for size in inputs.shape) + (" tokens" if inputs.tokens else "")
    return Entry(
        section="Datasets",
        name=dataset.slug,
        title=dataset.title,
        text=dataset.text,
        source=dataset.source,
        facts=(
            ("one example", shape),
            ("classes", f"{dataset.config.outputs:,}"),
            ("size", f"{dataset.size:,}"),
            ("licence", dataset.licence),
            ("from", "downloaded on first use" if dataset.download else "this installation, no download"),
        ),
        used=tuple(
            _use(chapter, experiment.slug)
            for chapter in chapters
            for experiment in chapter.experiments
            if isinstance(experiment.base.recipe.dataset, kind)
        ),
    )


def _probe(probe: Probe, chapters: Iterable[Chapter]) -> Entry:
    reads = "gradients, during training" if probe.reads == "gradients" else f'taps "{probe.axes}"'
    return Entry(
        section="Probes",
        name=probe.slug,
        title=probe.title,
        text=probe.text,
        source=probe.source,
        facts=(("reads", reads),),
        used=tuple(
            _use(chapter, experiment.slug)
            for chapter in chapters
            for experiment in chapter.experiments
            if isinstance(experiment.measure, Train) and probe in experiment.measure.probes
        ),
    )


def _use(chapter: Chapter, experiment: str) -> Use:
    return Use(label=f"{chapter.slug}/{experiment}", chapter=chapter.slug, experiment=experiment)


def _kinds(root: Config | Setup) -> set[str]:
    return {config.kind for _, config in walk(root)}


def _settings(config: type) -> tuple[tuple[str, str], ...]:
    """The settings of a Config, with their default and what they mean."""
    fields: Mapping[str, object] = config.model_fields  # type: ignore[attr-defined]
    return tuple((f"setting {name}", _setting(field)) for name, field in fields.items())


def _setting(field: object) -> str:
    default = "" if field.is_required() else f" = {_plain(field.default)}"  # type: ignore[attr-defined]
    annotation = re.sub(r"archviz\.[\w.]*\.|typing\.", "", str(field.annotation))  # type: ignore[attr-defined]
    annotation = re.sub(r"<class '([^']*)'>", r"\1", annotation)
    description = field.description or ""  # type: ignore[attr-defined]
    return f"{annotation}{default}" + (f": {description}" if description else "")


def _plain(value: object) -> str:
    return f"{type(value).__qualname__.removesuffix('.Config')}" if isinstance(value, Config) else repr(value)


def _docstring(part: object) -> tuple[str, str]:
    """The first line of a docstring, and the rest as one paragraph."""
    text = inspect.getdoc(part) or ""
    first, _, rest = text.partition("\n")
    return first, " ".join(rest.split())


def _spaced(kind: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", kind)


def _with_fact(entry: Entry, words: str, value: str) -> Entry:
    return Entry(**{**vars(entry), "facts": (*entry.facts, (words, value))})
