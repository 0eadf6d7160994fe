"""Border pairs: two coloured bars that touch across a line through the middle. Generated, nothing is downloaded."""

from functools import cache

import numpy as np
import torch

from archviz.core.samples import Pairs, Splits
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset

SIZES = TRAIN, VALIDATION, TEST = 3000, 500, 1000
CELLS, PIXELS = 8, 2
"""Cells along a side of the image, and pixels along a side of a cell."""
COLOURS = 3
CLUTTER = 2
"""Further squares of any colour: counting colours does not give the answer away."""
BARS = ((2, 3), (4, 5))
"""Rows or columns of cells that the bars cover, on one side of the middle and on the other."""
AWAY = (0, 1, 6, 7)
"""Rows and columns of cells away from the middle, for the clutter."""
NOISE = 0.1
INK = 2.0


class BorderPairs:
    """Two bars touch across the vertical or horizontal middle line: do they have the same colour?"""

    classes = ("different colours", "the same colour")

    class Config(DatasetConfig):
        """Which images: there is nothing to choose."""

        @property
        def inputs(self) -> Inputs:
            """One colour image."""
            return Inputs(shape=(COLOURS, CELLS * PIXELS, CELLS * PIXELS))

        @property
        def outputs(self) -> int:
            """Different or the same."""
            return 2

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self) -> Splits:
        """Images `(N, 3, 16, 16)` of noise with bars and squares, and classes `(N,)`: 1 for equal colours."""
        return _load()


@cache
def _load() -> Splits:
    random = np.random.RandomState(0)  # NumPy promises this stream for ever
    return Splits(*(_generate(size, random) for size in SIZES))


def _generate(count: int, random: np.random.RandomState) -> Pairs:
    same = random.permutation(count) % 2
    first = random.randint(0, COLOURS, count)
    second = np.where(same, first, (first + random.randint(1, COLOURS, count)) % COLOURS)
    along, across = random.randint(0, CELLS, count), random.randint(0, 2, count) == 0

    cells = np.zeros((count, COLOURS, CELLS, CELLS), np.float32)
    each = np.arange(count)
    for colour, bar in zip((first, second), BARS, strict=True):
        for place in bar:
            cells[each, colour, np.where(across, along, place), np.where(across, place, along)] = INK
    for _ in range(CLUTTER):
        rows, columns = random.choice(AWAY, count), random.choice(AWAY, count)
        cells[each, random.randint(0, COLOURS, count), rows, columns] = INK
    images = cells.repeat(PIXELS, 2).repeat(PIXELS, 3)
    images += NOISE * random.standard_normal(images.shape).astype(np.float32)
    return Pairs(torch.from_numpy(images), torch.from_numpy(same.astype(np.int64)))


DATASET = Dataset(
    slug="border-pairs",
    title="Pairs across a border",
    text="Generated 16 x 16 colour images: two bars touch across the middle line; do they have the same colour? Two "
    "small squares lie elsewhere. No download.",
    config=BorderPairs.Config(),
    size=sum(SIZES),
    licence="Apache-2.0 (made by archviz)",
    source="archviz, 2026; made so that no part of the image has the answer by itself",
)
