"""Gates: which channels squeeze and excitation turns up or down."""

from archviz.core.results import Heatmap, Profile, Result
from archviz.core.spec import Probe
from archviz.core.tap import Capture

AXES = "b c"
SHOWN_CHANNELS = 48
"""Channels drawn for one layer."""


def read(seen: Capture) -> tuple[Result, ...]:
    """A map of examples and channels for the first and the last layer, and how far gates depend on the example."""
    taps = {name: tap.value.float() for name, tap in seen.with_axes(AXES).items()}  # b c each
    if not taps:
        return ()
    results: list[Result] = []
    for path in dict.fromkeys((next(iter(taps)), list(taps)[-1])):
        gates = taps[path][:, :SHOWN_CHANNELS]
        results.append(
            Heatmap(
                title=path.removesuffix(".gates"),
                x_label="channel",
                y_label="example",
                label="gate: what the channel is multiplied by",
                values=tuple(tuple(row) for row in gates.tolist()),
                y_ticks=tuple(str(number) for number in range(1, len(gates) + 1)),
            )
        )
    layers = tuple(path.removesuffix(".gates") for path in taps)
    results.append(
        Profile(
            title="Mean gate",
            label="mean over channels and examples",
            layers=layers,
            values=tuple(gates.mean().item() for gates in taps.values()),
        )
    )
    if all(len(gates) > 1 for gates in taps.values()):
        results.append(
            Profile(
                title="Gates that look at the image",
                label="standard deviation over examples, mean over channels",
                layers=layers,
                values=tuple(gates.std(0).mean().item() for gates in taps.values()),
            )
        )
    return tuple(results)


PROBE = Probe(
    slug="gates",
    title="Gates",
    text="What squeeze and excitation multiplies each channel by, in the first and the last block, for a few examples: "
    "row = example, column = channel, 1 lets it pass whole, 0 shuts it. Columns that change from row to row are "
    "channels that depend on the image. Below, for every block: the mean gate, and how much gates differ between "
    "examples. At 0 they do not look at the image at all.",
    source="Hu et al. 2017, arXiv:1709.01507, section 7.2 and figure 5",
    reads="taps",
    axes=AXES,
    read=read,
)
