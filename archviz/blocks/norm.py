"""Normalization: y = g (x - mean) / sqrt(var + eps) + b, with mean and variance over different sets of values.

Every part here takes images `b c h w` and rows of vectors `b l d` or `b d`; the channels are `c` or `d`.

    part           mean and variance of an image over        of a row of vectors over
    BatchNorm      the batch and all positions               the batch and all positions
    LayerNorm      all channels and positions of an example  the channels of a vector
    GroupNorm      a group of channels and all positions     a group of channels of a vector
    InstanceNorm   the positions of a channel                the positions of a channel

Local response normalization, older than these, divides by the activity of neighbouring channels instead.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.divisors import check_divides
from archviz.core.config import Config

EPS = Field(1e-5, gt=0, le=0.1, description="added to the variance, so that nothing is divided by 0")


class NormConfig(Config):
    """Base of every normalization: `build(channels)` keeps the shape of its input."""

    shifts: ClassVar[bool] = True
    """Whether the part adds a bias of its own, so that a convolution before it needs none."""

    def check(self, channels: int) -> None:
        """Raise ValueError, saying what to change, if so many channels cannot be normalized."""


class NoNorm(nn.Identity):
    """No normalization: values pass as they are."""

    class Config(NormConfig):
        shifts = False

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__()


class BatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch normalization: each channel over the whole batch; in evaluation by running averages.

    Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1.
    """

    class Config(NormConfig):
        eps: float = EPS
        momentum: float = Field(0.1, gt=0, le=1, description="weight of the newest batch in the running averages")

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__(channels, eps=config.eps, momentum=config.momentum)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 4:
            return super().forward(x)
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)  # b l d -> b d l -> b l d

    def _check_input_dim(self, input: Tensor) -> None:
        """Any rank will do."""


class LayerNorm(nn.LayerNorm):
    """Layer normalization: each example (image) or each vector (text) by itself, over all its channels.

    Ba, Kiros & Hinton 2016, arXiv:1607.06450; for images as in Wu & He 2018, figure 2.
    """

    class Config(NormConfig):
        eps: float = EPS

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__(channels, eps=config.eps)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 4:
            return F.group_norm(x, 1, self.weight, self.bias, self.eps)
        return super().forward(x)


class GroupNorm(nn.GroupNorm):
    """Group normalization: each example by itself, over groups of channels.

    Wu & He 2018, arXiv:1803.08494.
    """

    class Config(NormConfig):
        groups: int = Field(8, ge=1, le=1024, description="groups that the channels are split into")
        eps: float = EPS

        def check(self, channels: int) -> None:
            check_divides(self.groups, channels, f"{channels} channels do not divide into {self.groups} groups")

    def __init__(self, config: Config, channels: int) -> None:
        config.check(channels)
        super().__init__(config.groups, channels, eps=config.eps)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 4:
            return super().forward(x)
        return super().forward(x.flatten(0, -2)).view_as(x)  # b l d -> (b l) d -> b l d


class InstanceNorm(nn.InstanceNorm2d):
    """Instance normalization: each channel of each example by itself.

    Ulyanov et al. 2016, arXiv:1607.08022.
    """

    class Config(NormConfig):
        eps: float = EPS

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__(channels, eps=config.eps, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 4:
            return super().forward(x)
        if x.dim() == 2:
            raise ValueError("instance normalization needs positions to average over; use layer normalization here")
        return super().forward(x.movedim(-1, 1)[..., None])[..., 0].movedim(1, -1)  # b l d -> b d l 1 -> b l d

    def _check_input_dim(self, input: Tensor) -> None:
        """Images and rows of vectors will do."""


class RMSNorm(nn.RMSNorm):
    """Root mean square normalization: layer normalization without mean and bias.

    Zhang & Sennrich 2019, arXiv:1910.07467.
    """

    class Config(NormConfig):
        shifts = False
        eps: float = EPS

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__(channels, eps=config.eps)
        self.epsilon = config.eps

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 4:
            scale = torch.rsqrt(x.square().mean((1, 2, 3), keepdim=True) + self.epsilon)
            return x * scale * self.weight[:, None, None]  # weight: c -> c 1 1
        return super().forward(x)


class LocalResponseNorm(nn.Module):
    """Local response normalization: y_c = x_c / (k + alpha sum x_c'^2)^beta over the channels c' next to c.

    Krizhevsky et al. 2012, section 3.3.

    Active channels damp their neighbours (lateral inhibition); there are no parameters. `alpha` multiplies the sum,
    as in the paper; torch's own layer multiplies the mean.
    """

    class Config(NormConfig):
        shifts = False
        neighbours: int = Field(5, ge=1, le=64, description="channels in the sum, the channel itself among them")
        k: float = Field(2.0, gt=0, le=100, description="added to the sum, so that nothing is divided by 0")
        alpha: float = Field(1e-4, gt=0, le=100, description="weight of the sum of squares")
        beta: float = Field(0.75, gt=0, le=10, description="power of the divisor")

    def __init__(self, config: Config, channels: int) -> None:
        super().__init__()
        self.config = config

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 4:
            return self._normalize(x)
        return self._normalize(x.movedim(-1, 1)[..., None])[..., 0].movedim(1, -1)  # b l d -> b d l 1 -> b l d

    def _normalize(self, x: Tensor) -> Tensor:
        """Over dimension 1."""
        size, alpha = self.config.neighbours, self.config.alpha * self.config.neighbours
        return F.local_response_norm(x, size, alpha, self.config.beta, self.config.k)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value:g}" for name, value in self.config)
