"""A kernel that slides over the reader's picture."""

from typing import Literal

import numpy as np
from pydantic import Field

from archviz.core.picture import Picture, Plane, grey
from archviz.core.record import Record
from archviz.core.results import Sliding
from archviz.core.spec import Exhibit
from archviz.engine.sliding import KERNELS, Rows, rows, slide


class KernelOptions(Record):
    """Which kernel, and how it goes."""

    kernel: Literal["vertical edges", "horizontal edges", "all edges", "blur", "sharpen", "own 3 x 3", "own 5 x 5"] = (
        Field("vertical edges", description="the numbers that each window is multiplied by")
    )
    small: Rows = Field(
        ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        title="Your kernel",
        description="Nine numbers; click one to change it",
        json_schema_extra={"when": {"kernel": "own 3 x 3"}},
    )
    large: Rows = Field(
        ((0, 0, 1, 0, 0), (0, 1, 1, 1, 0), (1, 1, -12, 1, 1), (0, 1, 1, 1, 0), (0, 0, 1, 0, 0)),
        title="Your kernel",
        description="Twenty-five numbers; click one to change it",
        json_schema_extra={"when": {"kernel": "own 5 x 5"}},
    )
    stride: int = Field(1, ge=1, le=4, description="pixels from one window to the next; 2 halves the output")
    padding: int = Field(0, ge=0, le=4, description="zeros around the image, so that windows may begin outside")

    @property
    def weights(self) -> Plane:
        """The chosen kernel."""
        own = {"own 3 x 3": self.small, "own 5 x 5": self.large}
        return np.array(own.get(self.kernel) or KERNELS[self.kernel], np.float32)


def show(options: KernelOptions, picture: Picture | None) -> tuple[Sliding, ...]:
    """The image, the window under the pointer and the output."""
    assert picture is not None
    plane = grey(picture)
    output = slide(plane, options.weights, options.stride, options.padding)
    return (
        Sliding(
            title="Point at a cell of the output, or tap it",
            image=rows(plane),
            kernel=rows(options.weights),
            output=rows(output),
            stride=options.stride,
            padding=options.padding,
        ),
    )


EXHIBIT = Exhibit(
    slug="sliding-kernel",
    title="Sliding kernel",
    text="One small matrix of numbers goes over the whole image. At each place the pixels under it are multiplied by "
    "its numbers and added up: that is one number of the output. Point at the output and follow the window. An edge "
    "kernel adds up to 0, so an even area becomes 0; a blur adds up to 1, so it keeps its brightness. Then try your "
    "own numbers, a larger stride, and padding.",
    source="LeCun et al. 1998, section II.A; Sobel & Feldman 1968 for the edge kernels",
    options=KernelOptions,
    show=show,
    takes_image=True,
    image_size=28,
)
