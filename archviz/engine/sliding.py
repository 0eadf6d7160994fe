"""Sliding windows over one plane of numbers, written out as the book defines them; torch does the same faster."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from archviz.core.picture import Plane

Rows = tuple[tuple[float, ...], ...]

KERNELS: Mapping[str, Rows] = {
    "vertical edges": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "horizontal edges": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "all edges": ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "blur": ((1 / 16, 2 / 16, 1 / 16), (2 / 16, 4 / 16, 2 / 16), (1 / 16, 2 / 16, 1 / 16)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
}
"""Sobel's edges, a Laplacian, a binomial blur, and the image minus its Laplacian."""


def windows(plane: Plane, size: int, stride: int = 1, padding: int = 0) -> NDArray[np.float32]:
    """Every window, `(rows, columns, size, size)`. Raises ValueError where not even one fits."""
    wide = np.pad(plane, padding)
    if size > min(wide.shape):
        raise ValueError(f"a window of {size} does not fit into an image of {min(wide.shape)}; use a smaller one")
    return sliding_window_view(wide, (size, size))[::stride, ::stride]


def slide(plane: Plane, kernel: Plane, stride: int = 1, padding: int = 0) -> Plane:
    """The sum of each window's products with the kernel, which is not turned around: as in neural networks."""
    seen = windows(plane, len(kernel), stride, padding)
    sums: Plane = np.einsum("ijab,ab->ij", seen, kernel).astype(np.float32)
    return sums


def pool(plane: Plane, size: int, stride: int, how: Literal["maximum", "mean"]) -> Plane:
    """The largest value or the mean of each window."""
    seen = windows(plane, size, stride)
    pooled: Plane = seen.max((2, 3)) if how == "maximum" else seen.mean((2, 3))
    return pooled.astype(np.float32)


def rows(plane: Plane, digits: int = 4) -> Rows:
    """A plane as a result holds it."""
    return tuple(tuple(row) for row in plane.astype(float).round(digits).tolist())
