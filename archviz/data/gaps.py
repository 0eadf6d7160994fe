"""Gaps: two squares in a row or column that touch, or leave one place free. Generated, nothing is downloaded."""

from functools import cache

import numpy as np
import torch

from archviz.core.samples import Pairs, Splits
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset

SIZES = TRAIN, VALIDATION, TEST = 3000, 500, 1000
CELLS, PIXELS = 4, 4
"""Cells along a side of the image, and pixels along a side of a cell."""
NOISE = 0.1
PAPER, INK = -0.5, 1.5


class Gaps:
    """Two squares stand in one row or column: do they touch, or is there one empty place between them?"""

    class Config(DatasetConfig):
        """Which images: there is nothing to choose."""

        @property
        def inputs(self) -> Inputs:
            """One grey image."""
            return Inputs(shape=(1, CELLS * PIXELS, CELLS * PIXELS))

        @property
        def outputs(self) -> int:
            """Touching or not."""
            return 2

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self) -> Splits:
        """Images `(N, 1, 16, 16)` of noise with two squares, and classes `(N,)`: 1 for squares that touch."""
        return _load()


@cache
def _load() -> Splits:
    random = np.random.RandomState(0)  # NumPy promises this stream for ever
    return Splits(*(_generate(size, random) for size in SIZES))


def _generate(count: int, random: np.random.RandomState) -> Pairs:
    touching = random.permutation(count) % 2
    distance = 2 - touching
    start = random.randint(0, CELLS - distance)  # the second square must fit in
    along, upright = random.randint(0, CELLS, count), random.randint(0, 2, count) == 0
    cells = np.full((count, 1, CELLS, CELLS), PAPER, np.float32)
    for place in (start, start + distance):
        cells[np.arange(count), 0, np.where(upright, place, along), np.where(upright, along, place)] = INK
    images = cells.repeat(PIXELS, 2).repeat(PIXELS, 3)
    images += NOISE * random.standard_normal(images.shape).astype(np.float32)
    return Pairs(torch.from_numpy(images), torch.from_numpy(touching.astype(np.int64)))


DATASET = Dataset(
    slug="gaps",
    title="Gaps",
    text="Generated 16 x 16 grey images: two squares of 4 x 4 pixels in a row or a column. Do they touch, or is there "
    "a gap as wide as a square? No download.",
    config=Gaps.Config(),
    size=sum(SIZES),
    licence="Apache-2.0 (made by archviz)",
    source="archviz, 2026; made so that only the distance of two squares matters",
)
