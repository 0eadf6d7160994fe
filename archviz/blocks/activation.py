"""Activations: what makes a network more than one matrix; each acts on every number by itself."""

from typing import Literal

from pydantic import Field
from torch import nn

from archviz.core.config import Config


class ActivationConfig(Config):
    """Base of every activation: `build()` keeps the shape of its input."""


class NoActivation(nn.Identity):
    """No activation: y = x, so that the layers around it are one linear map."""

    class Config(ActivationConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class ReLU(nn.ReLU):
    """Rectified linear unit: y = max(0, x).

    Nair & Hinton 2010.
    """

    class Config(ActivationConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class ReLU6(nn.ReLU6):
    """ReLU that stops at 6: y = min(max(0, x), 6), for low precision arithmetic.

    Howard et al. 2017, arXiv:1704.04861.
    """

    class Config(ActivationConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class LeakyReLU(nn.LeakyReLU):
    """ReLU that leaks: y = x where x > 0, else slope x, so that no unit dies.

    Maas et al. 2013.
    """

    class Config(ActivationConfig):
        slope: float = Field(0.01, ge=0, lt=1, description="slope for negative inputs")

    def __init__(self, config: Config) -> None:
        super().__init__(config.slope)


class ELU(nn.ELU):
    """Exponential linear unit: y = x where x > 0, else alpha (e^x - 1).

    Clevert et al. 2015, arXiv:1511.07289.
    """

    class Config(ActivationConfig):
        alpha: float = Field(1.0, gt=0, le=10, description="where negative outputs level off, with its sign changed")

    def __init__(self, config: Config) -> None:
        super().__init__(config.alpha)


class SELU(nn.SELU):
    """Scaled ELU: keeps mean 0 and variance 1 from layer to layer.

    Klambauer et al. 2017, arXiv:1706.02515.
    """

    class Config(ActivationConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class GELU(nn.GELU):
    """Gaussian error linear unit: y = x P(Z <= x) for a standard normal Z.

    Hendrycks & Gimpel 2016, arXiv:1606.08415.
    """

    class Config(ActivationConfig):
        approximate: Literal["none", "tanh"] = Field("none", description="exact, or by tanh as the first GPTs do")

    def __init__(self, config: Config) -> None:
        super().__init__(config.approximate)


class SiLU(nn.SiLU):
    """Sigmoid linear unit, or swish: y = x sigmoid(x).

    Ramachandran et al. 2017, arXiv:1710.05941.
    """

    class Config(ActivationConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class Mish(nn.Mish):
    """Mish: y = x tanh(log(1 + e^x)).

    Misra 2019, arXiv:1908.08681.
    """

    class Config(ActivationConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class Tanh(nn.Tanh):
    """Hyperbolic tangent: y = tanh(x), between -1 and 1; saturates at both ends.

    LeCun et al. 1998.
    """

    class Config(ActivationConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class Sigmoid(nn.Sigmoid):
    """Logistic sigmoid: y = 1 / (1 + e^-x), between 0 and 1; its slope is at most 1/4.

    Rumelhart et al. 1986.
    """

    class Config(ActivationConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()
