"""Activations on the canvas: each acts on every number by itself."""

from typing import Literal

from pydantic import Field
from torch import nn

from archviz.blocks.assembly.node import Layer, NodeConfig, numbers
from archviz.core.setup import Inputs


class ReLUNode:
    """Rectified linear unit: y = max(0, x)."""

    class Config(NodeConfig):
        name = "relu"
        title = "ReLU"

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "ReLU")
            return Layer(nn.ReLU)


class LeakyReLUNode:
    """Leaky ReLU: y = x where x > 0, else slope x."""

    class Config(NodeConfig):
        name = "leakyrelu"
        title = "Leaky ReLU"

        slope: float = Field(0.01, ge=0, lt=1, description="slope for negative inputs")

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "Leaky ReLU")
            return Layer(nn.LeakyReLU, (self.slope,))


class ReLU6Node:
    """ReLU6: y = min(max(0, x), 6)."""

    class Config(NodeConfig):
        name = "relu6"
        title = "ReLU6"

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "ReLU6")
            return Layer(nn.ReLU6)


class ELUNode:
    """Exponential linear unit: y = x where x > 0, else alpha (e^x - 1)."""

    class Config(NodeConfig):
        name = "elu"
        title = "ELU"

        alpha: float = Field(1.0, gt=0, le=10, description="where negative outputs level off, with its sign changed")

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "ELU")
            return Layer(nn.ELU, (self.alpha,))


class SELUNode:
    """Scaled ELU: keeps mean 0 and variance 1 from layer to layer."""

    class Config(NodeConfig):
        name = "selu"
        title = "SELU"

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "SELU")
            return Layer(nn.SELU)


class GELUNode:
    """Gaussian error linear unit: y = x P(Z <= x) for a standard normal Z."""

    class Config(NodeConfig):
        name = "gelu"
        title = "GELU"

        approximate: Literal["none", "tanh"] = Field("none", description="exact, or by tanh as the first GPTs do")

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "GELU")
            return Layer(nn.GELU, (), {} if self.approximate == "none" else {"approximate": self.approximate})


class SiLUNode:
    """Sigmoid linear unit, or swish: y = x sigmoid(x)."""

    class Config(NodeConfig):
        name = "silu"
        title = "SiLU"

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "SiLU")
            return Layer(nn.SiLU)


class MishNode:
    """Mish: y = x tanh(log(1 + e^x))."""

    class Config(NodeConfig):
        name = "mish"
        title = "Mish"

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "Mish")
            return Layer(nn.Mish)


class TanhNode:
    """Hyperbolic tangent: between -1 and 1."""

    class Config(NodeConfig):
        name = "tanh"
        title = "Tanh"

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "Tanh")
            return Layer(nn.Tanh)


class SigmoidNode:
    """Logistic sigmoid: y = 1 / (1 + e^-x), between 0 and 1."""

    class Config(NodeConfig):
        name = "sigmoid"
        title = "Sigmoid"

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "Sigmoid")
            return Layer(nn.Sigmoid)
