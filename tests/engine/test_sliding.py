"""Sliding windows written out by hand give what torch gives."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from archviz.engine.sliding import KERNELS, pool, slide, windows


def plane(height: int, width: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)


sides = st.integers(5, 20)


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.sampled_from([1, 3, 5]), st.integers(1, 4), st.integers(0, 4), st.integers(0, 99))
def test_a_sliding_kernel_is_a_convolution(h: int, w: int, size: int, stride: int, padding: int, seed: int) -> None:
    image, kernel = plane(h, w, seed), plane(size, size, seed + 1)
    wanted = F.conv2d(
        torch.from_numpy(image)[None, None], torch.from_numpy(kernel)[None, None], stride=stride, padding=padding
    )
    np.testing.assert_allclose(slide(image, kernel, stride, padding), wanted[0, 0].numpy(), atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(sides, sides, st.integers(1, 5), st.integers(1, 6), st.integers(0, 99))
def test_pooling_is_torch_s(h: int, w: int, size: int, stride: int, seed: int) -> None:
    image = plane(h, w, seed)
    given_to = torch.from_numpy(image)[None]
    np.testing.assert_allclose(pool(image, size, stride, "maximum"), F.max_pool2d(given_to, size, stride)[0].numpy())
    np.testing.assert_allclose(
        pool(image, size, stride, "mean"), F.avg_pool2d(given_to, size, stride)[0].numpy(), atol=1e-5
    )


def test_a_window_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a window of 5 does not fit into an image of 4; use a smaller one"):
        windows(plane(4, 9, 0), 5)


def test_edges_see_nothing_where_nothing_changes_and_blur_keeps_the_brightness() -> None:
    even = np.full((9, 9), 0.7, np.float32)
    for name, weights in KERNELS.items():
        total = float(np.sum(weights))
        assert total == pytest.approx(0.0 if "edges" in name else 1.0)
        np.testing.assert_allclose(slide(even, np.array(weights, np.float32)), 0.7 * total, atol=1e-6)
