"""Setups: everything that is needed to run one arm, as one tree of configs."""

from math import cos, pi
from typing import Literal

from pydantic import Field

from archviz.core.config import Config
from archviz.core.record import Record


class Inputs(Record):
    """What one example looks like to a model: an image `(C, H, W)` or a row of `(L,)` tokens below `vocabulary`."""

    shape: tuple[int, ...]
    vocabulary: int | None = None

    @property
    def tokens(self) -> bool:
        """Whether examples are token numbers rather than real values."""
        return self.vocabulary is not None


class ModelConfig(Config):
    """Base of every architecture: `build()` gives the module, `forward(inputs)` gives its logits."""


class DatasetConfig(Config):
    """Base of every dataset: `build().load()` gives its `Splits`; inputs and outputs are known without loading."""

    @property
    def inputs(self) -> Inputs:
        """What one example looks like."""
        raise TypeError(f"{self.kind} does not say its inputs")

    @property
    def outputs(self) -> int:
        """How many classes (or tokens) a model chooses between."""
        raise TypeError(f"{self.kind} does not say its outputs")


class TaskConfig(Config):
    """Base of every task: `build()` gives an object with `loss(model, batch)` and `evaluate(model, samples)`."""


class OptimizerConfig(Config):
    """Base of every optimizer: `build(parameters)` gives a torch optimizer."""

    lr: float = Field(gt=0, description="learning rate")


class Recipe(Config):
    """How a model is trained."""

    dataset: DatasetConfig
    task: TaskConfig
    optimizer: OptimizerConfig
    steps: int = Field(150, ge=1, description="optimizer steps")
    batch_size: int = Field(64, ge=1, description="examples a step")
    schedule: Literal["constant", "cosine"] = Field("constant", description="how the learning rate falls after warm-up")
    warmup: int = Field(0, ge=0, description="steps over which the learning rate rises linearly from 0")
    clip: float | None = Field(None, gt=0, description="largest global gradient norm; none: gradients stay as they are")
    precision: Literal["float32", "bfloat16"] = Field("float32", description="number format of the forward pass")

    def lr_factor(self, step: int) -> float:
        """What the learning rate is multiplied by in this step (counted from 0)."""
        rise = min(1.0, (step + 1) / self.warmup) if self.warmup else 1.0
        fall = 0.5 * (1 + cos(pi * step / self.steps)) if self.schedule == "cosine" else 1.0
        return rise * fall


class Setup(Config):
    """One arm: a model and the recipe that trains it."""

    model: ModelConfig
    recipe: Recipe
