"""Feed-forward networks: two layers that act on each position by itself."""

from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU
from archviz.core.config import Config


class FeedForwardConfig(Config):
    """Base of every feed-forward network: `build(width)` maps `b l d` to `b l d`."""


class FeedForward(nn.Module):
    """Feed-forward network: y = W2 f(W1 x), wider inside.

    Vaswani et al. 2017, section 3.3.
    """

    class Config(FeedForwardConfig):
        ratio: int = Field(4, ge=1, le=16, description="how many times wider it is inside")
        activation: ActivationConfig = Field(ReLU.Config(), description="activation between the two layers")

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, config.ratio * width)
        self.activation = config.activation.build()
        self.down = nn.Linear(config.ratio * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(self.activation(self.up(x)))
