"""Datasets that torchvision can read: fetched by us, unpacked and read by torchvision, shuffled and split alike."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from filelock import FileLock

from archviz.core.download import Progress, damaged, fetch, unavailable
from archviz.core.samples import Pairs, Splits


class Archive(NamedTuple):
    """A published file and where torchvision looks for it."""

    url: str
    path: Path
    md5: str


def lay_archives(
    title: str, archives: Iterable[Archive], unpacked: Iterable[Path], folder: Path, progress: Progress | None
) -> None:
    """Lay the published archives where torchvision looks for them, unless their content is there already.

    Raises DataUnavailable, with what to do, when they cannot be had.
    """
    if all(file.exists() for file in unpacked):
        return
    try:
        for archive in archives:
            fetch(archive.url, archive.path, archive.md5, progress)
    except OSError as error:
        raise unavailable(title, error, folder) from error


def read(title: str, kind: type[Any], root: Path, folder: Path) -> tuple[Any, Any]:
    """The training and the test part, as torchvision reads them below `root`, unpacked into `folder` if need be.

    Raises DataUnavailable, with what to do, when torchvision finds the files damaged.
    """
    try:
        with FileLock(root / f"{kind.__name__}.lock"):  # only one process unpacks
            return kind(root, train=True, download=True), kind(root, train=False)
    except (RuntimeError, ValueError, OSError, AssertionError) as error:
        raise damaged(title, folder) from error


def shuffled(known: Pairs, test: Pairs, sizes: tuple[int, int]) -> Splits:
    """What is published for training, shuffled, is the training and validation split; the test part stays as it is."""
    order = torch.from_numpy(np.random.RandomState(0).permutation(sum(sizes)))  # NumPy promises this stream for ever
    images, classes = known.inputs[order], known.targets[order]
    return Splits(Pairs(images[: sizes[0]], classes[: sizes[0]]), Pairs(images[sizes[0] :], classes[sizes[0] :]), test)
