"""Larger images: what a classifier is worth at a resolution that it was not trained at."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from archviz.core.samples import Pairs, Samples
from archviz.engine.tasks import Classification


@runtime_checkable
class Resizable(Protocol):
    """A model that is built for one image size and can be made to take another."""

    def resized(self, image_size: int) -> nn.Module:
        """The same weights for images of `image_size` x `image_size`."""
        ...


class LargerImages(Classification):
    """Name the class of an image; judged on larger images as well, with the same weights.

    Metrics beside those of `Classification`: `canvas_accuracy`, the image as it is in the middle of a larger canvas,
    and `scaled_accuracy`, the image scaled up to that size.
    """

    class Config(Classification.Config):
        size: int = Field(24, ge=1, le=4096, description="height and width of the larger images")

    config: Config

    @torch.no_grad()
    def evaluate(self, model: nn.Module, samples: Samples) -> dict[str, float]:
        """Mean loss and share of correct answers; on larger images the share of correct answers alone."""
        chosen = torch.linspace(0, len(samples) - 1, min(self.config.evaluate_on, len(samples))).long()
        images, targets = samples.batch(chosen)
        metrics = super().evaluate(model, Pairs(images, targets))
        larger = model.resized(self.config.size) if isinstance(model, Resizable) else model
        changes: dict[str, Callable[[Tensor, int], Tensor]] = {"canvas": on_canvas, "scaled": scaled}
        for name, change in changes.items():
            seen = Pairs(change(images, self.config.size), targets)
            metrics[f"{name}_accuracy"] = super().evaluate(larger, seen)["accuracy"]
        return metrics


def on_canvas(images: Tensor, size: int) -> Tensor:
    """Images `b c h w` in the middle of a canvas that has each image's most usual value (its median)."""
    height, width = images.shape[-2:]
    if size < max(height, width):
        raise ValueError(f"a canvas of {size} is smaller than images of {height} x {width}; make it larger")
    top, left = (size - height) // 2, (size - width) // 2
    paper = images.flatten(2).median(-1).values[..., None, None]  # b c 1 1
    canvas = paper.expand(*images.shape[:2], size, size).clone()
    canvas[..., top : top + height, left : left + width] = images
    return canvas


def scaled(images: Tensor, size: int) -> Tensor:
    """Images `b c h w` scaled up to `size` x `size`, bilinear."""
    return F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
