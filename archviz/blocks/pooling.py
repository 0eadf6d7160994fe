"""Pooling: each window of an image is replaced by one number, so that the image becomes smaller."""

from pydantic import Field
from torch import nn

from archviz.core.config import Config


class PoolConfig(Config):
    """Base of every pooling: `build()` maps `b c h w` to `b c h' w'`."""


class WindowConfig(PoolConfig):
    """What all poolings over a sliding window have in common."""

    size: int = Field(2, ge=1, le=64, description="height and width of the window")
    stride: int = Field(2, ge=1, le=64, description="step from one window to the next")


class NoPool(nn.Identity):
    """No pooling: the image keeps its height and width."""

    class Config(PoolConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()


class MaxPool(nn.MaxPool2d):
    """Max pooling: the largest value of each window, wherever in it that is.

    Riesenhuber & Poggio 1999; windows of size 3 and stride 2 overlap, as in AlexNet.
    """

    class Config(WindowConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__(config.size, config.stride)


class MeanPool(nn.AvgPool2d):
    """Mean pooling: the mean of each window.

    LeCun et al. 1998 (there with a weight and a bias for each channel).
    """

    class Config(WindowConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__(config.size, config.stride)
