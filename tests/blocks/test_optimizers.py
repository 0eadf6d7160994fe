import math

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from archviz.blocks.optimizers import SGD, Adam, AdamW, RMSprop
from archviz.core.record import KINDS
from archviz.core.setup import OptimizerConfig

GRADIENTS = (0.5, -2.0, 1.0)


def _descend(config: OptimizerConfig, start: float = 1.0) -> list[float]:
    """Where a parameter stands after each step, given the same gradients."""
    parameter = nn.Parameter(torch.tensor([start], dtype=torch.float64))
    optimizer = config.build([parameter])
    path = []
    for gradient in GRADIENTS:
        parameter.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        path.append(parameter.item())
    return path


def _sgd(lr: float, momentum: float, nesterov: bool, decay: float) -> list[float]:
    w, v, path = 1.0, 0.0, []
    for step, gradient in enumerate(GRADIENTS):
        g = gradient + decay * w
        v = g if step == 0 else momentum * v + g
        w -= lr * (g + momentum * v if nesterov else v)
        path.append(w)
    return path


def _adam(lr: float, beta1: float, beta2: float, eps: float, l2: float, decoupled: float) -> list[float]:
    w, m, v, path = 1.0, 0.0, 0.0, []
    for step, gradient in enumerate(GRADIENTS, start=1):
        g = gradient + l2 * w
        w -= lr * decoupled * w
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        w -= lr * (m / (1 - beta1**step)) / (math.sqrt(v / (1 - beta2**step)) + eps)
        path.append(w)
    return path


def _rmsprop(lr: float, decay: float, momentum: float, eps: float, l2: float) -> list[float]:
    w, v, b, path = 1.0, 0.0, 0.0, []
    for gradient in GRADIENTS:
        g = gradient + l2 * w
        v = decay * v + (1 - decay) * g * g
        b = momentum * b + g / (math.sqrt(v) + eps)
        w -= lr * b
        path.append(w)
    return path


CASES: list[tuple[OptimizerConfig, list[float]]] = [
    (SGD.Config(lr=0.1), _sgd(0.1, 0, False, 0)),
    (SGD.Config(lr=0.1, momentum=0.9, weight_decay=0.3), _sgd(0.1, 0.9, False, 0.3)),
    (SGD.Config(lr=0.1, momentum=0.9, nesterov=True), _sgd(0.1, 0.9, True, 0)),
    (RMSprop.Config(lr=0.1, decay=0.8, momentum=0.5, eps=1e-3, weight_decay=0.3), _rmsprop(0.1, 0.8, 0.5, 1e-3, 0.3)),
    (Adam.Config(lr=0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.3), _adam(0.1, 0.8, 0.9, 1e-3, 0.3, 0)),
    (AdamW.Config(lr=0.1, beta1=0.8, beta2=0.9, eps=1e-3, weight_decay=0.3), _adam(0.1, 0.8, 0.9, 1e-3, 0, 0.3)),
]


@pytest.mark.parametrize(("config", "expected"), CASES)
def test_steps_follow_the_published_rule(config: OptimizerConfig, expected: list[float]) -> None:
    assert _descend(config) == pytest.approx(expected, rel=1e-9)


def test_no_optimizer_is_left_out() -> None:
    known = {kind for kind, cls in KINDS.items() if cls.__module__ == SGD.__module__}
    assert {config.kind for config, _ in CASES} == known


def test_what_is_built_is_a_torch_optimizer_whose_state_can_be_saved() -> None:
    for config, _ in CASES:
        net = nn.Linear(3, 2)
        optimizer = config.build(net.parameters())
        assert isinstance(optimizer, torch.optim.Optimizer)
        net(torch.ones(1, 3)).sum().backward()
        optimizer.step()
        again = config.build(net.parameters())
        again.load_state_dict(optimizer.state_dict())
        assert again.state_dict()["param_groups"] == optimizer.state_dict()["param_groups"]


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(ValidationError, match="needs momentum; set momentum above 0"):
        SGD.Config(lr=0.1, nesterov=True)


@pytest.mark.parametrize("bad", [{"lr": 0}, {"lr": 0.1, "momentum": 1.0}, {"lr": 0.1, "weight_decay": -1}])
def test_values_out_of_bounds_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        SGD.Config(**bad)
