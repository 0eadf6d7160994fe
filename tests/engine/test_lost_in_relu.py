"""What ReLU loses, against what must hold."""

import pytest
import torch

from archviz.core.results import Curve, Images
from archviz.engine.lost_in_relu import DIMENSIONS, SHOWN, lost, narrow_and_wide, read_back, spiral


def test_the_share_that_is_lost_goes_from_nothing_to_everything() -> None:
    points = spiral()
    assert lost(points, points) == 0
    assert lost(points, points.mean(0).expand_as(points)) == pytest.approx(1)


@pytest.mark.parametrize("dimensions", [2, 3, 30])
@pytest.mark.parametrize("seed", range(5))
def test_a_linear_map_loses_nothing(dimensions: int, seed: int) -> None:
    assert lost(spiral(), read_back(spiral(), dimensions, seed, relu=False)) < 1e-6


def test_one_dimension_holds_one_direction() -> None:
    """Of points that are spread alike in all directions, one number a point can keep half."""
    points = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(0))
    assert lost(points, read_back(points, 1, 0, relu=False)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("seed", range(5))
def test_points_that_relu_silences_come_back_as_one(seed: int) -> None:
    points = spiral()
    way_in = torch.randn(2, 2, generator=torch.Generator().manual_seed(seed))
    silent = ((points @ way_in) <= 0).all(1)
    found = read_back(points, 2, seed, relu=True)
    assert silent.sum() > 2
    torch.testing.assert_close(found[silent], found[silent][:1].expand_as(found[silent]))
    assert lost(points, found) > 0.05


def test_the_wider_the_less_is_lost() -> None:
    images, curve = narrow_and_wide()
    assert isinstance(images, Images) and isinstance(curve, Curve)
    assert len(images.pictures) == len(images.captions) == len(SHOWN) + 1
    linear, relu = curve.series
    assert max(linear.y) < 1e-6
    assert linear.x == relu.x == DIMENSIONS
    assert list(relu.y) == sorted(relu.y, reverse=True)
    assert relu.y[0] > 0.2 and relu.y[-1] < 1e-3
