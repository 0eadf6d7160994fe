"""CIFAR-10: small colour photographs, on which residual nets were first compared; downloaded on first use."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from archviz.core.download import Progress, damaged, fetch, unavailable
from archviz.core.home import home
from archviz.core.samples import Pairs, Splits
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset

TRAIN, VALIDATION, TEST = 45_000, 5_000, 10_000


class Cifar10:
    """Animals and vehicles in ten classes, 32 x 32 pixels in colour."""

    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

    class Config(DatasetConfig):
        """Which photographs: there is nothing to choose."""

        @property
        def inputs(self) -> Inputs:
            """One colour image."""
            return Inputs(shape=(3, 32, 32))

        @property
        def outputs(self) -> int:
            """Six animals and four vehicles."""
            return 10

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self, *, progress: Progress | None = None) -> Splits:
        """Images `(N, 3, 32, 32)` as bytes and classes `(N,)`; downloads 170 MB the first time.

        Raises DataUnavailable, with what to do, when that fails.
        """
        root = home() / "data"
        _download(root, progress)
        return _load(root)


def _download(root: Path, progress: Progress | None) -> None:
    """Lay the published archive where torchvision looks for it, unless its content is there already."""
    from torchvision.datasets import CIFAR10  # here, because it takes seconds to import

    folder = root / CIFAR10.base_folder
    if all((folder / name).exists() for name, _ in CIFAR10.train_list + CIFAR10.test_list):
        return
    try:
        fetch(CIFAR10.url, root / CIFAR10.filename, CIFAR10.tgz_md5, progress)
    except OSError as error:
        raise unavailable("CIFAR-10", error, folder) from error


@cache
def _load(root: Path) -> Splits:
    from torchvision.datasets import CIFAR10

    try:
        with FileLock(root / "cifar10.lock"):  # one process unpacks; torchvision knows the checksum of every file
            training = CIFAR10(root, train=True, download=True)
            testing = CIFAR10(root, train=False)
    except (RuntimeError, ValueError, OSError) as error:
        raise damaged("CIFAR-10", root / CIFAR10.base_folder) from error
    order = torch.from_numpy(np.random.RandomState(0).permutation(TRAIN + VALIDATION))
    images, classes = _images(training.data)[order], torch.tensor(training.targets)[order]
    return Splits(
        Pairs(images[:TRAIN], classes[:TRAIN]),
        Pairs(images[TRAIN:], classes[TRAIN:]),
        Pairs(_images(testing.data), torch.tensor(testing.targets)),
    )


def _images(pixels: "np.ndarray[Any, np.dtype[np.uint8]]") -> Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous()  # n h w c -> n c h w


DATASET = Dataset(
    slug="cifar10",
    title="CIFAR-10",
    text="60,000 colour photographs of animals and vehicles, 32 x 32 pixels, in ten classes.",
    config=Cifar10.Config(),
    size=TRAIN + VALIDATION + TEST,
    licence="none stated by its authors; free for research with citation",
    source="Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    download=True,
)
