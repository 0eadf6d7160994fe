"""Auxiliary heads: they add to the loss of classification, and to nothing else."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archviz.core.samples import Pairs
from archviz.engine.tasks import Classification


class TwoHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk, self.head, self.auxiliary = nn.Linear(4, 4), nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.trunk(x))

    def weighted_logits(self, x: Tensor) -> tuple[tuple[float, Tensor], ...]:
        x = self.trunk(x)
        return (1.0, self.head(x)), (0.3, self.auxiliary(x))


X, Y = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 0, 1, 2])


def test_auxiliary_losses_are_added_with_their_weights() -> None:
    torch.manual_seed(0)
    model, task = TwoHeads(), Classification.Config().build()
    loss = task.loss(model, (X, Y))
    inner = model.trunk(X)
    expected = F.cross_entropy(model.head(inner), Y) + 0.3 * F.cross_entropy(model.auxiliary(inner), Y)
    assert loss.item() == pytest.approx(expected.item())
    loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_auxiliary_heads_are_never_scored() -> None:
    torch.manual_seed(0)
    model, task = TwoHeads(), Classification.Config().build()
    before = task.evaluate(model, Pairs(X, Y))
    nn.init.normal_(model.auxiliary.weight, std=100)
    assert task.evaluate(model, Pairs(X, Y)) == before
    assert before["loss"] == pytest.approx(F.cross_entropy(model(X), Y).item())


def test_a_model_without_auxiliary_heads_has_the_plain_loss() -> None:
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    assert torch.equal(Classification.Config().build().loss(model, (X, Y)), F.cross_entropy(model(X), Y))
