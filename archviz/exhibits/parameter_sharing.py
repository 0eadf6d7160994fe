"""How many weights a layer needs: dense, local, and with one kernel for all places."""

from pydantic import Field

from archviz.core.picture import Picture
from archviz.core.record import Record
from archviz.core.results import Curve, Series, Table
from archviz.core.spec import Exhibit

SIDES = (8, 16, 32, 64, 128, 256, 512)


class SharingOptions(Record):
    """The size of a layer that keeps the height and width of its image."""

    image: int = Field(224, ge=4, le=512, title="Image side", description="height and width of the image, in pixels")
    inputs: int = Field(3, ge=1, le=512, title="Channels in", description="channels of the image")
    outputs: int = Field(64, ge=1, le=512, title="Channels out", description="channels of the result")
    kernel: int = Field(3, ge=1, le=11, description="height and width of the window that an output sees")


KINDS = ("dense", "local, not shared", "convolution")


def counts(options: SharingOptions, side: int) -> dict[str, tuple[int, int]]:
    """Weights (biases included) and multiply-accumulates of each kind of layer at an image of `side` pixels."""
    seen, places = options.inputs * options.kernel**2, side**2
    values_in, values_out = options.inputs * places, options.outputs * places
    return {
        "dense": ((values_in + 1) * values_out, values_in * values_out),
        "local, not shared": ((seen + 1) * values_out, seen * values_out),
        "convolution": ((seen + 1) * options.outputs, seen * values_out),
    }


def show(options: SharingOptions, picture: Picture | None) -> tuple[Table, Curve]:
    """The counts for this layer, and how they grow with the image."""
    found = counts(options, options.image)
    fewest = found["convolution"][0]
    sides = tuple(sorted({*SIDES, options.image}))
    return (
        Table(
            title=f"{options.image} × {options.image} × {options.inputs} → "
            f"{options.image} × {options.image} × {options.outputs}",
            columns=("layer", "parameters", "ratio", "multiply-accumulates"),
            rows=tuple((kind, weights, round(weights / fewest, 1), macs) for kind, (weights, macs) in found.items()),
        ),
        Curve(
            title="Parameters as the image grows",
            x_label="image side (pixels)",
            y_label="parameters",
            series=tuple(
                Series(
                    name=kind,
                    x=tuple(map(float, sides)),
                    y=tuple(float(counts(options, side)[kind][0]) for side in sides),
                )
                for kind in KINDS
            ),
            x_log=True,
            y_log=True,
        ),
    )


EXHIBIT = Exhibit(
    slug="parameter-sharing",
    title="Parameter sharing",
    text="Three layers that make the same numbers of outputs from the same image. In a dense layer every output has a "
    "weight for every input. A local layer sees a small window, but still has weights of its own at each place. A "
    "convolution has one kernel for all places: its size does not depend on the image at all. What is saved is "
    "memory and examples. The number of multiplications is that of the local layer.",
    source="LeCun et al. 1989; LeCun et al. 1998, section II.A; counted, not measured",
    options=SharingOptions,
    show=show,
)
