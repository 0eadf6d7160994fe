"""Does a shift of the image come out as a shift of the output? Measured."""

from typing import Literal

import numpy as np
from pydantic import Field

from archviz.core.picture import Picture, Plane, grey
from archviz.core.record import Record
from archviz.core.results import Curve, Heatmap, Series
from archviz.core.spec import Exhibit
from archviz.engine.sliding import KERNELS, pool, rows, slide

FARTHEST = 8


class EquivarianceOptions(Record):
    """What is done to the image, and how far it is moved."""

    layer: Literal["convolution", "then maximum", "then mean"] = Field(
        "convolution", description="an edge kernel alone, or with a pooling after it"
    )
    stride: int = Field(1, ge=1, le=4, description="pixels from one window to the next, in the last of the two steps")
    shift: int = Field(1, ge=0, le=FARTHEST, description="pixels by which the image moves to the right")
    border: Literal["wraps around", "zeros"] = Field(
        "wraps around", description="what comes in from the left, and what kernels see beyond the border"
    )


def moved(plane: Plane, by: int, border: str) -> Plane:
    """The plane moved to the right."""
    turned = np.roll(plane, by, 1)
    if border == "zeros":
        turned[:, :by] = 0
    return turned


def layer(options: EquivarianceOptions, plane: Plane) -> Plane:
    """The edge kernel with the border as chosen, then a pooling where one is asked for."""
    wide = np.pad(plane, 1, mode="wrap" if options.border == "wraps around" else "constant")
    pooled = options.layer != "convolution"
    edges = slide(wide, np.array(KERNELS["vertical edges"], np.float32), 1 if pooled else options.stride)
    if not pooled:
        return edges
    wide = np.pad(edges, ((0, 1), (0, 1)), mode="wrap" if options.border == "wraps around" else "constant")
    return pool(wide, 2, options.stride, "maximum" if options.layer == "then maximum" else "mean")


def error(options: EquivarianceOptions, plane: Plane, by: int) -> tuple[float, Plane, Plane]:
    """How far the output of the moved image is from the moved output, as a share of the output; and both."""
    output = layer(options, plane)
    came = layer(options, moved(plane, by, options.border))
    expected = moved(output, round(by / options.stride), options.border)
    return float(np.linalg.norm(came - expected) / max(float(np.linalg.norm(output)), 1e-12)), came, expected


def show(options: EquivarianceOptions, picture: Picture | None) -> tuple[Curve, Heatmap, Heatmap, Heatmap]:
    """The measured error for each shift, and both ways around for the chosen one."""
    assert picture is not None
    plane = grey(picture)
    shifts = tuple(range(FARTHEST + 1))
    _, came, expected = error(options, plane, options.shift)
    curve = Curve(
        title="Error of shifting, measured",
        x_label="shift (pixels)",
        y_label="difference / output",
        series=(
            Series(
                name=_name(options), x=tuple(map(float, shifts)), y=tuple(error(options, plane, n)[0] for n in shifts)
            ),
        ),
    )
    planes = (
        (f"Image moved by {options.shift}, then the layer", came),
        ("The layer, then its output moved", expected),
        ("Difference of the two", came - expected),
    )
    first, second, third = (
        Heatmap(title=title, x_label="column", y_label="row", label="value", values=rows(values), signed=True)
        for title, values in planes
    )
    return curve, first, second, third


def _name(options: EquivarianceOptions) -> str:
    return f"{options.layer}, stride {options.stride}"


EXHIBIT = Exhibit(
    slug="equivariance",
    title="Shifts in, shifts out",
    text="Move the image and apply a layer, or apply the layer and move its output: for a convolution with stride 1 "
    "that is exactly the same, so what it learned in one place it knows everywhere. Now take stride 2: after a shift "
    "of one pixel the windows fall between the old ones, and the error is large. Pooling softens this, but does not "
    "mend it. Zeros at the border break it for every layer, a little.",
    source="Cohen & Welling 2016, arXiv:1602.07576; Zhang 2019, arXiv:1904.11486",
    options=EquivarianceOptions,
    show=show,
    takes_image=True,
    image_size=32,
    sample="cat",
)
