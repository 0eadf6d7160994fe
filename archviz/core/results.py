"""Results: plain data that a probe, a demonstration or a comparison gives; the screen maps each type to a picture.

Everything numeric that an experiment measures is an `Observation`, whatever it is: one tidy table.
"""

from typing import Literal

from archviz.core.record import Record


class Result(Record):
    """Base of everything that the screen knows how to draw."""

    title: str


class Observation(Record):
    """One row of the tidy table: this metric, of this arm, with this seed, at this place of the axis."""

    arm: str
    seed: int
    x: float | None = None
    """Value on the experiment's axis; none where the experiment has no axis."""
    metric: str
    value: float


class Series(Record):
    """One named line of a `Curve`, optionally with a lower and an upper bound."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None


class Curve(Result):
    """Lines over one axis. A series named after an arm ("A", "B", ...) is drawn in the arm's colour."""

    x_label: str
    y_label: str
    series: tuple[Series, ...]
    x_log: bool = False
    y_log: bool = False


class Profile(Result):
    """One number for each layer, in order from input to output, for instance a gradient norm."""

    label: str
    layers: tuple[str, ...]
    values: tuple[float, ...]
    log: bool = False


class Heatmap(Result):
    """A matrix of numbers, first row on top. `signed` maps run orange - grey - blue through zero."""

    x_label: str
    y_label: str
    label: str
    values: tuple[tuple[float, ...], ...]
    x_ticks: tuple[str, ...] = ()
    y_ticks: tuple[str, ...] = ()
    signed: bool = False


class Histogram(Result):
    """Counts between edges; there is one edge more than counts."""

    label: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Images(Result):
    """Small pictures side by side, each `H x W` grey values or `H x W x 3` colours from 0 to 1, with captions."""

    pictures: tuple[tuple[tuple[float | tuple[float, float, float], ...], ...], ...]
    captions: tuple[str, ...] = ()


class Table(Result):
    """Rows under named columns; numbers stay numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]


class Sliding(Result):
    """A window on its way over an image: point at a cell of the output to see what it was made of.

    `output[i][j]` is the `how` of the window that begins at row `i * stride` and column `j * stride` of the image
    with `padding` zeros around it; each value is multiplied by the number of `kernel` at its place first.
    """

    image: tuple[tuple[float, ...], ...]
    kernel: tuple[tuple[float, ...], ...]
    output: tuple[tuple[float, ...], ...]
    stride: int = 1
    padding: int = 0
    how: Literal["sum", "maximum", "mean"] = "sum"


Outcome = Literal["supported", "contradicted", "inconclusive"]


class Verdict(Result):
    """Whether a claim shows: the mean difference (variant minus baseline), paired by seed, with its 95 % interval."""

    claim: str
    outcome: Outcome
    effect: float | None
    interval: tuple[float, float] | None
    n: int
    sentence: str
