"""Handwritten digits, 8 x 8 pixels: so small that a 56-layer net trains on them in seconds."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from archviz.core.samples import Splits, split_pairs
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset

SIZES = TRAIN, VALIDATION, TEST = 1100, 200, 497


class Digits:
    """Handwritten digits, 8 x 8 grey pixels, ten classes."""

    class Config(DatasetConfig):
        """Which digits: there is nothing to choose."""

        @property
        def inputs(self) -> Inputs:
            """One grey image."""
            return Inputs(shape=(1, 8, 8))

        @property
        def outputs(self) -> int:
            """The ten digits."""
            return 10

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self) -> Splits:
        """Images `(N, 1, 8, 8)` with the training split's mean 0 and deviation 1, and classes `(N,)`."""
        return _load(self.config)


@cache
def _load(config: Digits.Config) -> Splits:
    package = find_spec("sklearn")  # importing it takes seconds, and all that is needed is a file in it
    assert package is not None and package.submodule_search_locations
    table = np.loadtxt(Path(package.submodule_search_locations[0], "datasets/data/digits.csv.gz"), delimiter=",")
    images, classes = table[:, :-1], table[:, -1]
    order = np.random.RandomState(0).permutation(len(images))  # NumPy promises this stream for ever
    inputs = torch.from_numpy(images[order]).float().reshape(-1, *config.inputs.shape)
    targets = torch.from_numpy(classes[order]).long()
    train = inputs[:TRAIN]
    inputs = (inputs - train.mean()) / train.std()
    return split_pairs(inputs, targets, SIZES)


DATASET = Dataset(
    slug="digits",
    title="Digits 8 x 8",
    text="1,797 digits written by 43 people, reduced to 8 x 8 grey pixels. Small enough for very deep nets.",
    config=Digits.Config(),
    size=sum(SIZES),
    licence="CC BY 4.0 (UCI repository); packaged by scikit-learn, BSD-3-Clause",
    source="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998",
)
