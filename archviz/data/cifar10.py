"""CIFAR-10: small colour photographs, on which residual nets were first compared; downloaded on first use."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from archviz.core.download import Progress
from archviz.core.home import home
from archviz.core.samples import Pairs, Splits
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset
from archviz.core.torchvision_sets import Archive, lay_archives, read, shuffled

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
    from torchvision.datasets import CIFAR10  # here, because it takes seconds to import

    folder = root / CIFAR10.base_folder
    archive = Archive(CIFAR10.url, root / CIFAR10.filename, CIFAR10.tgz_md5)
    unpacked = [folder / name for name, _ in CIFAR10.train_list + CIFAR10.test_list]
    lay_archives("CIFAR-10", [archive], unpacked, folder, progress)


@cache
def _load(root: Path) -> Splits:
    from torchvision.datasets import CIFAR10

    training, testing = read("CIFAR-10", CIFAR10, root, root / CIFAR10.base_folder)
    known, test = (Pairs(_images(part.data), torch.tensor(part.targets)) for part in (training, testing))
    return shuffled(known, test, (TRAIN, VALIDATION))


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
