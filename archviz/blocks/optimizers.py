"""Optimizers: how a gradient g becomes a step of a parameter w. `config.build(parameters)` gives a torch optimizer."""

from collections.abc import Iterable
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import nn

from archviz.core.setup import OptimizerConfig

BETA1 = Field(0.9, ge=0, lt=1, description="share of the running mean of gradients that stays at each step")
BETA2 = Field(0.999, ge=0, lt=1, description="share of the running mean of squared gradients that stays at each step")
EPS = Field(1e-8, gt=0, le=1, description="added to the divisor, so that nothing is divided by 0")
L2 = Field(0.0, ge=0, le=1, description="L2 penalty: this share of the parameter is added to its gradient")


class SGD(torch.optim.SGD):
    """Stochastic gradient descent: v = momentum v + g; w = w - lr v.

    Robbins & Monro 1951; Sutskever et al. 2013.
    """

    class Config(OptimizerConfig):
        momentum: float = Field(0.0, ge=0, lt=1, description="share of the last step that goes on into this one")
        nesterov: bool = Field(False, description="look ahead along the momentum before taking the gradient")
        weight_decay: float = L2

        @model_validator(mode="after")
        def _nesterov_needs_momentum(self) -> Self:
            if self.nesterov and self.momentum == 0:
                raise ValueError("Nesterov's look-ahead needs momentum; set momentum above 0, for instance 0.9")
            return self

    def __init__(self, config: Config, parameters: Iterable[nn.Parameter]) -> None:
        super().__init__(
            parameters,
            lr=config.lr,
            momentum=config.momentum,
            nesterov=config.nesterov,
            weight_decay=config.weight_decay,
        )


class RMSprop(torch.optim.RMSprop):
    """RMSprop: w = w - lr g / sqrt(running mean of g^2).

    Hinton 2012, lecture 6e.
    """

    class Config(OptimizerConfig):
        decay: float = Field(0.99, ge=0, lt=1, description="share of the running mean of squared gradients that stays")
        momentum: float = Field(0.0, ge=0, lt=1, description="share of the last step that goes on into this one")
        eps: float = EPS
        weight_decay: float = L2

    def __init__(self, config: Config, parameters: Iterable[nn.Parameter]) -> None:
        super().__init__(
            parameters,
            lr=config.lr,
            alpha=config.decay,
            momentum=config.momentum,
            eps=config.eps,
            weight_decay=config.weight_decay,
        )


class Adam(torch.optim.Adam):
    """Adam: w = w - lr m / sqrt(v), with running means m of g and v of g^2.

    Kingma & Ba 2014, arXiv:1412.6980.
    """

    class Config(OptimizerConfig):
        beta1: float = BETA1
        beta2: float = BETA2
        eps: float = EPS
        weight_decay: float = L2

    def __init__(self, config: Config, parameters: Iterable[nn.Parameter]) -> None:
        super().__init__(
            parameters,
            lr=config.lr,
            betas=(config.beta1, config.beta2),
            eps=config.eps,
            weight_decay=config.weight_decay,
        )


class AdamW(torch.optim.AdamW):
    """AdamW: Adam whose weight decay shrinks w directly instead of through g.

    Loshchilov & Hutter 2017, arXiv:1711.05101.
    """

    class Config(OptimizerConfig):
        beta1: float = BETA1
        beta2: float = BETA2
        eps: float = EPS
        weight_decay: float = Field(0.01, ge=0, le=1, description="w shrinks by lr times this at each step")

    def __init__(self, config: Config, parameters: Iterable[nn.Parameter]) -> None:
        super().__init__(
            parameters,
            lr=config.lr,
            betas=(config.beta1, config.beta2),
            eps=config.eps,
            weight_decay=config.weight_decay,
        )
