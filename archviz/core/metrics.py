"""Metrics: how each measured quantity is named, printed and judged."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measured quantity: its words, its unit, and which direction a reader would call better."""

    slug: str
    title: str
    unit: str = ""
    better: Literal["higher", "lower", "neither"] = "lower"
    percent: bool = False


METRICS: dict[str, Metric] = {
    metric.slug: metric
    for metric in (
        Metric(slug="train_loss", title="Training loss", unit="nats"),
        Metric(slug="validation_loss", title="Validation loss", unit="nats"),
        Metric(slug="test_loss", title="Test loss", unit="nats"),
        Metric(slug="validation_accuracy", title="Validation accuracy", better="higher", percent=True),
        Metric(slug="test_accuracy", title="Test accuracy", better="higher", percent=True),
        Metric(slug="validation_canvas_accuracy", title="Validation on a larger canvas", better="higher", percent=True),
        Metric(slug="test_canvas_accuracy", title="Test accuracy on a larger canvas", better="higher", percent=True),
        Metric(slug="validation_scaled_accuracy", title="Validation, scaled up", better="higher", percent=True),
        Metric(slug="test_scaled_accuracy", title="Test accuracy, images scaled up", better="higher", percent=True),
        Metric(slug="test_prefix_loss", title="Test loss from the prefix alone", unit="nats"),
        Metric(slug="validation_prefix_loss", title="Validation loss from the prefix alone", unit="nats"),
        Metric(slug="validation_shifted_accuracy", title="Validation, images shifted", better="higher", percent=True),
        Metric(slug="test_shifted_accuracy", title="Test accuracy, images shifted", better="higher", percent=True),
        Metric(slug="validation_loss_gap", title="Gap of the loss, validation - training", unit="nats"),
        Metric(slug="test_loss_gap", title="Gap of the loss, test - training", unit="nats"),
        Metric(slug="validation_accuracy_gap", title="Gap of accuracy, training - validation", percent=True),
        Metric(slug="test_accuracy_gap", title="Gap of accuracy, training - test", percent=True),
        Metric(slug="diverged", title="Diverged runs", unit="of 1"),
        Metric(slug="parameters", title="Parameters", better="neither"),
        Metric(slug="macs", title="Multiply-accumulates", unit="MAC", better="neither"),
        Metric(slug="seconds", title="Training time", unit="s"),
    )
}


def metric(slug: str) -> Metric:
    """The metric of this name; an unknown name stands for itself and is neither better higher nor lower."""
    return METRICS.get(slug) or Metric(slug=slug, title=slug.replace("_", " ").capitalize(), better="neither")


def significant(value: float, digits: int = 3) -> str:
    """A number with at most `digits` significant digits, without exponent where a reader can do without it."""
    if value != value or value in (float("inf"), float("-inf")):
        return "not a number" if value != value else "infinite"
    if value != 0 and not 1e-4 <= abs(value) < 1e15:
        return f"{value:.{digits - 1}e}"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}" if abs(value) < 1e4 else f"{float(f'{value:.{digits}g}'):,.0f}"
    return f"{value:#.{digits}g}".rstrip("0").rstrip(".") if value else "0"


def amount(value: float, of: Metric) -> str:
    """A value with its unit, as it stands in a sentence."""
    if of.percent:
        return f"{significant(100 * value)} %"
    return f"{significant(value)} {of.unit}".strip()


def difference(value: float, of: Metric) -> str:
    """A difference of two values with its unit; of percentages in points."""
    if of.percent:
        return f"{significant(100 * value)} points"
    return amount(value, of)
