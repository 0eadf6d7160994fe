"""FashionMNIST and CIFAR-10 from small archives in the published formats; nothing is asked of the internet."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import datasets

from archviz.core.download import DataUnavailable
from archviz.core.samples import Pairs, Splits
from archviz.data import cifar10, fashion_mnist
from archviz.data.cifar10 import Cifar10
from archviz.data.fashion_mnist import FashionMnist


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def pictures(count: int, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` pictures whose pixels are all their number, and that number modulo ten as class."""
    numbers = np.arange(count, dtype=np.uint8)
    return np.broadcast_to(numbers.reshape(-1, *(1 for _ in shape)), (count, *shape)).copy(), numbers % 10


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and a place that publishes."""
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path / "home"))
    (tmp_path / "published").mkdir()
    return tmp_path / "published"


@pytest.fixture
def fashion(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """55 + 5 training and 10 test pictures as gzipped IDX files."""
    resources = []
    for prefix, count in (("train", 60), ("t10k", 10)):
        images, classes = pictures(count, 28, 28)
        for name, content in (
            (f"{prefix}-images-idx3-ubyte.gz", struct.pack(">IIII", 0x803, count, 28, 28) + images.tobytes()),
            (f"{prefix}-labels-idx1-ubyte.gz", struct.pack(">II", 0x801, count) + classes.tobytes()),
        ):
            packed = gzip.compress(content)
            (here / name).write_bytes(packed)
            resources.append((name, md5(packed)))
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [here.as_uri() + "/"])
    monkeypatch.setattr(datasets.FashionMNIST, "resources", resources)
    monkeypatch.setattr(fashion_mnist, "TRAIN", 55)
    monkeypatch.setattr(fashion_mnist, "VALIDATION", 5)
    return here


@pytest.fixture
def cifar(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five batches of 12 training pictures and one of 10 for the test, as the published archive has them."""
    images, classes = pictures(60, 3072)
    contents = {
        f"data_batch_{n + 1}": {"data": images[12 * n :][:12], "labels": classes[12 * n :][:12].tolist()}
        for n in range(5)
    }
    contents["test_batch"] = {"data": images[:10], "labels": classes[:10].tolist()}
    contents["batches.meta"] = {"label_names": [str(n) for n in range(10)]}
    sums = {}
    with tarfile.open(here / "cifar-10-python.tar.gz", "w:gz") as archive:
        for name, content in contents.items():
            packed = pickle.dumps(content)
            sums[name] = md5(packed)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(packed)
            archive.addfile(member, io.BytesIO(packed))
    kind = datasets.CIFAR10
    monkeypatch.setattr(kind, "url", (here / "cifar-10-python.tar.gz").as_uri())
    monkeypatch.setattr(kind, "tgz_md5", md5((here / "cifar-10-python.tar.gz").read_bytes()))
    monkeypatch.setattr(kind, "train_list", [[f"data_batch_{n}", sums[f"data_batch_{n}"]] for n in range(1, 6)])
    monkeypatch.setattr(kind, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": sums["batches.meta"]})
    monkeypatch.setattr(cifar10, "TRAIN", 55)
    monkeypatch.setattr(cifar10, "VALIDATION", 5)
    return here


def check(splits: Splits, *shape: int) -> None:
    """60 training pictures shared out over two splits, 10 in the third, each with its own class."""
    train, validation, test = splits.train, splits.validation, splits.test
    assert isinstance(train, Pairs)
    assert isinstance(validation, Pairs)
    assert isinstance(test, Pairs)
    assert (len(train), len(validation), len(test)) == (55, 5, 10)
    for part in (train, validation, test):
        assert part.inputs.shape[1:] == shape
        assert part.inputs.dtype == torch.uint8
        numbers = part.inputs.flatten(1)[:, 0].long()
        assert torch.equal(part.inputs.long(), numbers.reshape(-1, 1, 1, 1).expand(part.inputs.shape))
        assert torch.equal(part.targets, numbers % 10)
    seen = torch.cat([train.inputs, validation.inputs]).flatten(1)[:, 0]
    assert sorted(seen.tolist()) == list(range(60))
    assert seen.tolist() != list(range(60))
    drawn, _ = train.batch(torch.tensor([0]))
    assert drawn.flatten()[0].item() == pytest.approx(train.inputs.flatten()[0].item() / 255)


def test_fashion_mnist_is_downloaded_once_and_split(fashion: Path) -> None:
    seen: list[int] = []
    check(FashionMnist.Config().build().load(progress=lambda done, total: seen.append(done)), 1, 28, 28)
    assert len(seen) == 4
    fashion_mnist._load.cache_clear()
    FashionMnist.Config().build().load(progress=lambda done, total: seen.append(done))
    assert len(seen) == 4


def test_cifar10_is_downloaded_once_and_split(cifar: Path) -> None:
    seen: list[int] = []
    check(Cifar10.Config().build().load(progress=lambda done, total: seen.append(done)), 3, 32, 32)
    assert len(seen) == 1
    cifar10._load.cache_clear()
    Cifar10.Config().build().load(progress=lambda done, total: seen.append(done))
    assert len(seen) == 1


def test_channels_stay_channels(cifar: Path) -> None:
    name = "data_batch_1"
    pixels = np.zeros((12, 3, 32, 32), np.uint8)
    pixels[:, 0] = 200  # all red
    packed = pickle.dumps({"data": pixels.reshape(12, 3072), "labels": [0] * 12})
    Cifar10.Config().build().load()
    from archviz.core.home import home

    (home() / "data" / "cifar-10-batches-py" / name).write_bytes(packed)
    datasets.CIFAR10.train_list[0][1] = md5(packed)
    cifar10._load.cache_clear()
    splits = Cifar10.Config().build().load()
    inputs = torch.cat([splits.train.inputs, splits.validation.inputs])
    red = inputs[(inputs[:, 0] == 200).all(dim=(1, 2))]
    assert len(red) == 12
    assert red[:, 1:].sum() == 0


@pytest.mark.parametrize(("kind", "folder"), [(FashionMnist, "FashionMNIST/raw"), (Cifar10, "cifar-10-batches-py")])
def test_damaged_files_are_named(kind: type, folder: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("fashion" if kind is FashionMnist else "cifar")
    from archviz.core.home import home

    kind.Config().build().load()  # type: ignore[attr-defined]
    place = home() / "data" / folder
    for file in place.iterdir():
        if file.suffix != ".gz":
            file.write_bytes(b"damaged")
    for archive in [*place.glob("*.gz"), *place.parent.glob("*.gz")]:
        archive.unlink()
    (fashion_mnist if kind is FashionMnist else cifar10)._load.cache_clear()
    request.getfixturevalue("monkeypatch").setattr(datasets.CIFAR10, "url", "file:///nowhere")
    with pytest.raises(DataUnavailable, match=rf"are damaged\. Delete .*{folder} and load"):
        kind.Config().build().load()  # type: ignore[attr-defined]
