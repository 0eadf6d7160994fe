"""Filters as sums of a column times a row: which ones are cheap, and what is missing with too few pairs.

A filter that is one column times one row costs 2n instead of n^2 weights. Any n x n filter is a sum of at most n such
pairs; the best few are those of its singular value decomposition (Eckart & Young 1936).
"""

from typing import Literal, get_args

import numpy as np

from archviz.core.picture import Plane

FilterName = Literal["blur", "horizontal edge", "diagonal edge", "ring", "diagonal line"]
FILTERS: tuple[FilterName, ...] = get_args(FilterName)
"""All are made of Gaussians and their derivatives, and are sums of 1, 1, 2, 2 and 3 pairs."""


def make(name: FilterName, size: int) -> Plane:
    """One of the filters, `size size`; the sum of its absolute values is 1."""
    offsets = np.arange(size) - (size - 1) / 2
    y, x = offsets[:, None], offsets[None, :]
    width = size / 5
    bell = np.exp(-(x**2 + y**2) / (2 * width**2))
    across = (x + y) / np.sqrt(2)  # distance from the diagonal
    match name:
        case "blur":
            values = bell
        case "horizontal edge":
            values = y * bell
        case "diagonal edge":
            values = across * bell
        case "ring":
            inner = np.exp(-(x**2 + y**2) / (2 * (width / 2) ** 2))
            values = bell / bell.sum() - inner / inner.sum()
        case "diagonal line":
            values = (1 - across**2 / width**2) * bell
    scaled: Plane = (values / np.abs(values).sum()).astype(np.float32)
    return scaled


def nearest(kernel: Plane, pairs: int) -> Plane:
    """The best sum of so many columns times rows."""
    columns, strengths, rows = np.linalg.svd(kernel.astype(float))
    summed: Plane = ((columns[:, :pairs] * strengths[:pairs]) @ rows[:pairs]).astype(np.float32)
    return summed


def kept(kernel: Plane, pairs: int) -> float:
    """Share of the filter's squared weights that so many pairs hold, from 0 to 1."""
    squares = np.linalg.svd(kernel.astype(float), compute_uv=False) ** 2
    return float(squares[:pairs].sum() / squares.sum())


def needed(kernel: Plane) -> int:
    """The number of pairs that make the whole filter."""
    return int(np.linalg.matrix_rank(kernel.astype(float), tol=1e-4 * float(np.abs(kernel).max())))
