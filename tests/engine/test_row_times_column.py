"""Filters as sums of columns times rows."""

import numpy as np
import pytest

from archviz.engine.row_times_column import FILTERS, FilterName, kept, make, nearest, needed

PAIRS = {"blur": 1, "horizontal edge": 1, "diagonal edge": 2, "ring": 2, "diagonal line": 3}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("size", [3, 5, 7, 11])
def test_each_filter_is_a_sum_of_few_pairs(name: FilterName, size: int) -> None:
    kernel = make(name, size)
    assert kernel.shape == (size, size)
    assert np.abs(kernel).sum() == pytest.approx(1, abs=1e-5)
    assert needed(kernel) == PAIRS[name]
    np.testing.assert_allclose(nearest(kernel, PAIRS[name]), kernel, atol=1e-6)
    assert kept(kernel, PAIRS[name]) == pytest.approx(1)


def test_one_pair_keeps_half_of_a_diagonal_edge() -> None:
    """It is x G plus y G, two pairs of equal strength."""
    assert kept(make("diagonal edge", 7), 1) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("pairs", [1, 2, 3])
def test_what_is_kept_is_what_the_nearest_sum_has(pairs: int) -> None:
    kernel = np.random.RandomState(0).randn(7, 7).astype(np.float32)
    near = nearest(kernel, pairs)
    assert np.linalg.matrix_rank(near.astype(float), tol=1e-4) == pairs
    missing = ((kernel - near) ** 2).sum() / (kernel**2).sum()
    assert kept(kernel, pairs) == pytest.approx(1 - missing, abs=1e-5)


def test_a_product_of_two_thin_filters_is_one_pair() -> None:
    column, row = np.arange(1.0, 6.0), np.array([1.0, 0.0, -2.0, 0.5, 3.0])
    kernel = np.outer(column, row).astype(np.float32)
    assert needed(kernel) == 1
    np.testing.assert_allclose(nearest(kernel, 1), kernel, rtol=1e-5)
