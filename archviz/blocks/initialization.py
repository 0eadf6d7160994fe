"""Initialization: how the parameters of a whole model are drawn, each from its own random numbers.

A part here is called with one parameter at a time, by name, and fills it in place (or returns False, which leaves
torch's usual default). The names that it goes by are those of the parts in this folder: `tokens.weight`,
`segments.weight`, `positions.weight`, `position_bias.weight`, and, where a branch joins the residual stream,
`attention.output.weight` and `feedforward.down.weight`.
"""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from archviz.core.config import Config

EMBEDDINGS = ("tokens.weight", "segments.weight")
POSITIONS = ("positions.weight", "position_bias.weight")
ATTENTION_INPUTS = ("attention.query.weight", "attention.key.weight", "attention.value.weight")
BRANCH_ENDS = ("attention.output.weight", "feedforward.down.weight")


class InitConfig(Config):
    """Base of every initialization: `build(layers)` gives `init(name, parameter, generator) -> bool`."""


class HeNormal:
    """He's initialization: convolutions from N(0, 2 / fan), which keeps the variance through ReLU layers; biases 0.

    He et al. 2015, arXiv:1502.01852, equation 10 (fan in) and 14 (fan out).
    """

    class Config(InitConfig):
        fan: Literal["fan_in", "fan_out"] = Field(
            "fan_out", description="keep the variance of signals (in) or of gradients (out)"
        )

    def __init__(self, config: Config, layers: int) -> None:
        self.fan = config.fan

    def __call__(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        if parameter.dim() == 4:  # a convolution
            nn.init.kaiming_normal_(parameter, mode=self.fan, nonlinearity="relu", generator=generator)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            return False
        return True


class Xavier:
    """Xavier's initialization: matrices uniform with variance 2 / (fan in + fan out); embeddings normal; biases 0.

    Glorot & Bengio 2010, equation 16. Query, key and value are drawn as the one matrix of three times the width that
    fairseq and torch's MultiheadAttention make of them, which divides their variance by 2.
    """

    class Config(InitConfig):
        embedding_std: float = Field(0.5, gt=0, le=10, description="standard deviation of token embeddings")
        position_std: float = Field(0.1, gt=0, le=10, description="standard deviation of learned positions and biases")

    def __init__(self, config: Config, layers: int) -> None:
        self.embedding_std, self.position_std = config.embedding_std, config.position_std

    def __call__(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        if name.endswith(EMBEDDINGS):
            nn.init.normal_(parameter, std=self.embedding_std, generator=generator)
        elif name.endswith(POSITIONS):
            nn.init.normal_(parameter, std=self.position_std, generator=generator)
        elif parameter.dim() >= 2:
            gain = math.sqrt(0.5) if name.endswith(ATTENTION_INPUTS) else 1.0
            nn.init.xavier_uniform_(parameter, gain=gain, generator=generator)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            return False
        return True


class TorchDefault:
    """Torch's initialization: matrices and their biases uniform with variance 1 / (3 fan in); positions normal.

    A third of LeCun's variance (LeCun et al. 1998): a branch starts small beside the residual stream that it joins,
    which lets small vision transformers learn in a few hundred steps.
    """

    class Config(InitConfig):
        position_std: float = Field(0.02, gt=0, le=10, description="standard deviation of learned positions and biases")

    def __init__(self, config: Config, layers: int) -> None:
        self.position_std = config.position_std

    def __call__(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        if not name.endswith(POSITIONS):
            return False
        nn.init.normal_(parameter, std=self.position_std, generator=generator)
        return True


class Normal:
    """BERT's initialization: every matrix and embedding from N(0, std^2), biases 0.

    Devlin et al. 2018.
    """

    class Config(InitConfig):
        std: float = Field(0.02, gt=0, le=10, description="standard deviation of matrices and embeddings")

    def __init__(self, config: Config, layers: int) -> None:
        self.std = config.std

    def __call__(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        if parameter.dim() >= 2:
            nn.init.normal_(parameter, std=self.std, generator=generator)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
        else:
            return False
        return True


class DepthScaledNormal(Normal):
    """GPT-2's initialization: N(0, std^2), and 1 / sqrt(2 layers) of that where a branch joins the residual stream.

    The sum of 2 `layers` branches then has the variance of one. Radford et al. 2019, section 2.3.
    """

    class Config(InitConfig):
        std: float = Field(0.02, gt=0, le=10, description="standard deviation of matrices and embeddings")

    def __init__(self, config: Config, layers: int) -> None:
        self.std, self.branch_std = config.std, config.std / math.sqrt(2 * layers)

    def __call__(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        if name.endswith(BRANCH_ENDS):
            nn.init.normal_(parameter, std=self.branch_std, generator=generator)
            return True
        return super().__call__(name, parameter, generator)
