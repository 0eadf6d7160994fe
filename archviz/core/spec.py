"""Declarations: what chapters, experiments, tweaks, datasets, probes and models say of themselves.

These hold functions, so they are dataclasses and never leave the process; what leaves it are Records.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from archviz.core import book
from archviz.core.record import Record, fingerprint, reason
from archviz.core.results import Result
from archviz.core.setup import DatasetConfig, Inputs, ModelConfig, Setup

if TYPE_CHECKING:
    from archviz.core.picture import Picture  # NumPy: a page's first picture must not wait for it


class NotApplicable(ValueError):
    """A tweak that cannot do anything to this setup; the message says why, for the reader."""


@dataclass(frozen=True, kw_only=True)
class Tweak:
    """A change of a setup: `tweak(setup)` gives a new setup, the old one stays as it is."""

    slug: str
    title: str
    """As it stands on the chip, at most four words."""
    text: str
    """What it is and why; at most 150 words."""
    formula: str
    """LaTeX."""
    source: str
    needs: str
    """What a setup must have, to complete "... needs": "batch norm layers"."""
    change: Callable[[Setup], Setup] = field(repr=False)

    def __call__(self, setup: Setup) -> Setup:
        """The changed setup. Raises NotApplicable when there is nothing to change or the change does not fit."""
        try:
            changed = self.change(setup)
        except ValueError as error:
            raise NotApplicable(f'"{self.title}" does not fit here: {reason(error)}.') from error
        if fingerprint(changed) == fingerprint(setup):
            raise NotApplicable(f'"{self.title}" changes nothing here: it needs {self.needs}.')
        return changed


def compose(setup: Setup, tweaks: tuple[Tweak, ...]) -> Setup:
    """The setup after all tweaks, first to last."""
    for tweak in tweaks:
        setup = tweak(setup)
    return setup


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A model preset with a name: at `paper` scale as published, at `playground` scale to train in seconds."""

    name: str
    title: str
    scale: Literal["paper", "playground"]
    config: ModelConfig
    inputs: Inputs
    source: str


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Data to learn from, with where it comes from and what one may do with it."""

    slug: str
    title: str
    text: str
    config: DatasetConfig
    size: int
    """Number of examples (or tokens) in all splits together."""
    licence: str
    source: str
    download: bool = False
    """Whether it must be fetched from the internet on first use."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A look inside: reads one pass through a model and gives results.

    `reads` says what the pass must provide: "gradients" (the model after a backward pass, free during training),
    or "taps" with these `axes` (an extra forward pass over a few examples with those taps watched).
    """

    slug: str
    title: str
    text: str
    source: str
    reads: Literal["gradients", "taps"]
    axes: str | None = None
    read: Callable[[Any], tuple[Result, ...]] = field(repr=False)
    """From a `core.tap.Capture`."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """What an experiment varies besides the tweak: `apply(setup, value)` sets it."""

    name: str
    label: str
    values: tuple[float, ...]
    apply: Callable[[Setup, float], Setup] = field(repr=False)
    log: bool = False


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A named setup inside an experiment: the experiment's base after these tweaks."""

    name: str
    title: str
    tweaks: tuple[Tweak, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence of the book as a testable prediction about variant minus baseline, paired by seed."""

    sentence: str
    metric: str
    direction: Literal["higher", "lower", "same", "different"]
    by: float
    """Smallest difference that matters (delta), in the metric's unit."""
    at: float | None = None
    """Where on the axis; none where the experiment has no axis."""
    variant: str = "B"
    baseline: str = "A"
    quality: Literal["training speed", "final quality", "stability", "cost", "correctness"] = "final quality"
    published: str = ""
    """What was published, with its source; shown beside the measurement and labelled as such."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much is spent on an answer. Seeds are `first_seed`, `first_seed + 1`, ..."""

    seeds: int
    first_seed: int = 0
    values: tuple[float, ...] | None = None
    """The part of the axis that is run; none: all of it."""
    steps: int | None = None
    """Optimizer steps; none: as the recipe says."""


@dataclass(frozen=True, kw_only=True)
class Train:
    """Measure by training every arm; `metrics` are what the page charts, the claims name theirs."""

    metrics: tuple[str, ...]
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exact:
    """Measure without training: `measure(setup, seed)` gives the metrics of one trial at once."""

    metrics: tuple[str, ...]
    measure: Callable[[Setup, int], Mapping[str, float]] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """What can be shown exactly and at once, without training: `show(setups)` from the arms' setups by name."""

    title: str
    text: str
    show: Callable[[Mapping[str, Setup]], tuple[Result, ...]] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """A building block to play with, without training: `show(options, picture)` gives what there is to see at once.

    Each field of `options` becomes a widget with its bounds and its description; the defaults are shown first. What
    cannot be shown is refused with a ValueError of one sentence that says what would do.
    """

    slug: str
    title: str
    """As it stands on the button, at most four words."""
    text: str
    """What to try and what to look for; at most 120 words."""
    source: str
    options: type[Record]
    show: "Callable[[Any, Picture | None], tuple[Result, ...]]" = field(repr=False)
    """From an `options` record, and the reader's picture where the exhibit takes one (else none)."""
    takes_image: bool = False
    image_size: int = 28
    """Pixels a side of the square that `show` is given; small, so that single pixels can be told apart."""
    sample: str = "digit"
    """The picture of the gallery that is shown first."""


class Trial(Record):
    """One arm, at one place of the axis, with one seed: the unit that is scheduled, stored and resumed."""

    experiment: str
    arm: str
    x: float | None
    seed: int
    setup: Setup


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A question with arms, what is measured, and the claims that the measurement decides."""

    slug: str
    ask: str
    base: Setup
    arms: tuple[Arm, ...]
    measure: Train | Exact
    claims: tuple[Claim, ...]
    """The first is the experiment's verdict; the others stand beside it."""
    source: str
    demonstration: Demonstration
    live: Budget
    """Both arms and all seeds in at most 60 s on 2 cores."""
    reference: Budget
    """As long as it takes to settle the question, on seeds that were not used to design it."""
    axis: Axis | None = None
    note: str = ""
    """What the reader must know to read the result honestly (scale, caveats)."""

    def values(self, budget: Budget) -> tuple[float | None, ...]:
        """The places on the axis that this budget runs; a single none without an axis."""
        if self.axis is None:
            return (None,)
        return self.axis.values if budget.values is None else budget.values

    def setup(self, arm: Arm, x: float | None = None, budget: Budget | None = None) -> Setup:
        """The setup of one arm at one place of the axis. Raises NotApplicable if a tweak cannot apply."""
        setup = self.base if self.axis is None or x is None else self.axis.apply(self.base, x)
        if budget is not None and budget.steps is not None:
            setup = setup.replace(recipe=setup.recipe.replace(steps=budget.steps))
        return compose(setup, arm.tweaks)

    def trials(self, chapter: str, budget: Budget) -> tuple[Trial, ...]:
        """All trials of a budget, seed by seed, so that every arm has an answer early and intervals tighten."""
        return tuple(
            Trial(experiment=f"{chapter}/{self.slug}", arm=arm.name, x=x, seed=seed, setup=self.setup(arm, x, budget))
            for seed in range(budget.first_seed, budget.first_seed + budget.seeds)
            for x in self.values(budget)
            for arm in self.arms
        )

    def with_lanes(self, lanes: Mapping[str, tuple[Tweak, ...]]) -> "Experiment":
        """The same experiment with other tweaks on its arms.

        When they differ from the declared ones the book's claims no longer apply: what remains is the question
        whether each arm differs from the first by what matters.
        """
        arms = tuple(replace(arm, tweaks=lanes.get(arm.name, arm.tweaks)) for arm in self.arms)
        if arms == self.arms:
            return self
        arms = tuple(
            arm if arm in self.arms else replace(arm, title=" + ".join(t.title for t in arm.tweaks) or "as it is")
            for arm in arms
        )
        book_claim, baseline = self.claims[0], arms[0].name
        claims = tuple(
            Claim(
                sentence=f"{arm.name} differs from {baseline}.",
                metric=book_claim.metric,
                direction="different",
                by=book_claim.by,
                at=book_claim.at,
                variant=arm.name,
                baseline=baseline,
                quality=book_claim.quality,
            )
            for arm in arms[1:]
        )
        return replace(self, arms=arms, claims=claims)


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A page of the book that runs: its prose lies in `assets/book/`, under the same slug."""

    slug: str
    block: str
    """The building block it is about."""
    architectures: tuple[Architecture, ...]
    tweaks: tuple[Tweak, ...]
    probes: tuple[Probe, ...]
    experiments: tuple[Experiment, ...]
    exhibits: tuple[Exhibit, ...] = ()

    @property
    def page(self) -> book.Page:
        """Number, title and prose."""
        return book.page(self.slug)
