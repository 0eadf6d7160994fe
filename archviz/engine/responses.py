"""Responses: what dropout and response normalization do to the numbers that pass through them, without training."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from archviz.blocks.norm import LocalResponseNorm
from archviz.core.results import Curve, Series
from archviz.core.setup import Setup
from archviz.engine.capture import watching
from archviz.engine.demonstrate import untrained
from archviz.engine.devices import one_thread, pick

PASSES = 60
NEIGHBOURS = (0.0, 30.0, 100.0, 300.0)
"""Activity of the four channels beside the one that is looked at."""


@torch.no_grad()
def passes(setups: Mapping[str, Setup], title: str) -> Curve:
    """The logit of the first image's class, when the same image passes through the untrained network again and again
    as it does in training; and the mean of the passes so far, for every arm in which they differ."""
    numbers = tuple(float(number) for number in range(1, PASSES + 1))
    series = []
    with one_thread(pick("cpu")):
        for arm, setup in setups.items():
            model, (inputs, targets) = untrained(setup)
            torch.manual_seed(0)
            model.train()
            logits = torch.stack([model(inputs[:1])[0, targets[0]] for _ in range(PASSES)])
            series.append(Series(name=arm, x=numbers, y=tuple(logits.tolist())))
            if len(logits.unique()) > 1:
                means = logits.cumsum(0) / torch.arange(1, PASSES + 1)
                series.append(Series(name=f"mean of {arm} so far", x=numbers, y=tuple(means.tolist())))
    return Curve(title=title, x_label="pass of the same image", y_label="logit of its class", series=tuple(series))


@torch.no_grad()
def damping(norm: LocalResponseNorm.Config, title: str) -> Curve:
    """What comes out of response normalization for an activation, beside neighbours of different activity."""
    layer = norm.build(norm.neighbours)
    own = torch.linspace(0, 300, 61)
    series = []
    for activity in NEIGHBOURS:
        x = torch.full((len(own), norm.neighbours, 1, 1), activity)
        middle = norm.neighbours // 2
        x[:, middle, 0, 0] = own
        out: Tensor = layer(x)[:, middle, 0, 0]
        series.append(Series(name=f"neighbours at {activity:g}", x=tuple(own.tolist()), y=tuple(out.tolist())))
    return Curve(title=title, x_label="activation that goes in", y_label="that comes out", series=tuple(series))


@torch.no_grad()
def spreads(setups: Mapping[str, Setup], title: str) -> Curve:
    """The standard deviation of what each layer of the untrained networks gives on to the next."""
    series = []
    with one_thread(pick("cpu")):
        for arm, setup in setups.items():
            model, (inputs, _) = untrained(setup)
            spread = _spread(model, inputs)
            series.append(Series(name=arm, x=tuple(float(i + 1) for i in range(len(spread))), y=tuple(spread)))
    return Curve(title=title, x_label="layer", y_label="standard deviation of the activations", series=tuple(series))


def _spread(model: nn.Module, inputs: Tensor) -> list[float]:
    with watching(model, "b c h w") as seen:
        model(inputs)
    return [tap.value.std().item() for tap in seen.values()]
