"""Coloured light: the lamp changes every colour alike, and nothing but the paper tells it."""

import numpy as np
import pytest
import torch

from archviz.data.coloured_light import PAINTS, RING, SIDE, SIZES, SPOT, ColouredLight, _pictures, paint


def spot_and_paper(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the painted spot and of the paper, found by the black ring between them."""
    lit = picture.sum(0) > 0
    black = np.argwhere(~lit)
    (top, left), (bottom, right) = black.min(0), black.max(0)
    inside = np.zeros((SIDE, SIDE), bool)
    inside[top : bottom + 1, left : right + 1] = True
    return lit & inside, lit & ~inside


@pytest.fixture(scope="module")
def lit() -> tuple[np.ndarray, np.ndarray]:
    return _pictures(300, 0.5, np.random.RandomState(0))


def test_the_spot_over_the_paper_is_the_paint(lit: tuple[np.ndarray, np.ndarray]) -> None:
    """Both are grainy, so colours are compared by their shares of red, green and blue."""
    for picture, number in zip(*lit, strict=True):
        spot, paper = spot_and_paper(picture)
        assert spot.sum() == SPOT**2
        colour = picture[:, spot].sum(1) / picture[:, paper].sum(1)
        expected = paint(np.array([number]))[0]
        np.testing.assert_allclose(colour / colour.sum(), expected / expected.sum(), atol=1e-6)


def test_the_lamp_alone_cannot_be_told_from_the_paint(lit: tuple[np.ndarray, np.ndarray]) -> None:
    """The nearest paint to what is seen is often the wrong one, and always the right one once the lamp is known."""
    pictures, numbers = lit
    shares = paint(np.arange(PAINTS))
    shares /= shares.sum(1, keepdims=True)
    right = {"seen": 0, "corrected": 0}
    for picture, number in zip(pictures, numbers, strict=True):
        spot, paper = spot_and_paper(picture)
        seen = picture[:, spot].sum(1)
        for name, colour in (("seen", seen), ("corrected", seen / picture[:, paper].sum(1))):
            right[name] += int(np.abs(colour / colour.sum() - shares).sum(1).argmin() == number)
    assert right["corrected"] == len(numbers)
    assert right["seen"] < 0.6 * len(numbers)


def test_a_black_ring_keeps_them_apart(lit: tuple[np.ndarray, np.ndarray]) -> None:
    for picture in lit[0]:
        assert (picture.sum(0) == 0).sum() == (SPOT + 2 * RING) ** 2 - SPOT**2


def test_the_light_changes_the_lamps_and_nothing_else(lit: tuple[np.ndarray, np.ndarray]) -> None:
    white, numbers = _pictures(300, 0.0, np.random.RandomState(0))
    assert np.array_equal(numbers, lit[1])
    for coloured, plain in zip(lit[0], white, strict=True):
        seen = plain > 0
        assert np.array_equal(seen, coloured > 0)
        for gains in (coloured[channel][seen[channel]] / plain[channel][seen[channel]] for channel in range(3)):
            np.testing.assert_allclose(gains, gains[0])


@pytest.mark.parametrize("light", [0.0, 0.5])
def test_the_splits(light: float) -> None:
    splits = ColouredLight.Config(light=light).build().load()
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == list(SIZES)
    train: torch.Tensor = splits.train.inputs  # type: ignore[attr-defined]
    assert train.shape[1:] == (3, SIDE, SIDE)
    assert train.mean().item() == pytest.approx(0, abs=1e-5)
    assert train.std().item() == pytest.approx(1, abs=1e-4)
