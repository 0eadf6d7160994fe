"""Classification with its gap: how much better a model knows the examples it learned from than new ones."""

import torch
from pydantic import Field
from torch import nn

from archviz.core.samples import Samples
from archviz.core.setup import DatasetConfig
from archviz.engine.tasks import Classification


class GapClassification(Classification):
    """Name the class of an example, and say how far the training examples are ahead.

    Both are scored alike, without dropout: the loss during training cannot be compared with the loss in a test.
    """

    class Config(Classification.Config):
        learned: DatasetConfig = Field(description="the dataset whose training examples are the other side of the gap")

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.config = config

    @torch.no_grad()
    def evaluate(self, model: nn.Module, samples: Samples) -> dict[str, float]:
        """Loss and accuracy of these samples, and how far they are behind the training examples."""
        known = super().evaluate(model, self.config.learned.build().load().train)
        found = super().evaluate(model, samples)
        return found | {
            "loss_gap": found["loss"] - known["loss"],
            "accuracy_gap": known["accuracy"] - found["accuracy"],
        }
