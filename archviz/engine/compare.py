"""Comparing: means with intervals, and verdicts on claims, all from the one tidy table of observations."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Literal

from archviz.core.metrics import difference, metric, significant
from archviz.core.record import Record
from archviz.core.results import Observation, Outcome, Verdict
from archviz.core.spec import Claim, Experiment

CONFIDENCE = 0.95
ENOUGH_SEEDS = 3
"""Below this many pairs no verdict is given."""

Prediction = Literal["better", "same", "worse"]


class Estimate(Record):
    """Mean of a metric over seeds, with its 95 % Student-t interval (none below two seeds)."""

    arm: str
    x: float | None
    metric: str
    n: int
    mean: float
    low: float | None
    high: float | None


def estimates(observations: Iterable[Observation]) -> tuple[Estimate, ...]:
    """One estimate for each arm, place on the axis and metric, in the order in which they first appear."""
    groups: dict[tuple[str, float | None, str], list[float]] = defaultdict(list)
    for row in observations:
        if math.isfinite(row.value):
            groups[row.arm, row.x, row.metric].append(row.value)
    found = []
    for (arm, x, name), values in groups.items():
        low, high = interval(values) or (None, None)
        mean = math.fsum(values) / len(values)
        found.append(Estimate(arm=arm, x=x, metric=name, n=len(values), mean=mean, low=low, high=high))
    return tuple(found)


def interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % Student-t interval of the mean, or none below two values."""
    if len(values) < 2:
        return None
    n, mean = len(values), math.fsum(values) / len(values)
    error = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)
    half = _quantile(n - 1) * error
    return mean - half, mean + half


@cache
def _quantile(freedom: int) -> float:
    """Student's t that leaves out (1 - CONFIDENCE) / 2 above; scipy is loaded here, as the first page needs none."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def judge(
    experiment: Experiment, observations: Sequence[Observation], places: Collection[float | None] | None = None
) -> tuple[Verdict, ...]:
    """The verdict on each claim of the experiment, in order; `places` on the axis are measured, none: all of them."""
    return tuple(_verdict(experiment, claim, observations, places) for claim in experiment.claims)


def paired(claim: Claim, observations: Iterable[Observation]) -> list[float]:
    """Variant minus baseline for every seed that has both, at the claim's place on the axis."""
    values: dict[str, dict[int, float]] = {claim.variant: {}, claim.baseline: {}}
    for row in observations:
        if row.metric == claim.metric and row.arm in values and row.x == claim.at:
            values[row.arm][row.seed] = row.value
    variant, baseline = values[claim.variant], values[claim.baseline]
    differences = [variant[seed] - baseline[seed] for seed in sorted(variant.keys() & baseline.keys())]
    return [value for value in differences if math.isfinite(value)]


def decide(claim: Claim, effect: float, low: float, high: float) -> Outcome:
    """Supported, contradicted or inconclusive, by the rules of honest evidence.

    An effect is there when the interval lies wholly on one side of 0 and the mean is at least `claim.by`; it is
    absent when the interval lies wholly inside (-by, by).
    """
    there = (low > 0 or high < 0) and abs(effect) >= claim.by
    absent = -claim.by < low and high < claim.by
    match claim.direction:
        case "same":
            return "supported" if absent else "contradicted" if there else "inconclusive"
        case "different":
            return "supported" if there else "contradicted" if absent else "inconclusive"
        case "higher" | "lower":
            sign = 1 if claim.direction == "higher" else -1
            if there and sign * effect > 0:
                return "supported"
            other_side = high < 0 if sign > 0 else low > 0
            return "contradicted" if absent or other_side else "inconclusive"


def answer(claim: Claim, observations: Sequence[Observation]) -> Prediction | None:
    """What a reader could have predicted: the variant came out better, the same or worse; none when undecided."""
    differences = paired(claim, observations)
    bounds = interval(differences)
    if bounds is None or len(differences) < ENOUGH_SEEDS:
        return None
    low, high = bounds
    effect = math.fsum(differences) / len(differences)
    if -claim.by < low and high < claim.by:
        return "same"
    if (low > 0 or high < 0) and abs(effect) >= claim.by:
        return "better" if (effect > 0) == (metric(claim.metric).better == "higher") else "worse"
    return None


def _verdict(
    experiment: Experiment, claim: Claim, observations: Sequence[Observation], places: Collection[float | None] | None
) -> Verdict:
    differences = paired(claim, observations)
    n, bounds = len(differences), interval(differences)
    effect = math.fsum(differences) / n if n else None
    outcome: Outcome = "inconclusive"
    if effect is None and places is not None and claim.at not in places:
        sentence = f"Not decided: this run leaves out{_place(experiment, claim)}, where the claim is decided."
    elif effect is None:
        sentence = "No result yet: no seed has finished in both arms."
    elif bounds is None or n < ENOUGH_SEEDS:
        sentence = f"Too few runs: {n} paired seed{'s' if n > 1 else ''}, at least {ENOUGH_SEEDS} are needed."
    else:
        outcome = decide(claim, effect, *bounds)
        sentence = f"{outcome.capitalize()}: {_words(experiment, claim, effect, bounds, n)}"
    sentence += _diverged(experiment, claim, observations)
    return Verdict(
        title=experiment.ask,
        claim=claim.sentence,
        outcome=outcome,
        effect=effect,
        interval=bounds,
        n=n,
        sentence=sentence,
    )


def _words(experiment: Experiment, claim: Claim, effect: float, bounds: tuple[float, float], n: int) -> str:
    of = metric(claim.metric)
    titles = {arm.name: f"{arm.name} ({arm.title})" for arm in experiment.arms}
    where = _place(experiment, claim)
    place = f" at{where}" if where else ""
    change = f"{difference(abs(effect), of)} {'higher' if effect > 0 else 'lower'}"
    weight = ""
    if -claim.by < bounds[0] and bounds[1] < claim.by:
        weight = f", less than what would matter ({difference(claim.by, of)})"
    elif bounds[0] <= 0 <= bounds[1]:
        weight = ", which may be chance"
    low, high = (significant(100 * bound if of.percent else bound) for bound in bounds)
    variant, baseline = titles[claim.variant], titles[claim.baseline]
    return (
        f"the {of.title.lower()} of {variant} is {change} than of {baseline}{place}{weight} "
        f"(difference {claim.variant} - {claim.baseline}: 95 % interval {low} to {high}, n = {n} paired seeds)."
    )


def _place(experiment: Experiment, claim: Claim) -> str:
    """Where on the axis a claim is decided, in words."""
    if experiment.axis is None or claim.at is None:
        return ""
    return f" {experiment.axis.label.lower()} {significant(claim.at)}"


def _diverged(experiment: Experiment, claim: Claim, observations: Iterable[Observation]) -> str:
    """A second sentence when runs of either arm exploded."""
    said = []
    for name in (claim.baseline, claim.variant):
        flags = [r.value for r in observations if r.metric == "diverged" and r.arm == name and r.x == claim.at]
        if any(flags):
            said.append(f"{int(sum(flags))} of {len(flags)} runs of {name} diverged")
    return f" {' and '.join(said)}." if said else ""
