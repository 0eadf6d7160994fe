"""Receptive fields: which pixels change what a filter gives at one place, and how much.

Measured by the gradient of the middle of the output with respect to the input (Luo et al. 2016, arXiv:1701.04128).
Where no path leads from a pixel to the middle, the gradient is exactly 0.
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from archviz.blocks.filters import ConvLayer, FilterConfig
from archviz.core.config import walk
from archviz.core.results import Curve, Heatmap, Result, Series, Table
from archviz.core.setup import Setup
from archviz.engine.devices import one_thread, pick
from archviz.engine.initialize import initialize

SIZES = (3, 5, 7, 9, 11)
"""Filter sizes at which costs are compared."""
CHANNELS = 4
DRAWS = 8
"""Random draws of the weights that a measured field is averaged over."""
NOISE = 4
"""Noise images in each of them: where there are activations in between, the gradient depends on the image."""


def field(part: nn.Module, channels: int, side: int) -> Tensor:
    """Mean squared gradient of the output's middle by the pixels of noise images, `side side`; its sum is 1.

    The part maps `b c h w` to `b c' h w`; the mean is over images and over the output's and the input's channels.
    """
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(NOISE, channels, side, side, generator=generator).requires_grad_()
    part.eval()
    middle = part(images)[:, :, side // 2, side // 2]  # b c' h w -> b c'
    squares = torch.zeros(side, side)
    for output in middle.unbind(1):
        (gradient,) = torch.autograd.grad(output.sum(), images, retain_graph=True)
        squares += gradient.square().sum((0, 1))  # b c h w -> h w
    return squares / squares.sum()


def radius(weights: Tensor) -> float:
    """Root of the mean squared distance from the middle, in pixels, under these weights `side side` of sum 1."""
    offsets = torch.arange(len(weights)) - len(weights) // 2
    squares = offsets[:, None] ** 2 + offsets[None, :] ** 2
    return math.sqrt((weights * squares).sum().item())


def extent(weights: Tensor) -> int:
    """Pixels a side of the square in which the weights are not 0."""
    return int(weights.any(0).sum().item())


def filters(setups: Mapping[str, Setup], titles: Mapping[str, str]) -> tuple[Result, ...]:
    """The filters of each arm, alone: cost by size, exact, and the field of one of the arms' size, measured."""
    kinds = {arm: _filter(setup) for arm, setup in setups.items()}
    weights = tuple(
        Series(name=arm, x=tuple(map(float, SIZES)), y=tuple(_weights(kind, size) for size in SIZES))
        for arm, (kind, _) in kinds.items()
    )
    results: list[Result] = [
        Curve(
            title="Weights of one filter",
            x_label="size n of the filter",
            y_label="weights for each pair of channels",
            series=weights,
        )
    ]
    rows: list[tuple[str | int | float | None, ...]] = []
    for arm, (kind, size) in kinds.items():
        fields = []
        with one_thread(pick("cpu")):
            for seed in range(DRAWS):
                part = kind.build(CHANNELS, CHANNELS, size, ConvLayer.Config())
                initialize(part, seed)
                fields.append(field(part, CHANNELS, size + 2))
        seen = torch.stack(fields).mean(0)
        span = extent(seen)
        rows.append((f"{arm}: {titles[arm]}", _weights(kind, size), f"{span} x {span}", round(radius(seen), 2)))
        results.append(
            Heatmap(
                title=f"{arm}: {titles[arm]}, radius {radius(seen):.2f} pixels",
                x_label="column",
                y_label="row",
                label="share of the squared gradient",
                values=tuple(tuple(row) for row in seen.tolist()),
            )
        )
    columns = ("arm", "weights for each pair of channels", "field of view", "effective radius (pixels)")
    return (*results, Table(title="The same view for less", columns=columns, rows=tuple(rows)))


def _filter(setup: Setup) -> tuple[FilterConfig, int]:
    """The first filter in the arm's model, and its size."""
    for _, part in walk(setup.model):
        match dict(part):
            case {"filter": FilterConfig() as kind, "size": int(size)}:
                return kind, size
    raise ValueError("the model has no filters that can be built in several ways; use one with Inception modules")


def _weights(kind: FilterConfig, size: int) -> float:
    """Weights for every pair of channels in and out; as many multiplications at each place."""
    part = kind.build(CHANNELS, CHANNELS, size, ConvLayer.Config())
    count = sum(layer.weight.numel() for layer in part.modules() if isinstance(layer, nn.Conv2d))
    return count / CHANNELS**2
