"""Stochastic depth: in training whole branches of residual blocks are left out at random, one example at a time."""

import torch
from pydantic import Field
from torch import Tensor, nn

from archviz.core.config import Config


class StochasticDepthConfig(Config):
    """Base of every stochastic depth: `build(place)` acts on a branch `b ...`.

    `place` says where the block stands: 0 is the first of the network, 1 the last.
    """


class NoStochasticDepth(nn.Identity):
    """No stochastic depth: every branch takes part in every step."""

    class Config(StochasticDepthConfig):
        pass

    def __init__(self, config: Config, place: float) -> None:
        super().__init__()


class StochasticDepth(nn.Module):
    """Stochastic depth: a branch is left out with a probability that rises from 0 at the first block to `rate`.

    What remains is scaled up to keep the mean. Huang et al. 2016, arXiv:1603.09382, section 3.
    """

    class Config(StochasticDepthConfig):
        rate: float = Field(0.2, gt=0, lt=1, description="probability that the last block's branch is left out")

    def __init__(self, config: Config, place: float) -> None:
        super().__init__()
        self.rate = config.rate * place

    def forward(self, branch: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return branch
        kept = torch.empty(len(branch), *[1] * (branch.dim() - 1), device=branch.device, dtype=branch.dtype)
        return branch * kept.bernoulli_(1 - self.rate) / (1 - self.rate)

    def extra_repr(self) -> str:
        return f"{self.rate:.3g}"
