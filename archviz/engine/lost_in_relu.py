"""What ReLU loses: a flat spiral is drawn into n dimensions, goes through ReLU, and is read back as well as it can be.

Sandler et al. 2018, arXiv:1801.04381, figure 1. There the way back is the inverse of the way in; here it is the best
linear one, so that what is missing is really lost to any linear layer that follows.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from archviz.core.results import Curve, Images, Result, Series

POINTS = 500
DIMENSIONS = (2, 3, 4, 5, 7, 10, 15, 20, 30)
SHOWN = (2, 3, 5, 15, 30)
DRAWS = 50
"""Random ways into n dimensions that are averaged over."""
SIDE = 56
"""Pixels a side of a drawn spiral."""


def spiral() -> Tensor:
    """Points of a spiral of two turns around 0, `points 2`, within [-1, 1]."""
    angle = torch.linspace(0, 4 * math.pi, POINTS)
    return torch.stack((angle * torch.cos(angle), angle * torch.sin(angle)), 1) / (4 * math.pi)


def read_back(points: Tensor, dimensions: int, seed: int, relu: bool) -> Tensor:
    """The points after a random linear map to so many dimensions, ReLU (or nothing), and the best linear way back."""
    generator = torch.Generator().manual_seed(seed)
    wide = points @ torch.randn(2, dimensions, generator=generator)  # p 2 -> p n
    wide = F.relu(wide) if relu else wide
    wide = torch.cat((wide, torch.ones(len(points), 1)), 1)  # with a bias
    way_back = torch.linalg.pinv(wide.double()) @ points.double()  # n+1 2
    found: Tensor = (wide.double() @ way_back).float()
    return found


def lost(points: Tensor, found: Tensor) -> float:
    """Share of the points' variance that is not there any more, from 0 to 1."""
    missing = (found - points).square().sum() / (points - points.mean(0)).square().sum()
    return missing.item()


def narrow_and_wide() -> tuple[Result, ...]:
    """The spiral as it comes back from n dimensions, and the share that is lost, over n."""
    points = spiral()
    pictures = [drawn(points), *(drawn(read_back(points, n, 0, relu=True)) for n in SHOWN)]
    captions = ("before", *(f"ReLU in {n} dimensions" for n in SHOWN))
    series = []
    for name, relu in (("A", False), ("B", True)):
        draws = [
            torch.tensor([lost(points, read_back(points, n, seed, relu)) for seed in range(DRAWS)]) for n in DIMENSIONS
        ]
        low, high = ([torch.quantile(values, q).item() for values in draws] for q in (0.1, 0.9))
        series.append(
            Series(
                name=name,
                x=tuple(map(float, DIMENSIONS)),
                y=tuple(values.mean().item() for values in draws),
                low=tuple(low),
                high=tuple(high),
            )
        )
    return (
        Images(title="A spiral after ReLU in few and in many dimensions", pictures=tuple(pictures), captions=captions),
        Curve(
            title="Share of the spiral that is lost",
            x_label="dimensions n",
            y_label="variance that cannot be read back",
            series=tuple(series),
            x_log=True,
        ),
    )


def drawn(points: Tensor) -> tuple[tuple[float, ...], ...]:
    """The points as dark ink on white paper, `side side` grey values."""
    paper = torch.ones(SIDE, SIDE)
    places = ((points.clamp(-1.05, 1.05) + 1.1) / 2.2 * (SIDE - 1)).round().long()
    paper[places[:, 1], places[:, 0]] = 0.0
    return tuple(tuple(row) for row in paper.tolist())
