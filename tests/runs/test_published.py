"""Published weights: found, fetched and loaded, without the internet. The files are torchvision's own untrained models,
saved under the names that torch.hub gives to downloads."""

import hashlib
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file

from archviz import catalog
from archviz.runs import inspection, published
from archviz.runs.published import WeightsUnavailable
from tests.models.reference import randomize

WITH_WEIGHTS = [model for model in catalog.models() if model.scale == "paper" and published.editions(model)]


@pytest.fixture
def photo() -> Image.Image:
    noise = np.random.RandomState(0).randint(0, 256, (20, 30, 3), np.uint8)
    return Image.fromarray(noise).resize((300, 200), Image.Resampling.BICUBIC)


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and an empty cache of torch.hub."""
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def as_downloaded(name: str, hub: Path) -> torch.nn.Module:
    """Torchvision's model, whose weights now lie in the cache; transforms its input as the published one does."""
    options = {"aux_logits": True, "init_weights": False, "transform_input": True} if name in published.CENTRED else {}
    theirs = torchvision.models.get_model(name, weights=None, **options).eval()
    randomize(theirs)
    edition = published.editions(catalog.model(name))[0]
    torch.save(theirs.state_dict(), hub / edition.file)
    return theirs


def test_every_architecture_of_torchvision_has_its_published_weights() -> None:
    known = set(torchvision.models.list_models())
    ours = {model.name for model in catalog.models() if model.scale == "paper"}
    assert {model.name for model in WITH_WEIGHTS} == (known & ours) | {"googlenet-aux"}
    for model in WITH_WEIGHTS:
        for edition in published.editions(model):
            assert edition.url.startswith("https://download.pytorch.org/models/")
            assert len(edition.sha256) == 8
            int(edition.sha256, 16)


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "mobilenet_v2", "vit_b_16", "swin_t"])
def test_loaded_weights_answer_as_torchvision_does(name: str, hub: Path, photo: Image.Image) -> None:
    theirs = as_downloaded(name, hub)
    model = catalog.model(name)
    edition = published.best(model)
    assert edition is not None
    member = torchvision.models.get_model_weights(name)[edition.edition]
    path = published.locate(edition)
    assert path is not None and path.parent == hub
    ours = published.load(model, edition, path)
    with torch.no_grad():
        expected = theirs(member.transforms()(photo)[None])
        found = ours(inspection.prepared(photo, published.preparation(model, edition)))
    assert expected.std() > 1e-3
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_names_of_old_files_are_understood(hub: Path, photo: Image.Image) -> None:
    """The file of ViT-B/16 is older than torchvision's names for the layers inside its feed-forward networks."""
    theirs = as_downloaded("vit_b_16", hub)
    state = theirs.state_dict()
    for number, old in ((0, "linear_1"), (3, "linear_2")):
        state = {key.replace(f"mlp.{number}.", f"mlp.{old}."): value for key, value in state.items()}
    model = catalog.model("vit_b_16")
    edition = published.editions(model)[0]
    torch.save(dict(state), hub / edition.file)
    ours = published.load(model, edition, hub / edition.file)
    inputs = inspection.prepared(photo, published.preparation(model, edition))
    with torch.no_grad():
        torch.testing.assert_close(ours(inputs), theirs(inputs), atol=1e-4, rtol=1e-4)


def test_safetensors_do_as_well(hub: Path) -> None:
    theirs = torchvision.models.resnet18()
    model = catalog.model("resnet18")
    edition = published.editions(model)[0]
    path = hub / Path(edition.file).with_suffix(".safetensors")
    save_file(theirs.state_dict(), path)
    assert published.locate(edition) == path
    ours = published.load(model, edition, path)
    assert torch.equal(ours.state_dict()["head.weight"], theirs.fc.weight)


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("evil"),)


@pytest.mark.parametrize("content", ["pickle", "nothing", "another network"])
def test_a_file_that_is_something_else_is_refused_and_nothing_in_it_runs(
    content: str, hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(hub)
    model = catalog.model("resnet18")
    edition = published.editions(model)[0]
    path = hub / edition.file
    if content == "nothing":
        path.write_bytes(b"")
    else:
        torch.save({"conv1.weight": Evil()} if content == "pickle" else torch.nn.Linear(2, 2).state_dict(), path)
    with pytest.raises(WeightsUnavailable, match="does not hold the published weights of resnet18"):
        published.load(model, edition, path)
    assert not (hub / "evil").exists()


def test_without_internet_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch, photo: Image.Image) -> None:
    def no_internet(*_: object, **__: object) -> None:
        raise URLError(OSError(-2, "Name or service not known"))

    monkeypatch.setattr("archviz.core.download.urlopen", no_internet)
    model = catalog.model("resnet18")
    edition = published.best(model)
    assert edition is not None and published.locate(edition) is None
    with pytest.raises(WeightsUnavailable) as refused:
        published.obtain(edition)
    sentence = str(refused.value)
    assert sentence.startswith("The published weights of resnet18 could not be downloaded (Name or service not known).")
    assert edition.file in sentence and "\n" not in sentence
    found = inspection.inspect(model, photo)
    assert found.weights == "untrained" and not found.guesses
    assert found.note == f"{sentence} What you see is the untrained network."


@pytest.mark.parametrize("whole", [True, False])
def test_a_download_is_checked_and_put_in_place(whole: bool, tmp_path: Path) -> None:
    content = b"weights" * 1000
    there = tmp_path / "there.pth"
    there.write_bytes(content)
    digest = hashlib.sha256(content if whole else b"others").hexdigest()[:8]
    edition = published.editions(catalog.model("resnet18"))[0].replace(
        url=there.as_uri(), file=f"resnet18-{digest}.pth"
    )
    seen: list[int] = []
    if whole:
        path = published.obtain(edition, lambda done, total: seen.append(done))
        assert path.read_bytes() == content and path.parent.name == "weights" and seen[-1] == len(content)
    else:
        with pytest.raises(WeightsUnavailable, match="is not the published file"):
            published.obtain(edition)
        assert published.locate(edition) is None
