"""Tasks: what a model is trained to do - its loss and the metrics it is judged by."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archviz.core.samples import Samples
from archviz.core.setup import TaskConfig

Batch = tuple[Tensor, Tensor]


@runtime_checkable
class HasAuxiliaryHeads(Protocol):
    """A model with classifiers halfway up that only training uses; `forward` gives the last layer's logits alone."""

    def weighted_logits(self, inputs: Tensor) -> tuple[tuple[float, Tensor], ...]:
        """Logits of the last layer with weight 1, then those of each auxiliary head with the weight of its loss."""
        ...


class Classification:
    """Name the class of an example: cross-entropy loss, accuracy.

    Logits are `b k`, targets `b`. Loss in nats. Auxiliary heads add their losses in training, and are never scored.
    """

    class Config(TaskConfig):
        evaluate_on: int = 1000
        """Examples of the validation or test split that are scored, evenly spread over it."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Mean cross-entropy of one batch; with auxiliary heads the weighted sum of all their losses."""
        inputs, targets = batch
        if not isinstance(model, HasAuxiliaryHeads):
            return F.cross_entropy(model(inputs), targets)
        losses = [weight * F.cross_entropy(logits, targets) for weight, logits in model.weighted_logits(inputs)]
        return torch.stack(losses).sum()

    @torch.no_grad()
    def evaluate(self, model: nn.Module, samples: Samples) -> dict[str, float]:
        """Mean loss and share of correct answers."""
        loss = correct = count = 0.0
        for inputs, targets in _batches(samples, self.config.evaluate_on):
            logits = model(inputs)
            loss += F.cross_entropy(logits, targets, reduction="sum").item()
            correct += (logits.argmax(1) == targets).sum().item()
            count += len(targets)
        return {"loss": loss / count, "accuracy": correct / count}


class NextToken:
    """Predict the next token at every position: cross-entropy loss; optionally judged on the prefix alone.

    Logits are `b l v`, targets `b l`. Loss in nats per token.
    """

    class Config(TaskConfig):
        evaluate_on: int = 256
        """Windows of the validation or test split that are scored, evenly spread over it."""
        prefix_positions: tuple[int, ...] = ()
        """Positions at which the model is also asked with everything after them cut off: `prefix_loss`. A model that
        looks ahead cannot cheat there, so this is its loss when it really has to generate."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def loss(self, model: nn.Module, batch: Batch) -> Tensor:
        """Mean cross-entropy over all positions of one batch (teacher forcing)."""
        inputs, targets = batch
        return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())

    @torch.no_grad()
    def evaluate(self, model: nn.Module, samples: Samples) -> dict[str, float]:
        """Loss with the whole window given, and from prefixes alone where the task asks for it."""
        loss = prefix_loss = count = 0.0
        for inputs, targets in _batches(samples, self.config.evaluate_on):
            loss += F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item() * len(inputs)
            for position in self.config.prefix_positions:
                logits = model(inputs[:, : position + 1])[:, -1]  # b v
                prefix_loss += F.cross_entropy(logits, targets[:, position]).item() * len(inputs)
            count += len(inputs)
        metrics = {"loss": loss / count}
        if self.config.prefix_positions:
            metrics["prefix_loss"] = prefix_loss / count / len(self.config.prefix_positions)
        return metrics


def _batches(samples: Samples, limit: int, size: int = 256) -> Iterator[Batch]:
    """Batches over `limit` examples, evenly spread over the samples and the same for every model."""
    chosen = torch.linspace(0, len(samples) - 1, min(limit, len(samples))).long()
    for indices in chosen.split(size):
        yield samples.batch(indices)
