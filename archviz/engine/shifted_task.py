"""Shifted classification: a model is also asked about images that were moved, though it never learned from such."""

import torch
from pydantic import Field
from torch import Tensor, nn

from archviz.core.samples import Pairs, Samples
from archviz.engine.tasks import Classification

DIRECTIONS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
"""Down and right, in turn, so that every image goes another way than its neighbours."""


def shifted(images: Tensor, pixels: int) -> Tensor:
    """Images `b c h w`, each moved by so many pixels in one of eight directions, the n-th one in the n-th direction.

    What comes in from outside has each image's darkest value, its paper.
    """
    if pixels == 0:
        return images
    height, width = images.shape[-2:]
    paper = images.amin((1, 2, 3), keepdim=True)
    moved = paper.expand_as(images).clone()
    for index, (down, right) in enumerate(DIRECTIONS):
        (to_rows, from_rows), (to_columns, from_columns) = (
            _slices(down * pixels, height),
            _slices(right * pixels, width),
        )
        every = slice(index, None, len(DIRECTIONS))
        moved[every, :, to_rows, to_columns] = images[every, :, from_rows, from_columns]
    return moved


def _slices(by: int, size: int) -> tuple[slice, slice]:
    """Where the part that stays inside goes, and where it comes from."""
    kept = max(0, size - abs(by))
    low = slice(0, kept)
    high = slice(size - kept, size)
    return (high, low) if by > 0 else (low, high)


class ShiftedClassification(Classification):
    """Name the class of an image, and of the same image moved by a few pixels, which training never showed."""

    class Config(Classification.Config):
        shift: int = Field(2, ge=0, le=16, description="pixels by which images are moved for the second score")

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.config = config

    @torch.no_grad()
    def evaluate(self, model: nn.Module, samples: Samples) -> dict[str, float]:
        """Loss and accuracy on the images as they are, and the accuracy on moved ones."""
        chosen = torch.linspace(0, len(samples) - 1, min(self.config.evaluate_on, len(samples))).long()
        inputs, targets = samples.batch(chosen)
        moved = super().evaluate(model, Pairs(shifted(inputs, self.config.shift), targets))
        return super().evaluate(model, samples) | {"shifted_accuracy": moved["accuracy"]}
