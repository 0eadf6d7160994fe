"""Receptive fields against closed forms."""

import math

import pytest
import torch
from torch import nn

from archviz.blocks.filters import ConvLayer, FactorizedFilter, FilterConfig, SquareFilter, StackedFilter
from archviz.core.setup import Setup
from archviz.engine.receptive_field import _weights, extent, field, filters, radius
from archviz.tweaks import factorized_filters, stacked_filters


def constant(size: int) -> nn.Module:
    part = nn.Conv2d(2, 3, size, padding=size // 2)
    nn.init.constant_(part.weight, 0.5)
    return part


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_a_constant_filter_sees_all_its_pixels_alike(size: int) -> None:
    seen = field(constant(size), 2, 11)
    middle = slice((11 - size) // 2, (11 + size) // 2)
    torch.testing.assert_close(seen[middle, middle], torch.full((size, size), 1 / size**2))
    assert seen.sum().item() == pytest.approx(1)
    assert extent(seen) == size
    assert radius(seen) == pytest.approx(math.sqrt((size**2 - 1) / 6), abs=1e-5)  # two uniform variances


def test_stacked_constant_filters_see_the_middle_more() -> None:
    """Without activations in between, three 3 x 3 boxes add up their variances: 3 (9 - 1) / 12 on each axis."""
    kernel = torch.ones(3)
    row = torch.nn.functional.conv1d(kernel[None, None], kernel[None, None], padding=2)
    row = torch.nn.functional.conv1d(row, kernel[None, None], padding=2).flatten()  # 1 3 6 7 6 3 1
    weights = (row[:, None] * row[None, :]).square()
    boxes = nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(3)))
    for box in boxes:
        nn.init.constant_(box.weight, 1.0)
    seen = field(boxes, 1, 9)
    torch.testing.assert_close(seen[1:8, 1:8], weights / weights.sum())
    assert extent(seen) == 7


@pytest.mark.parametrize("kind", [SquareFilter.Config(), FactorizedFilter.Config(), StackedFilter.Config()])
@pytest.mark.parametrize("size", [3, 5, 7])
def test_every_way_to_build_a_filter_sees_as_far(kind: FilterConfig, size: int) -> None:
    torch.manual_seed(0)
    assert extent(field(kind.build(4, 4, size, ConvLayer.Config()), 4, size + 2)) == size


def test_weights_follow_their_formulas() -> None:
    for size in (3, 5, 7, 9):
        assert _weights(SquareFilter.Config(), size) == size**2
        assert _weights(FactorizedFilter.Config(), size) == 2 * size
        assert _weights(StackedFilter.Config(), size) == 9 * (size - 1) / 2


def test_a_model_without_filters_is_refused_with_a_sentence() -> None:
    from archviz.chapters.ch02_residual import IDENTITY

    with pytest.raises(ValueError, match=r"use one with Inception modules"):
        filters({"A": IDENTITY.base}, {"A": "plain"})


def test_what_the_chapter_shows() -> None:
    from archviz.chapters.ch03_multiscale import FACTORIZED

    base: Setup = FACTORIZED.base
    setups = {"A": base, "B": factorized_filters.TWEAK(base), "C": stacked_filters.TWEAK(base)}
    table = filters(setups, dict.fromkeys(setups, ""))[-1]
    _, weights, view, radii = zip(*table.rows, strict=True)  # type: ignore[attr-defined]
    assert weights == (49, 14, 27) and view == ("7 x 7",) * 3
    square, factorized, stacked = radii
    assert square == pytest.approx(math.sqrt(48 / 6), abs=0.15)
    assert factorized == pytest.approx(square, abs=0.25)
    assert stacked < square - 0.5
