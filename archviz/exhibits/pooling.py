"""Pooling over the reader's picture."""

from typing import Literal

from pydantic import Field

from archviz.core.picture import Picture, grey
from archviz.core.record import Record
from archviz.core.results import Sliding
from archviz.core.spec import Exhibit
from archviz.engine.sliding import pool, rows


class PoolingOptions(Record):
    """What becomes of a window, and how windows lie."""

    keep: Literal["maximum", "mean"] = Field("maximum", description="the largest value of each window, or their mean")
    size: int = Field(2, ge=1, le=8, description="height and width of the window")
    stride: int = Field(2, ge=1, le=8, description="pixels from one window to the next; below the size they overlap")


def show(options: PoolingOptions, picture: Picture | None) -> tuple[Sliding, ...]:
    """The image, the window under the pointer and the smaller image."""
    assert picture is not None
    plane = grey(picture)
    return (
        Sliding(
            title="Point at a cell of the output, or tap it",
            image=rows(plane),
            kernel=((1.0,) * options.size,) * options.size,
            output=rows(pool(plane, options.size, options.stride, options.keep)),
            stride=options.stride,
            how=options.keep,
        ),
    )


EXHIBIT = Exhibit(
    slug="pooling",
    title="Pooling",
    text="Each window gives one number: its largest, or its mean. The image becomes smaller, each later layer sees "
    "farther, and there is nothing to learn. Watch thin strokes: a maximum keeps them and makes them thick, a mean "
    "washes them out. AlexNet lets windows of 3 overlap at stride 2; most networks use 2 and 2.",
    source="LeCun et al. 1998, section II.A; Krizhevsky et al. 2012, section 3.4; Boureau et al. 2010",
    options=PoolingOptions,
    show=show,
    takes_image=True,
)
