"""A spiral that goes through ReLU in as many dimensions as the reader likes."""

from pydantic import Field

from archviz.core.picture import Picture
from archviz.core.record import Record
from archviz.core.results import Images, Table
from archviz.core.spec import Exhibit
from archviz.engine.lost_in_relu import drawn, lost, read_back, spiral


class SpiralOptions(Record):
    """Into how many dimensions, and by which draw."""

    dimensions: int = Field(3, ge=1, le=40, description="numbers n that each point is turned into before ReLU")
    draw: int = Field(0, ge=0, le=99, description="number of the random map; take another to see how much it matters")


def show(options: SpiralOptions, picture: Picture | None) -> tuple[Images | Table, ...]:
    """The spiral as it comes back without and with ReLU, and the share that is lost."""
    points = spiral()
    linear = read_back(points, options.dimensions, options.draw, relu=False)
    relu = read_back(points, options.dimensions, options.draw, relu=True)
    return (
        Images(
            title=f"There and back through {options.dimensions} dimensions",
            pictures=(drawn(points), drawn(linear), drawn(relu)),
            captions=("before", "linear", "with ReLU"),
        ),
        Table(
            title="Share of the spiral that is lost",
            columns=("on the way", "lost"),
            rows=(("linear", round(lost(points, linear), 3)), ("ReLU", round(lost(points, relu), 3))),
        ),
    )


EXHIBIT = Exhibit(
    slug="lost-in-relu",
    title="Lost in ReLU",
    text="A flat spiral is mapped at random into n dimensions, goes through ReLU, and comes back by the best linear "
    "map there is. One dimension is too few even without ReLU. In two or three a part of the plane, where all numbers "
    "are negative, becomes a single point. Raise n: other numbers remember what one forgets, and the spiral comes "
    "back. That is why a bottleneck of few channels ends without an activation.",
    source="Sandler et al. 2018, arXiv:1801.04381, figure 1",
    options=SpiralOptions,
    show=show,
)
