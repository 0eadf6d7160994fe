from pathlib import Path

import pytest
import torch

from archviz.core.download import DataUnavailable
from archviz.core.samples import Pairs
from archviz.core.torchvision_sets import Archive, lay_archives, read, shuffled


def pairs(count: int) -> Pairs:
    return Pairs(torch.arange(count), 10 * torch.arange(count))


def test_what_is_there_already_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "content").touch()
    nowhere = Archive((tmp_path / "nowhere").as_uri(), tmp_path / "archive", "0" * 32)
    lay_archives("Toys", [nowhere], [tmp_path / "content"], tmp_path, None)
    assert not nowhere.path.exists()


def test_what_cannot_be_fetched_is_said_with_its_folder(tmp_path: Path) -> None:
    nowhere = Archive((tmp_path / "nowhere").as_uri(), tmp_path / "archive", "0" * 32)
    with pytest.raises(DataUnavailable, match=rf"^Toys could not be downloaded .* put the files under {tmp_path}"):
        lay_archives("Toys", [nowhere], [tmp_path / "content"], tmp_path, None)


def test_what_cannot_be_read_is_said_with_its_folder(tmp_path: Path) -> None:
    class Damaged:
        def __init__(self, root: Path, train: bool, download: bool = False) -> None:
            raise RuntimeError("the checksum differs")

    with pytest.raises(DataUnavailable, match=rf"^The files of Toys are damaged\. Delete {tmp_path / 'raw'} and load"):
        read("Toys", Damaged, tmp_path, tmp_path / "raw")


def test_shuffled_examples_keep_their_targets_and_the_test_part_its_order() -> None:
    splits = shuffled(pairs(20), pairs(5), (15, 5))
    train, validation, test = splits.train, splits.validation, splits.test
    assert isinstance(train, Pairs) and isinstance(validation, Pairs) and isinstance(test, Pairs)
    seen = torch.cat([train.inputs, validation.inputs])
    assert (len(train), len(validation)) == (15, 5)
    assert sorted(seen.tolist()) == list(range(20)) and seen.tolist() != list(range(20))
    assert torch.equal(torch.cat([train.targets, validation.targets]), 10 * seen)
    assert torch.equal(test.inputs, torch.arange(5))
