"""Every dataset says truly what it holds, or says in one sentence why it cannot be had."""

import re
from urllib.error import URLError

import pytest
import torch
from pydantic import ValidationError

from archviz.core.config import Config
from archviz.core.discover import discover
from archviz.core.download import DataUnavailable
from archviz.core.record import fingerprint
from archviz.core.samples import Pairs, Samples, Windows
from archviz.core.spec import Dataset

DATASETS: tuple[Dataset, ...] = discover("archviz.data", "DATASET")
OFFLINE = [dataset for dataset in DATASETS if not dataset.download]
DOWNLOADED = [dataset for dataset in DATASETS if dataset.download]


def by_slug(dataset: Dataset) -> str:
    return dataset.slug


def tokens_or_examples(samples: Samples) -> int:
    return len(samples.tokens) if isinstance(samples, Windows) else len(samples)


def test_slugs_and_titles_are_unique_and_fit_into_an_address() -> None:
    assert len({dataset.slug for dataset in DATASETS}) == len({dataset.title for dataset in DATASETS}) == len(DATASETS)
    assert all(re.fullmatch("[a-z0-9-]+", dataset.slug) for dataset in DATASETS)
    assert len(OFFLINE) >= 3


@pytest.mark.parametrize("dataset", DATASETS, ids=by_slug)
def test_it_says_what_it_is_and_what_one_may_do_with_it(dataset: Dataset) -> None:
    assert 5 <= len(dataset.text.split()) <= 60
    assert dataset.licence
    assert re.search(r"\b(19|20)\d\d\b|Python", dataset.source)


@pytest.mark.parametrize("dataset", DATASETS, ids=by_slug)
def test_its_config_survives_json_and_refuses_what_it_does_not_know(dataset: Dataset) -> None:
    again = Config.model_validate_json(dataset.config.model_dump_json())
    assert again == dataset.config
    assert fingerprint(again) == fingerprint(dataset.config)
    with pytest.raises(ValidationError):
        dataset.config.replace(no_such_field=1)


@pytest.mark.parametrize("dataset", OFFLINE, ids=by_slug)
def test_what_it_declares_is_what_it_gives(dataset: Dataset) -> None:
    splits = dataset.config.build().load()
    parts = (splits.train, splits.validation, splits.test)
    assert sum(map(tokens_or_examples, parts)) == dataset.size
    for part in parts:
        inputs, targets = part.batch(torch.tensor([0, len(part) - 1]))
        assert inputs.shape == (2, *dataset.config.inputs.shape)
        assert inputs.device.type == "cpu"
        assert targets.dtype == torch.int64
        assert 0 <= targets.min() <= targets.max() < dataset.config.outputs
        if dataset.config.inputs.tokens:
            assert inputs.dtype == torch.int64
            assert inputs.max() < (dataset.config.inputs.vocabulary or 0)
        else:
            assert inputs.dtype == torch.float32
            assert inputs.isfinite().all()


@pytest.mark.parametrize("dataset", OFFLINE, ids=by_slug)
def test_the_splits_are_large_enough_and_training_is_the_largest(dataset: Dataset) -> None:
    splits = dataset.config.build().load()
    assert len(splits.train) > len(splits.test) >= len(splits.validation) >= 200


@pytest.mark.parametrize("dataset", OFFLINE, ids=by_slug)
def test_every_class_has_its_share_of_every_split(dataset: Dataset) -> None:
    splits = dataset.config.build().load()
    for part in (splits.train, splits.validation, splits.test):
        if isinstance(part, Pairs):
            counts = torch.bincount(part.targets, minlength=dataset.config.outputs)
            fair = len(part) / dataset.config.outputs
            assert fair / 2 < counts.min() <= counts.max() < fair * 2
        else:
            assert len(torch.unique(splits.train.tokens)) > 90  # of 96 characters


@pytest.mark.parametrize("dataset", OFFLINE, ids=by_slug)
def test_no_example_is_in_two_splits(dataset: Dataset) -> None:
    splits = dataset.config.build().load()
    if isinstance(splits.train, Pairs):
        seen = [{example.numpy().tobytes() for example in part.inputs} for part in (splits.train, splits.test)]
        assert len(seen[0] & seen[1]) == 0
    else:
        starts = [part.tokens.data_ptr() for part in (splits.train, splits.validation, splits.test)]
        sizes = [part.tokens.nbytes for part in (splits.train, splits.validation, splits.test)]
        assert starts == [starts[0], starts[0] + sizes[0], starts[0] + sizes[0] + sizes[1]]


@pytest.mark.parametrize("dataset", OFFLINE, ids=by_slug)
def test_it_is_loaded_once_and_the_same_each_time(dataset: Dataset) -> None:
    one, other = dataset.config.build().load(), dataset.config.build().load()
    first, again = one.train.batch(torch.arange(4)), other.train.batch(torch.arange(4))
    assert all(torch.equal(left, right) for left, right in zip(first, again, strict=True))


@pytest.mark.parametrize("dataset", DOWNLOADED, ids=by_slug)
def test_without_internet_it_says_so_in_one_sentence(
    dataset: Dataset, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("offline")
    monkeypatch.setenv("ARCHVIZ_HOME", str(home))

    def no_internet(*_: object, **__: object) -> None:
        raise URLError(OSError(-2, "Name or service not known"))

    monkeypatch.setattr("archviz.core.download.urlopen", no_internet)
    with pytest.raises(DataUnavailable) as refused:
        dataset.config.build().load()
    sentence = str(refused.value)
    assert sentence.startswith(f"{dataset.title} could not be downloaded (Name or service not known). Connect to the")
    assert str(home) in sentence
    assert sentence.endswith("or choose MNIST-5k, which needs no download.")
    assert "\n" not in sentence
    assert not [file for file in home.rglob("*") if file.is_file()]
