"""The tangent kernel and what is read off it, against the long way round."""

import math

import pytest
import torch
from torch import nn

from archviz.engine.assumptions import RIDGE, effective_rank, left_out, tangent_kernel


def test_the_kernel_of_a_linear_network_is_that_of_its_inputs() -> None:
    torch.manual_seed(0)
    inputs = torch.randn(6, 5)
    kernel = tangent_kernel(nn.Linear(5, 1, bias=False), inputs)
    centred = (inputs - inputs.mean(0)).double()
    wanted = centred @ centred.T
    ratio = kernel[0, 0] / wanted[0, 0]  # the square of the one random weight of the one logit
    torch.testing.assert_close(kernel, ratio * wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("count", [1, 4, 9])
def test_the_effective_rank_counts_equal_directions(count: int) -> None:
    kernel = torch.zeros(9, 9, dtype=torch.float64)
    kernel[:count, :count] = torch.eye(count)
    assert effective_rank(kernel) == pytest.approx(count)


def test_leaving_out_in_closed_form_is_leaving_out() -> None:
    generator = torch.Generator().manual_seed(3)
    features = torch.randn(30, 8, generator=generator, dtype=torch.float64)
    classes = (features[:, 0] > 0).long() + (features[:, 1] > 0).long()
    features = features - features.mean(0)
    kernel = features @ features.T
    scale = kernel.trace() / 30
    full = kernel + 100 * scale + RIDGE * scale * torch.eye(30, dtype=torch.float64)
    right = 0
    for out in range(30):
        kept = torch.tensor([i for i in range(30) if i != out])
        targets = nn.functional.one_hot(classes[kept], 3).double()
        weights = torch.linalg.solve(full[kept][:, kept], targets)
        right += int((full[out, kept] @ weights).argmax() == classes[out])
    assert left_out(kernel, classes) == pytest.approx(right / 30)


def test_labels_that_mean_nothing_are_not_known() -> None:
    """Were anything of the left-out label to leak, this would be above chance."""
    generator = torch.Generator().manual_seed(1)
    features = torch.randn(200, 400, generator=generator, dtype=torch.float64)
    classes = torch.randint(0, 4, (200,), generator=generator)
    features = features - features.mean(0)
    found = left_out(features @ features.T, classes)
    assert abs(found - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 200)
