"""Token maps: what a network of patches computes, laid out as the picture that the patches were cut from."""

import math

import torch
from torch import Tensor, nn

from archviz.blocks.window_attention import WindowAttention
from archviz.core.tap import TapValue

WEIGHTS = "b h q k"


def planes(tap: TapValue) -> Tensor | None:
    """What a tap saw of the first image as feature maps `c h w`; none for what has no places.

    Tokens `b l d` are laid out row by row; a class token before them is left out.
    """
    if tap.axes == "b c h w":
        return tap.value[0]
    if tap.axes == "b l d":
        tokens = tap.value[0]  # l d
        grid = math.isqrt(len(tokens))
        return tokens[len(tokens) - grid**2 :].T.reshape(-1, grid, grid)  # l d -> d h w
    return None


def attention(model: nn.Module, path: str, tap: TapValue) -> Tensor:
    """How much each patch of the first image is looked at in this layer, `heads h w`.

    By the class token where there is one, else by all patches on average; inside windows by those of the window.
    """
    layer = model.get_submodule(path.rpartition(".")[0])
    weights = tap.value  # b h q k
    if isinstance(layer, WindowAttention):
        return _windows(weights, layer)
    first = weights[0]  # h q k
    grid = math.isqrt(first.shape[-1])
    extra = first.shape[-1] - grid**2
    looked = first[:, 0, extra:] if extra else first.mean(1)  # h k
    return looked.reshape(-1, grid, grid)


def _windows(weights: Tensor, layer: WindowAttention) -> Tensor:
    """The windows of one image put back in their places, and moved back if they were shifted."""
    side = math.isqrt(len(weights))  # windows along a side of the grid
    looked = weights.mean(2).reshape(side, side, weights.shape[1], layer.window, layer.window)  # n m h i j
    grid = looked.permute(2, 0, 3, 1, 4).reshape(weights.shape[1], side * layer.window, side * layer.window)
    offset = layer.offset if side > 1 else 0
    return torch.roll(grid, (offset, offset), (1, 2))
