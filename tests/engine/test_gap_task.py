"""The gap is what the training examples are ahead, with both sides scored alike."""

import pytest
import torch
from torch import nn

from archviz.data.digits import Digits
from archviz.engine.gap_task import GapClassification
from archviz.engine.tasks import Classification


def test_the_gap_is_the_difference_of_two_plain_scores() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    splits = Digits.Config().build().load()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for start in range(0, 640, 64):
        inputs, targets = splits.train.batch(torch.arange(start, start + 64))
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    task, plain = GapClassification.Config(learned=Digits.Config()).build(), Classification.Config().build()
    scores = task.evaluate(model, splits.test)
    learned, new = plain.evaluate(model, splits.train), plain.evaluate(model, splits.test)
    assert scores["loss"] == new["loss"] and scores["accuracy"] == new["accuracy"]
    assert scores["loss_gap"] == pytest.approx(new["loss"] - learned["loss"])
    assert scores["accuracy_gap"] == pytest.approx(learned["accuracy"] - new["accuracy"])
    assert task.evaluate(model, splits.train)["loss_gap"] == 0
