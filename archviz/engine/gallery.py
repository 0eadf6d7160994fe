"""Gallery: pictures that are at hand without a download, for readers who bring none of their own."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from archviz.core.picture import Picture, fitted

if TYPE_CHECKING:
    from PIL.Image import Image


def _digit() -> NDArray[np.uint8]:
    import torch

    from archviz.data import mnist5k

    pixels, _ = mnist5k.Mnist5k.Config(size=28).build().load().train.batch(torch.tensor([DIGIT]))
    plane: NDArray[np.float32] = pixels[0, 0].numpy()
    stretched: NDArray[np.float32] = (plane - plane.min()) / np.ptp(plane)
    return (255 * stretched).astype(np.uint8)


def _photograph(name: str) -> Callable[[], NDArray[np.uint8]]:
    def load() -> NDArray[np.uint8]:
        from skimage import data

        pixels: NDArray[np.uint8] = getattr(data, name)()
        return pixels

    return load


def _flower() -> NDArray[np.uint8]:
    from sklearn.datasets import load_sample_image

    pixels: NDArray[np.uint8] = load_sample_image("flower.jpg")
    return pixels


DIGIT = 9
"""Which training image of MNIST-5k is the digit."""
PICTURES: Mapping[str, Callable[[], NDArray[np.uint8]]] = {
    "digit": _digit,
    "cat": _photograph("chelsea"),
    "coffee": _photograph("coffee"),
    "rocket": _photograph("rocket"),
    "coins": _photograph("coins"),
    "bricks": _photograph("brick"),
    "flower": _flower,
}
"""From MNIST, scikit-image (CC0 or public domain) and scikit-learn (CC BY 2.0); no faces of people."""


@cache
def whole(name: str) -> "Image":
    """One of `PICTURES` as it is, in red, green and blue."""
    from PIL import Image

    return Image.fromarray(PICTURES[name]()).convert("RGB")


@cache
def picture(name: str, size: int) -> Picture:
    """One of `PICTURES`, its middle square at `size` pixels a side."""
    found = fitted(PICTURES[name](), size)
    found.setflags(write=False)
    return found
