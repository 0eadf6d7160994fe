"""Moved images are the same images elsewhere, and are scored beside the plain ones."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from archviz.core.samples import Pairs
from archviz.engine.shifted_task import DIRECTIONS, ShiftedClassification, shifted


@given(st.integers(0, 6))
def test_every_image_moves_its_own_way_and_paper_comes_in(pixels: int) -> None:
    images = torch.zeros(16, 1, 13, 13) - 1.0
    images[:, :, 6, 6] = 2.0
    moved = shifted(images, pixels)
    for index, image in enumerate(moved):
        down, right = (0, 0) if pixels == 0 else DIRECTIONS[index % 8]
        assert image[0, 6 + down * pixels, 6 + right * pixels] == 2.0
        assert image.sum() == images[index].sum(), "one bright pixel on paper"


def test_what_is_moved_too_far_is_gone() -> None:
    images = torch.rand(8, 2, 4, 4) + 1.0
    paper = images.amin((1, 2, 3), keepdim=True)
    assert torch.equal(shifted(images, 9), paper.expand_as(images))
    assert torch.equal(shifted(images, 0), images)


class Brightest(nn.Module):
    """Names an image by the column of its brightest pixel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.amax((1, 2))  # b c h w -> b w


def test_a_model_that_goes_by_place_fails_on_moved_images() -> None:
    images = torch.zeros(80, 1, 10, 10)
    targets = torch.arange(80) % 6 + 2
    images[torch.arange(80), 0, 5, targets] = 1.0
    scores = ShiftedClassification.Config(shift=2).build().evaluate(Brightest(), Pairs(images, targets))
    assert scores["accuracy"] == 1.0
    straight = sum(right == 0 for _, right in DIRECTIONS) / len(DIRECTIONS)
    assert scores["shifted_accuracy"] == pytest.approx(straight)
    assert ShiftedClassification.Config(shift=0).build().evaluate(Brightest(), Pairs(images, targets))[
        "shifted_accuracy"
    ] == pytest.approx(1.0)
