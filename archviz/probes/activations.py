"""Activations: what flows through the network, layer by layer."""

import torch

from archviz.core.results import Profile, Result
from archviz.core.spec import Probe
from archviz.core.tap import Capture


def read(seen: Capture) -> tuple[Result, ...]:
    """Spread and share of zeros at every tap, from input to output."""
    taps = {name: tap for name, tap in seen.taps.items() if tap.axes != "b h q k"}
    if not taps:
        return ()
    layers = tuple(taps)
    spreads = torch.stack([tap.value.float().std() for tap in taps.values()])
    silent = torch.stack([(tap.value == 0).float().mean() for tap in taps.values()])
    return (
        Profile(
            title="Size of activations",
            label="standard deviation",
            layers=layers,
            values=tuple(spreads.tolist()),
            log=True,
        ),
        Profile(
            title="Silent activations",
            label="share of exact zeros",
            layers=layers,
            values=tuple(silent.tolist()),
        ),
    )


PROBE = Probe(
    slug="activations",
    title="Activations",
    text="The spread of the values after each block, and how many of them are exactly zero. Values that grow or "
    "shrink from block to block make training hard; units that are silent on every example have stopped learning.",
    source="Glorot & Bengio 2010, section 4.1",
    reads="taps",
    read=read,
)
