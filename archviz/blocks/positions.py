"""Positions: attention alone does not know the order of its inputs; these parts add it to the vectors."""

import math

import torch
from torch import Tensor, nn

from archviz.core.config import Config


class PositionsConfig(Config):
    """Base of every position code: `build(length, width)` adds to `b l d`, for at most `length` positions."""

    def check(self, width: int) -> None:
        """Raise ValueError, saying what to change, if vectors of this width cannot carry the code."""


class NoPositions(nn.Identity):
    """No position code: the order is unknown, unless a causal mask gives it away."""

    class Config(PositionsConfig):
        pass

    def __init__(self, config: Config, length: int, width: int) -> None:
        super().__init__()


class LearnedPositions(nn.Module):
    """A learned vector for every position.

    Gehring et al. 2017, arXiv:1705.03122; as BERT, GPT-2 and ViT have it.
    """

    class Config(PositionsConfig):
        pass

    def __init__(self, config: Config, length: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(length, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        return _add(x, self.weight)


class SinusoidalPositions(nn.Module):
    """Sines and cosines of geometrically rising wavelength, nothing to learn.

    Vaswani et al. 2017, section 3.5.
    """

    class Config(PositionsConfig):
        def check(self, width: int) -> None:
            if width % 2:
                near = " or ".join(str(even) for even in (width - 1, width + 1) if even)
                raise ValueError(f"width {width} is odd, but sines and cosines come in pairs; use {near}")

    table: Tensor

    def __init__(self, config: Config, length: int, width: int) -> None:
        config.check(width)
        super().__init__()
        rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000) / width))  # d/2
        angles = torch.arange(length)[:, None] * rates  # l d/2
        self.register_buffer("table", torch.stack((angles.sin(), angles.cos()), -1).flatten(1), persistent=False)  # l d

    def forward(self, x: Tensor) -> Tensor:
        return _add(x, self.table)


def _add(x: Tensor, table: Tensor) -> Tensor:
    length, known = x.shape[1], len(table)
    if length > known:
        raise ValueError(f"{length} tokens, but this model has only {known} positions; raise its length")
    return x + table[:length]  # b l d + l d
