import pytest
import torch
from torch import Tensor, nn

from archviz.core.tap import Capture, Tap
from archviz.engine.capture import capture
from archviz.probes import attribution


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is."""
    monkeypatch.setattr(attribution, "SECONDS", 1e9)


class Corner(nn.Module):
    """Answers by the upper left quarter alone."""

    def __init__(self) -> None:
        super().__init__()
        self.output = Tap("b c h w")
        self.norm = nn.BatchNorm2d(1)

    def forward(self, x: Tensor) -> Tensor:
        corner = self.output(self.norm(x))[:, 0, :4, :4].mean((1, 2))
        return torch.stack((corner, -corner), 1)


def read(image: Tensor, model: nn.Module) -> tuple[dict[str, Tensor], object]:
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    (images,) = attribution.read(capture(model, (image, torch.zeros(1))))
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    return dict(zip(images.captions, (torch.tensor(picture) for picture in images.pictures), strict=True)), images


def test_only_pixels_that_the_answer_depends_on_are_bright() -> None:
    named, _ = read(torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0)), Corner())
    for name in ("Saliency", "Integrated Gradients"):
        green = (named[name] - 0.45 * named["the picture"])[..., 1]  # without the picture that shows through
        assert green[:4, :4].mean() > 0.2, name
        assert green[4:].max() < 0.01 and green[:, 4:].max() < 0.01, name


def test_maps_of_features_add_grad_cam() -> None:
    named, _ = read(torch.rand(1, 1, 8, 8), Corner())
    assert list(named) == ["the picture", "Saliency", "Grad-CAM", "Integrated Gradients"]
    flat, _ = read(torch.rand(1, 1, 8, 8), nn.Sequential(nn.Flatten(), nn.Linear(64, 3)))
    assert list(flat) == ["the picture", "Saliency", "Integrated Gradients"]


def test_nothing_is_said_of_text_or_without_a_picture() -> None:
    assert attribution.read(Capture(Corner())) == ()
    assert attribution.read(Capture(nn.Embedding(4, 4), inputs=torch.tensor([[1, 2]]))) == ()


def test_where_passes_take_long_fewer_images_are_averaged_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribution, "SECONDS", 0.0)
    named, _ = read(torch.rand(1, 1, 8, 8), Corner())
    assert list(named)[-1] == f"Integrated Gradients ({attribution.FEWEST} images)"


def test_maps_come_one_by_one_and_can_be_ended_between_two_passes() -> None:
    seen = capture(Corner(), (torch.rand(1, 1, 8, 8), torch.zeros(1)))
    told: list[tuple[str, float | None]] = []

    def watch(text: str, share: float | None) -> None:
        told.append((text, share))
        if (share or 0) > 0.5:
            raise InterruptedError

    stages = []
    with pytest.raises(InterruptedError):
        stages.extend(images.captions[-1] for (images,) in attribution.unfold(seen, watch))
    assert [text for text, _ in told[:3]] == ["saliency", "Grad-CAM", "Integrated Gradients"]
    assert [share for _, share in told[2:]] == [0, 1 / 8, 2 / 8, 3 / 8, 4 / 8, 5 / 8]
