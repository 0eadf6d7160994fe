"""Reference results: what `archviz reproduce` measured, committed under `assets/results/`; readable without torch."""

import hashlib
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from archviz.core.book import ASSETS
from archviz.core.record import Record, fingerprint
from archviz.core.results import Observation, Result, Series, Verdict
from archviz.core.spec import Chapter, Experiment
from archviz.engine.compare import Estimate, estimates, judge

PACKAGES = ("archviz", "torch", "torchvision", "numpy", "scipy", "scikit-learn", "mlxtend")


class ClaimCard(Record):
    """What a reader is told of a claim beside its verdict."""

    sentence: str
    metric: str
    at: float | None
    variant: str
    baseline: str
    by: float
    quality: str
    published: str


class Card(Record):
    """What the page says of an experiment before the library is loaded."""

    id: str
    position: int
    """Place among the experiments of the chapter, from 0."""
    ask: str
    source: str
    note: str
    arms: dict[str, str]
    axis: str | None
    axis_log: bool
    metrics: tuple[str, ...]
    claims: tuple[ClaimCard, ...]


class Reading(Record):
    """What a probe saw at the end of one trial."""

    probe: str
    arm: str
    x: float | None
    seed: int
    step: int
    results: tuple[Result, ...]


class LossCurve(Record):
    """Mean training loss of one arm at one place of the axis, with its 95 % interval."""

    arm: str
    x: float | None
    line: Series


class Reference(Record):
    """One measured answer with everything needed to get it again."""

    card: Card
    command: str
    design: str
    """Fingerprint over all trials: a changed experiment does not match its old result."""
    versions: dict[str, str]
    hardware: str
    date: str
    seconds: float
    seeds: tuple[int, ...]
    observations: tuple[Observation, ...]
    estimates: tuple[Estimate, ...]
    """Means and intervals of the observations, so that the first page has nothing to compute."""
    verdicts: tuple[Verdict, ...]
    curves: tuple[LossCurve, ...] = ()
    readings: tuple[Reading, ...] = ()


def card(chapter: Chapter, experiment: Experiment) -> Card:
    """The card of an experiment of this chapter, its lanes as they are."""
    return Card(
        id=f"{chapter.slug}/{experiment.slug}",
        position=[one.slug for one in chapter.experiments].index(experiment.slug),
        ask=experiment.ask,
        source=experiment.source,
        note=experiment.note,
        arms={arm.name: arm.title for arm in experiment.arms},
        axis=experiment.axis.label if experiment.axis else None,
        axis_log=experiment.axis.log if experiment.axis else False,
        metrics=experiment.measure.metrics,
        claims=tuple(
            ClaimCard(
                sentence=claim.sentence,
                metric=claim.metric,
                at=claim.at,
                variant=claim.variant,
                baseline=claim.baseline,
                by=claim.by,
                quality=claim.quality,
                published=claim.published,
            )
            for claim in experiment.claims
        ),
    )


def design(chapter: str, experiment: Experiment) -> str:
    """Fingerprint over everything that the reference budget runs."""
    trials = "".join(fingerprint(trial) for trial in experiment.trials(chapter, experiment.reference))
    return hashlib.blake2b(trials.encode(), digest_size=10).hexdigest()


def build(
    chapter: Chapter,
    experiment: Experiment,
    observations: Sequence[Observation],
    *,
    seconds: float,
    curves: Sequence[LossCurve] = (),
    readings: Sequence[Reading] = (),
) -> Reference:
    """The reference of a finished run of the experiment's reference budget."""
    identity = f"{chapter.slug}/{experiment.slug}"
    return Reference(
        card=card(chapter, experiment),
        command=f"archviz reproduce {identity}",
        design=design(chapter.slug, experiment),
        versions={"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        hardware=_hardware(),
        date=datetime.now(UTC).date().isoformat(),
        seconds=round(seconds, 1),
        seeds=tuple(sorted({row.seed for row in observations})),
        observations=tuple(observations),
        estimates=estimates(observations),
        verdicts=judge(experiment, observations),
        curves=tuple(curves),
        readings=tuple(readings),
    )


def path(identity: str) -> Path:
    """Where the reference of the experiment `chapter/slug` lies."""
    return ASSETS / "results" / f"{identity}.json"


def load(identity: str) -> Reference | None:
    """The committed reference of an experiment, or none when there is none yet."""
    file = path(identity)
    return Reference.model_validate_json(file.read_bytes()) if file.exists() else None


def load_chapter(chapter: str) -> tuple[Reference, ...]:
    """All committed references of a chapter, in its order."""
    files = (ASSETS / "results" / chapter).glob("*.json")
    found = (Reference.model_validate_json(file.read_bytes()) for file in files)
    return tuple(sorted(found, key=lambda one: one.card.position))


def save(reference: Reference) -> Path:
    """Write a reference to its place."""
    file = path(reference.card.id)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(reference.model_dump_json(indent=1, exclude_defaults=True) + "\n", encoding="utf-8")
    return file


def _hardware() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{psutil.cpu_count()} CPU cores ({platform.machine()}), {memory:.0f} GiB memory, {platform.system()}"
