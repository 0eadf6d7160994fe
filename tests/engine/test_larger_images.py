import pytest
import torch
from torch import Tensor, nn

from archviz.core.samples import Pairs
from archviz.engine.larger_images import LargerImages, on_canvas, scaled


def test_a_canvas_goes_on_where_the_image_ends() -> None:
    images = torch.zeros(2, 1, 4, 4)
    images[1] = 5
    images[:, :, 1, 2] = 9
    canvas = on_canvas(images, 8)
    assert torch.equal(canvas[..., 2:6, 2:6], images)
    assert canvas.sum() == images.sum() + 5 * (64 - 16)


def test_a_canvas_smaller_than_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="a canvas of 3 is smaller than images of 4 x 4; make it larger"):
        on_canvas(torch.zeros(1, 1, 4, 4), 3)


def test_scaled_images_keep_their_proportions() -> None:
    image = torch.zeros(1, 1, 4, 4)
    image[..., :2] = 1
    assert torch.equal(scaled(image, 8)[..., :3], torch.ones(1, 1, 8, 3))


class Counts(nn.Module):
    """Class 1 for an image of more than `places` pixels; made larger, it knows twice as many."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def resized(self, image_size: int) -> nn.Module:
        return Counts(image_size**2)

    def forward(self, x: Tensor) -> Tensor:
        assert x[0].numel() <= self.places, "an image that the model was not resized for"
        bright = x.flatten(1).sum(1) > 8
        return torch.stack((~bright, bright), 1).float()


def test_larger_images_are_scored_by_the_resized_model() -> None:
    images = torch.cat((torch.zeros(3, 1, 4, 4), torch.ones(3, 1, 4, 4)))
    images[:3, :, 0, 0] = 1  # a corner: scaled up it is still dark
    scores = LargerImages(LargerImages.Config(size=8)).evaluate(Counts(16), Pairs(images, torch.arange(6) // 3))
    assert scores["accuracy"] == scores["scaled_accuracy"] == 1
    assert scores["canvas_accuracy"] == 1
    assert set(scores) == {"loss", "accuracy", "canvas_accuracy", "scaled_accuracy"}


def test_a_model_that_takes_any_size_is_used_as_it_is() -> None:
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 2))
    scores = LargerImages(LargerImages.Config(size=6)).evaluate(
        model, Pairs(torch.randn(8, 1, 4, 4), torch.arange(8) % 2)
    )
    assert scores["scaled_accuracy"] >= 0
