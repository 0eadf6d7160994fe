"""Attention: who looks at whom."""

from archviz.core.results import Heatmap, Profile, Result
from archviz.core.spec import Probe
from archviz.core.tap import Capture

SHOWN_HEADS = 4
"""Heads drawn for each layer."""
AXES = "b h q k"


def read(seen: Capture) -> tuple[Result, ...]:
    """A map for each head of the first and last layer, and the entropy of every layer's rows."""
    taps = seen.with_axes(AXES)
    if not taps:
        return ()
    results: list[Result] = []
    for path in dict.fromkeys((next(iter(taps)), list(taps)[-1])):
        weights = taps[path].value[0].float()  # h q k
        for head in range(min(SHOWN_HEADS, len(weights))):
            results.append(
                Heatmap(
                    title=f"{path.rpartition('.')[0]}, head {head + 1}",
                    x_label="position looked at",
                    y_label="position that looks",
                    label="attention weight",
                    values=tuple(tuple(row) for row in weights[head].tolist()),
                )
            )
    entropies = []
    for tap in taps.values():
        weights = tap.value.float()  # b h q k
        entropies.append(-(weights * weights.clamp_min(1e-30).log()).sum(-1).mean().item())
    results.append(
        Profile(title="Attention entropy", label="entropy of a row (nats)", layers=tuple(taps), values=tuple(entropies))
    )
    return tuple(results)


PROBE = Probe(
    slug="attention",
    title="Attention",
    text="The attention weights of the first and the last layer for one example: row = the position that looks, "
    "column = the position it looks at, each row sums to 1. Below, how spread out the rows are in every layer: "
    "0 nats means all weight on a single position.",
    source="Vaswani et al. 2017, eq. 1",
    reads="taps",
    axes=AXES,
    read=read,
)
