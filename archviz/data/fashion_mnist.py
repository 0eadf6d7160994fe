"""FashionMNIST: pictures of clothes, as large as MNIST and harder; downloaded on first use."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock

from archviz.core.download import Progress, damaged, fetch, unavailable
from archviz.core.home import home
from archviz.core.samples import Pairs, Splits
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset

TRAIN, VALIDATION, TEST = 55_000, 5_000, 10_000


class FashionMnist:
    """Clothes in ten classes, 28 x 28 grey pixels."""

    classes = (
        "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    )  # fmt: skip

    class Config(DatasetConfig):
        """Which clothes: there is nothing to choose."""

        @property
        def inputs(self) -> Inputs:
            """One grey image."""
            return Inputs(shape=(1, 28, 28))

        @property
        def outputs(self) -> int:
            """Ten kinds of clothes."""
            return 10

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self, *, progress: Progress | None = None) -> Splits:
        """Images `(N, 1, 28, 28)` as bytes and classes `(N,)`; downloads 31 MB the first time.

        Raises DataUnavailable, with what to do, when that fails.
        """
        root = home() / "data"
        _download(root, progress)
        return _load(root)


def _download(root: Path, progress: Progress | None) -> None:
    """Lay the published archives where torchvision looks for them, unless their content is there already."""
    from torchvision import datasets  # here, because it takes seconds to import

    raw = root / "FashionMNIST" / "raw"
    resources = datasets.FashionMNIST.resources
    if all((raw / name.removesuffix(".gz")).exists() for name, _ in resources):
        return
    try:
        for name, md5 in resources:
            fetch(datasets.FashionMNIST.mirrors[0] + name, raw / name, md5, progress)
    except OSError as error:
        raise unavailable("FashionMNIST", error, raw) from error


@cache
def _load(root: Path) -> Splits:
    from torchvision import datasets

    try:
        with FileLock(root / "FashionMNIST.lock"):  # only one process unpacks
            training = datasets.FashionMNIST(root, train=True, download=True)
            testing = datasets.FashionMNIST(root, train=False)
    except (RuntimeError, ValueError, OSError, AssertionError) as error:
        raise damaged("FashionMNIST", root / "FashionMNIST" / "raw") from error
    order = torch.from_numpy(np.random.RandomState(0).permutation(TRAIN + VALIDATION))
    images, classes = training.data[order].unsqueeze(1), training.targets[order]
    return Splits(
        Pairs(images[:TRAIN], classes[:TRAIN]),
        Pairs(images[TRAIN:], classes[TRAIN:]),
        Pairs(testing.data.unsqueeze(1), testing.targets),
    )


DATASET = Dataset(
    slug="fashion-mnist",
    title="FashionMNIST",
    text="70,000 grey pictures of clothes in ten classes, made to replace MNIST where that has become too easy.",
    config=FashionMnist.Config(),
    size=TRAIN + VALIDATION + TEST,
    licence="MIT",
    source="Xiao, Rasul and Vollgraf, Fashion-MNIST, 2017 (arXiv:1708.07747)",
    download=True,
)
