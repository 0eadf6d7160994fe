"""Dropout: in training some values are set to 0 at random, and the others scaled up to keep the mean."""

from pydantic import Field
from torch import nn

from archviz.core.config import Config


class DropoutConfig(Config):
    """Base of every dropout: `build()` keeps the shape of its input and does nothing in evaluation."""


class NoDropout(nn.Identity):
    """No dropout: values pass as they are."""

    class Config(DropoutConfig):
        pass

    p = 0.0

    def __init__(self, config: Config) -> None:
        super().__init__()


class Dropout(nn.Dropout):
    """Dropout: each value is 0 with probability `rate` in training.

    Srivastava et al. 2014, JMLR 15.
    """

    class Config(DropoutConfig):
        rate: float = Field(0.1, gt=0, lt=1, description="share of the values that is set to 0")

    def __init__(self, config: Config) -> None:
        super().__init__(config.rate)
