"""FashionMNIST: pictures of clothes, as large as MNIST and harder; downloaded on first use."""

from functools import cache
from pathlib import Path

from archviz.core.download import Progress
from archviz.core.home import home
from archviz.core.samples import Pairs, Splits
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset
from archviz.core.torchvision_sets import Archive, lay_archives, read, shuffled

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
    from torchvision.datasets import FashionMNIST  # here, because it takes seconds to import

    folder, base = _folder(root), FashionMNIST.mirrors[0]
    archives = [Archive(base + name, folder / name, md5) for name, md5 in FashionMNIST.resources]
    unpacked = [folder / name.removesuffix(".gz") for name, _ in FashionMNIST.resources]
    lay_archives("FashionMNIST", archives, unpacked, folder, progress)


@cache
def _load(root: Path) -> Splits:
    from torchvision.datasets import FashionMNIST

    training, testing = read("FashionMNIST", FashionMNIST, root, _folder(root))
    known, test = (Pairs(part.data.unsqueeze(1), part.targets) for part in (training, testing))  # n h w -> n 1 h w
    return shuffled(known, test, (TRAIN, VALIDATION))


def _folder(root: Path) -> Path:
    return root / "FashionMNIST" / "raw"


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
