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
        Metric(slug="test_prefix_loss", title="Test loss from the prefix alone", unit="nats"),
        Metric(slug="validation_prefix_loss", title="Validation loss from the prefix alone", unit="nats"),
        Metric(slug="diverged", title="Diverged runs", unit="of 1"),
        Metric(slug="parameters", title="Parameters", better="neither"),
        Metric(slug="macs", title="Multiply-accumulates", unit="MAC", better="neither"),
        Metric(slug="seconds", title="Training time", unit="s"),
    )
}


def metric(slug: str) -> Metric:
    """The metric of this name; an unknown name stands for itself and is neither better higher nor lower."""
    return METRICS.get(slug) or Metric(slug=slug, title=slug.replace("_", " ").capitalize(), better="neither")
