"""Large filters as sums of a column times a row, on the reader's picture."""

from typing import Literal

import numpy as np
from pydantic import Field

from archviz.core.picture import Picture, Plane, grey
from archviz.core.record import Record
from archviz.core.results import Images, Table
from archviz.core.spec import Exhibit
from archviz.engine.row_times_column import FilterName, kept, make, nearest, needed
from archviz.engine.sliding import Rows, rows, slide


class FilterOptions(Record):
    """Which filter, and of how many pairs."""

    filter: FilterName = Field("diagonal edge", description="what the filter answers to")
    size: Literal[3, 5, 7, 9, 11] = Field(7, description="height and width n of the filter")
    pairs: int = Field(1, ge=1, le=3, description="columns times rows that are added up")


def show(options: FilterOptions, picture: Picture | None) -> tuple[Images | Table, ...]:
    """The filter and its best sum of pairs, what both make of the picture, and what they cost."""
    assert picture is not None
    plane = grey(picture)
    whole = make(options.filter, options.size)
    few = nearest(whole, options.pairs)
    planes = (whole, few, slide(plane, whole), slide(plane, few))
    words = f"{options.pairs} {'pair' if options.pairs == 1 else 'pairs'}"
    n = options.size
    cost = 2 * n * options.pairs
    return (
        Images(
            title="The whole filter, and its best sum of columns times rows",
            pictures=(*_alike(*planes[:2]), *_alike(*planes[2:])),
            captions=("filter", words, "what it sees", f"what {words} see"),
        ),
        Table(
            title="What it costs and what is missing",
            columns=("filter", "weights", "share of n x n", "kept of the filter", "pairs that make it whole"),
            rows=(
                ("n x n", n * n, 1.0, 1.0, needed(whole)),
                (words, cost, round(cost / n**2, 3), round(kept(whole, options.pairs), 3), None),
            ),
        ),
    )


def _alike(*planes: Plane) -> tuple[Rows, ...]:
    """Planes as grey values on one scale: 0 is the darkest of all, 1 the brightest."""
    low, high = min(plane.min() for plane in planes), max(plane.max() for plane in planes)
    span = float(high - low) or 1.0
    return tuple(rows(((plane - low) / span).astype(np.float32)) for plane in planes)


EXHIBIT = Exhibit(
    slug="row-times-column",
    title="Row times column",
    text="A column times a row makes an n x n filter of only 2n weights: that is what 1 x n after n x 1 can do in one "
    "channel. A blur, or an edge along the rows, is just such a product, and nothing is missing. A diagonal edge is "
    "the sum of two of them, a diagonal line of three: with one pair the direction is lost. Add pairs and watch it "
    "come back, and what it costs. A network has many channels, so it can add up many pairs.",
    source="Szegedy et al. 2015, arXiv:1512.00567, section 3.2; Eckart & Young 1936",
    options=FilterOptions,
    show=show,
    takes_image=True,
    image_size=48,
)
