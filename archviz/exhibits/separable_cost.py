"""The cost of a depthwise separable convolution beside a full one, for any shape."""

from pydantic import Field

from archviz.blocks.separable import FilterSize
from archviz.core.picture import Picture
from archviz.core.record import Record
from archviz.core.results import Curve, Table
from archviz.core.spec import Exhibit
from archviz.engine.separable_cost import counted, formula, ratio_curve


class LayerOptions(Record):
    """The shape of one layer."""

    size: FilterSize = Field(3, description="height and width k of the filters")
    inputs: int = Field(64, ge=1, le=2048, description="channels M that come in")
    outputs: int = Field(128, ge=1, le=2048, description="channels N that come out")
    side: int = Field(14, ge=1, le=256, description="pixels a side of the image")


def show(options: LayerOptions, picture: Picture | None) -> tuple[Curve | Table, ...]:
    """Multiplications of both layers as counted, their ratio as the formula says, and the ratio over the width."""
    full, separable = counted(options.inputs, options.outputs, options.size, options.side)
    share = formula(options.outputs, options.size)
    table = Table(
        title="Multiply-accumulates for one image",
        columns=("layer", "counted", "share, counted", "share, by 1/N + 1/k²"),
        rows=(
            ("full convolution", full, 1.0, None),
            ("depthwise separable", separable, round(separable / full, 4), round(share, 4)),
        ),
    )
    return table, ratio_curve(options.size, options.inputs, options.side)


EXHIBIT = Exhibit(
    slug="separable-cost",
    title="Cost of a layer",
    text="A full convolution multiplies k x k pixels of every channel in for every channel out. The separable one "
    "filters each channel alone and mixes channels in a second step. Make the layer wider: the share falls towards "
    "1/k² and stays there. Make the filters larger: it falls again. The channels that come in and the size of "
    "the image change the cost of both alike.",
    source="Howard et al. 2017, arXiv:1704.04861, section 3.1",
    options=LayerOptions,
    show=show,
)
