"""Digits: all of scikit-learn's, none twice, brought to mean 0 and deviation 1 by the training split alone."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from archviz.core.samples import Pairs
from archviz.data.digits import TEST, TRAIN, VALIDATION, Digits


def parts() -> list[Pairs]:
    splits = Digits.Config().build().load()
    found = [splits.train, splits.validation, splits.test]
    assert all(isinstance(part, Pairs) for part in found)
    return found  # type: ignore[return-value]


def test_every_digit_is_in_exactly_one_split() -> None:
    assert [len(part) for part in parts()] == [TRAIN, VALIDATION, TEST]
    images, classes = load_digits(return_X_y=True)
    inputs = torch.cat([part.inputs for part in parts()]).reshape(-1, 64)
    targets = torch.cat([part.targets for part in parts()])
    # Undo the normalization: 0 and 16 are the palest and the darkest pixel of the source.
    pixels = ((inputs - inputs.min()) / (inputs.max() - inputs.min()) * 16).round().numpy()
    ours = sorted(map(tuple, np.column_stack((pixels, targets))))
    assert ours == sorted(map(tuple, np.column_stack((images, classes))))


def test_only_the_training_split_decides_the_scale() -> None:
    train, validation, test = parts()
    assert train.inputs.mean().item() == pytest.approx(0, abs=1e-6)
    assert train.inputs.std().item() == pytest.approx(1, abs=1e-6)
    rest = torch.cat([validation.inputs, test.inputs])
    assert rest.mean().item() != pytest.approx(0, abs=1e-4)


def test_the_split_is_the_same_every_time_and_loaded_once() -> None:
    assert Digits.Config().build().load() is Digits.Config().build().load()
    assert parts()[0].targets[:10].tolist() == [2, 8, 2, 6, 6, 7, 1, 9, 8, 5]
