import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from archviz import catalog
from archviz.core.results import Images
from archviz.core.tap import Tap
from archviz.engine.capture import capture
from archviz.engine.token_maps import WEIGHTS, attention, planes
from archviz.runs import inspection
from archviz.runs.inspection import NotInspectable, inspect, prepared, summary
from archviz.runs.limits import OverLimit
from archviz.runs.published import preparation

SMALL = [model for model in catalog.models() if model.scale == "playground" and inspection.inspectable(model)]


@pytest.fixture
def photo() -> Image.Image:
    noise = np.random.RandomState(0).randint(0, 256, (40, 60, 3), np.uint8)
    return Image.fromarray(noise)


@pytest.mark.parametrize("model", SMALL, ids=lambda model: model.name)
def test_every_network_of_pictures_can_be_looked_into(model: object, photo: Image.Image) -> None:
    found = inspect(model, photo, weights="untrained")
    assert found.weights == "untrained" and not found.guesses and not found.note
    axes = {tap.axes for tap in model.config.build().modules() if isinstance(tap, Tap)}
    places = bool(axes & {"b c h w", "b l d"})  # a network of dense layers alone has none
    assert bool(found.layers) == (found.features is not None) == places
    assert found.layer in {layer.path for layer in found.layers} or not places
    assert found.activations and all(np.isfinite(profile.values).all() for profile in found.activations)
    assert found.attribution
    assert {images.title for images in found.pictures} >= {"What the network sees", "What the answer depends on"}
    assert len(summary(found)["layers"]) == len(found.layers)
    assert bool(found.attention) == (WEIGHTS in axes)


def test_another_layer_shows_its_own_feature_maps(photo: Image.Image) -> None:
    model = catalog.model("resnet20")
    first = inspect(model, photo, weights="untrained")
    other = inspect(model, photo, weights="untrained", layer=first.layers[-1].path)
    assert other.layer != first.layer and other.features != first.features
    assert other.activations == first.activations
    with pytest.raises(NotInspectable, match="has no layer 'nowhere' to look at; it has"):
        inspect(model, photo, weights="untrained", layer="nowhere")


def test_text_networks_and_too_large_ones_are_refused(photo: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotInspectable, match="gpt2 reads text"):
        inspect(catalog.model("gpt2"), photo)
    monkeypatch.setenv("ARCHVIZ_MAX_MEMORY_MIB", "300")
    with pytest.raises(OverLimit, match=r"about \d,\d{3} MiB of memory, more than the limit of 300 MiB"):
        inspect(catalog.model("vgg16"), photo)


def test_the_picture_is_prepared_as_the_network_expects(photo: Image.Image) -> None:
    inputs = prepared(photo, preparation(catalog.model("vit-tiny"), None))
    assert inputs.shape == (1, 1, 16, 16)
    assert -1 <= inputs.min() < inputs.max() <= 1


def seen(name: str, picture: Tensor) -> tuple[torch.nn.Module, object]:
    model = catalog.model(name).config.build().eval()
    return model, capture(model, (picture, torch.zeros(1)))


@pytest.mark.parametrize(("name", "channels", "grid"), [("vit-tiny", 1, 4), ("swin-tiny", 3, 8)])
def test_attention_is_laid_out_as_the_patches_lie(name: str, channels: int, grid: int) -> None:
    model, found = seen(name, torch.randn(1, channels, 16, 16))
    for path, tap in found.with_axes(WEIGHTS).items():
        heads = attention(model, path, tap)
        assert heads.shape == (tap.value.shape[1], grid, grid)
        windows = len(tap.value)
        torch.testing.assert_close(heads.sum((1, 2)), torch.full((len(heads),), float(windows)))


def test_shifted_windows_are_moved_back() -> None:
    """In the layer with shifted windows, a patch whose key alone is large is found at its own place."""
    model, found = seen("swin-tiny", torch.randn(1, 3, 16, 16))
    path, tap = next((p, t) for p, t in found.with_axes(WEIGHTS).items() if model.get_submodule(p[:-8]).offset)
    layer = model.get_submodule(path.rpartition(".")[0])
    weights = torch.zeros_like(tap.value)
    weights[0, :, :, 0] = 1  # the first patch of the first window: that starts at (offset, offset)
    places = attention(model, path, type(tap)(tap.axes, weights))[0]
    assert places.argmax() == layer.offset * 8 + layer.offset


def test_tokens_are_laid_out_row_by_row_without_the_class_token() -> None:
    _, found = seen("vit-tiny", torch.randn(1, 1, 16, 16))
    tap = next(iter(found.with_axes("b l d").values()))
    maps = planes(tap)
    assert torch.equal(maps[:, 1, 2], tap.value[0, 1 * 4 + 2])
    with_class = type(tap)(tap.axes, torch.cat((torch.full((1, 1, 32), 9.0), tap.value), 1))
    assert torch.equal(planes(with_class), maps)


def test_every_layer_of_attention_is_drawn_while_there_are_few(photo: Image.Image) -> None:
    by_layer, by_head, _ = inspect(catalog.model("swin-tiny"), photo, weights="untrained").attention
    assert isinstance(by_layer, Images) and isinstance(by_head, Images)
    assert by_layer.captions == ("layer 1", "layer 2", "layer 3", "layer 4")
    assert by_head.captions == ("head 1", "head 2")


def test_pictures_are_pictures(photo: Image.Image) -> None:
    for images in inspect(catalog.model("vit-tiny"), photo, weights="untrained").pictures:
        assert isinstance(images, Images) and len(images.pictures) == len(images.captions)
        flat = np.array([np.array(picture).reshape(-1) for picture in images.pictures[:1]])
        assert flat.min() >= 0 and flat.max() <= 1
