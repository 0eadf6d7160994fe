"""The cost of a depthwise separable convolution beside a full one: as the formula says, and as layers really count."""

import torch
from torch import nn

from archviz.blocks.separable import ConvolutionLayerConfig, DepthwiseSeparable, FilterSize, FullConvolution
from archviz.core.results import Curve, Series
from archviz.engine.recorder import record

WIDTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
"""Channels that come out."""
SIDE = 14


def formula(outputs: int, size: int) -> float:
    """1/N + 1/k^2: multiplications of the separable layer as a share of the full one's.

    >>> round(formula(512, 3), 3)
    0.113
    """
    return 1 / outputs + 1 / size**2


def counted(inputs: int, outputs: int, size: FilterSize, side: int = SIDE) -> tuple[int, int]:
    """MACs of a full and of a depthwise separable layer, counted in a pass over an image of `side` pixels a side."""
    full, separable = FullConvolution.Config(size=size), DepthwiseSeparable.Config(size=size)
    return _macs(full, inputs, outputs, side), _macs(separable, inputs, outputs, side)


def _macs(config: ConvolutionLayerConfig, inputs: int, outputs: int, side: int) -> int:
    with torch.device("meta"):
        layer: nn.Module = config.build(inputs, outputs)
    return record(layer, (torch.empty(1, inputs, side, side, device="meta"),)).macs


def ratio_curve(size: FilterSize, inputs: int, side: int = SIDE) -> Curve:
    """Share of the full convolution's MACs, over the number of output channels: formula and count."""
    wide = tuple(map(float, WIDTHS))
    found = [counted(inputs, outputs, size, side) for outputs in WIDTHS]
    return Curve(
        title=f"Separable over full, {size}x{size} filters, {inputs} channels in",
        x_label="output channels N",
        y_label="share of the full convolution's MACs",
        series=(
            Series(name="1/N + 1/k²", x=wide, y=tuple(formula(outputs, size) for outputs in WIDTHS)),
            Series(name="counted in the layers", x=wide, y=tuple(cheap / full for full, cheap in found)),
            Series(name="1/k², the limit", x=wide, y=(1 / size**2,) * len(wide)),
        ),
        x_log=True,
        y_log=True,
    )
