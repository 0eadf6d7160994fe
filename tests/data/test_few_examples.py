"""Few examples are the first of many, and nothing else changes."""

import pytest
import torch
from pydantic import ValidationError

from archviz.data.digits import TRAIN, Digits
from archviz.data.few_examples import FewExamples


def config(examples: int) -> FewExamples.Config:
    return FewExamples.Config(of=Digits.Config(), examples=examples)


@pytest.mark.parametrize("examples", [10, 100, TRAIN, 5000])
def test_the_first_so_many_are_kept_and_the_other_splits_are_the_same(examples: int) -> None:
    few, whole = config(examples).build().load(), Digits.Config().build().load()
    kept = min(examples, TRAIN)
    assert len(few.train) == kept
    every = torch.arange(kept)
    assert all(torch.equal(a, b) for a, b in zip(few.train.batch(every), whole.train.batch(every), strict=True))
    assert few.validation is whole.validation and few.test is whole.test


def test_inputs_and_outputs_are_those_of_the_whole() -> None:
    assert config(10).inputs == Digits.Config().inputs
    assert config(10).outputs == 10


def test_too_few_are_refused() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 10"):
        config(3)
