"""Excitation: each channel of an image is turned up or down as a whole, after a look at all of them."""

from einops import reduce
from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU
from archviz.core.config import Config
from archviz.core.tap import Tap


class ExcitationConfig(Config):
    """Base of every excitation: `build(channels, width)` maps `b c h w` to the same shape.

    `channels` are turned up or down; `width` are those that the block around it started from.
    """


class NoExcitation(nn.Identity):
    """No excitation: every channel stays as it is."""

    class Config(ExcitationConfig):
        pass

    def __init__(self, config: Config, channels: int, width: int) -> None:
        super().__init__()


class SqueezeExcitation(nn.Module):
    """Squeeze and excitation: the mean of each channel goes through two small layers that say how much of it passes.

        y_c = x_c sigmoid(W2 f(W1 mean(x)))_c

    Hu et al. 2017, arXiv:1709.01507, equations 2 to 4. Inside an inverted residual block the layer between has a
    share of the block's input channels, as in EfficientNet. The tap `gates` (`b c`) sees what each channel is
    multiplied by, between 0 and 1.
    """

    class Config(ExcitationConfig):
        reduction: int = Field(4, ge=1, le=64, description="how many times fewer units than input channels it has")
        activation: ActivationConfig = Field(ReLU.Config(), description="activation between the two layers")

    def __init__(self, config: Config, channels: int, width: int) -> None:
        super().__init__()
        units = max(1, width // config.reduction)
        self.squeeze = nn.Linear(channels, units)
        self.activation = config.activation.build()
        self.excite = nn.Linear(units, channels)
        self.sigmoid = nn.Sigmoid()
        self.gates = Tap("b c")

    def forward(self, x: Tensor) -> Tensor:
        means = reduce(x, "b c h w -> b c", "mean")
        gates = self.gates(self.sigmoid(self.excite(self.activation(self.squeeze(means)))))
        return x * gates[:, :, None, None]  # b c -> b c 1 1
