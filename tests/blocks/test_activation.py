import math
from collections.abc import Callable

import pytest
import torch

from archviz.blocks import activation as parts
from archviz.blocks.activation import ActivationConfig
from archviz.core.record import KINDS


def _gelu(x: float) -> float:
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _gelu_tanh(x: float) -> float:
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


FORMULAS: list[tuple[ActivationConfig, Callable[[float], float]]] = [
    (parts.NoActivation.Config(), lambda x: x),
    (parts.ReLU.Config(), lambda x: max(0.0, x)),
    (parts.ReLU6.Config(), lambda x: min(6.0, max(0.0, x))),
    (parts.LeakyReLU.Config(slope=0.2), lambda x: x if x > 0 else 0.2 * x),
    (parts.ELU.Config(alpha=1.5), lambda x: x if x > 0 else 1.5 * (math.exp(x) - 1)),
    (parts.SELU.Config(), lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1))),
    (parts.GELU.Config(), _gelu),
    (parts.GELU.Config(approximate="tanh"), _gelu_tanh),
    (parts.SiLU.Config(), lambda x: x / (1 + math.exp(-x))),
    (parts.Mish.Config(), lambda x: x * math.tanh(math.log(1 + math.exp(x)))),
    (parts.Tanh.Config(), math.tanh),
    (parts.Sigmoid.Config(), lambda x: 1 / (1 + math.exp(-x))),
]


@pytest.mark.parametrize(("config", "formula"), FORMULAS, ids=lambda value: getattr(value, "kind", ""))
def test_each_activation_is_its_formula(config: ActivationConfig, formula: Callable[[float], float]) -> None:
    points = [-3.0, -0.5, 0.0, 0.5, 3.0, 8.0]
    values = config.build()(torch.tensor(points))
    torch.testing.assert_close(values, torch.tensor([formula(x) for x in points]), atol=1e-6, rtol=1e-5)


def test_no_activation_is_left_out() -> None:
    known = {kind for kind, cls in KINDS.items() if cls.__module__ == parts.__name__ and cls is not ActivationConfig}
    assert known == {config.kind for config, _ in FORMULAS}
