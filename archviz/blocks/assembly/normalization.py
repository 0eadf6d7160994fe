"""Normalizations and dropout on the canvas."""

from pydantic import Field
from torch import nn

from archviz.blocks.assembly import plain
from archviz.blocks.assembly.node import (
    Change,
    Layer,
    Misfit,
    NodeConfig,
    Repair,
    channels,
    divisor,
    image,
    numbers,
    words,
)
from archviz.core.setup import Inputs

EPS = Field(1e-5, gt=0, le=0.1, description="added to the variance, so that nothing is divided by 0")


def _eps(eps: float, usual: float = 1e-5) -> dict[str, object]:
    return {} if eps == usual else {"eps": eps}


class BatchNormNode:
    """Batch normalization: each channel over the whole batch; in evaluation by running averages."""

    class Config(NodeConfig):
        name = "batchnorm"
        title = "Batch norm"

        eps: float = EPS
        momentum: float = Field(0.1, gt=0, le=1, description="weight of the newest batch in the running averages")

        def layer(self, *given: Inputs) -> Layer:
            shape = numbers(given[0], "Batch norm")
            options = _eps(self.eps) | ({} if self.momentum == 0.1 else {"momentum": self.momentum})
            if len(shape) == 2:
                raise Misfit(
                    f"Batch norm needs an image or a row of numbers, and gets {words(given[0])}; use Layer norm here."
                )
            return Layer(nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d, (shape[0],), options)


class LayerNormNode:
    """Layer normalization: each example (image) or each vector by itself, over all its channels."""

    class Config(NodeConfig):
        name = "layernorm"
        title = "Layer norm"

        eps: float = EPS

        def layer(self, *given: Inputs) -> Layer:
            shape = numbers(given[0], "Layer norm")
            if len(shape) == 3:
                return Layer(nn.GroupNorm, (1, shape[0]), _eps(self.eps))
            return Layer(nn.LayerNorm, (shape[-1],), _eps(self.eps))


class GroupNormNode:
    """Group normalization: each example by itself, over groups of channels."""

    class Config(NodeConfig):
        name = "groupnorm"
        title = "Group norm"

        groups: int = Field(8, ge=1, le=1024, description="groups that the channels are split into")
        eps: float = EPS

        def layer(self, *given: Inputs) -> Layer:
            shape = numbers(given[0], "Group norm")
            if len(shape) == 2:
                raise Misfit(f"Group norm needs an image or a row of numbers, and gets {words(given[0])}.")
            if shape[0] % self.groups:
                near = divisor(shape[0], self.groups)
                raise Misfit(
                    f"{shape[0]} channels do not divide into {self.groups} groups; use {near}.",
                    Repair(f"Use {near} groups", Change({"groups": near})),
                )
            return Layer(nn.GroupNorm, (self.groups, shape[0]), _eps(self.eps))


class InstanceNormNode:
    """Instance normalization: each channel of each example by itself."""

    class Config(NodeConfig):
        name = "instancenorm"
        title = "Instance norm"

        eps: float = EPS

        def layer(self, *given: Inputs) -> Layer:
            count, height, width = image(given[0], "Instance norm")
            if height * width == 1:
                raise Misfit("Instance norm of a single place is always 0; put it before the image has shrunk to 1×1.")
            return Layer(nn.InstanceNorm2d, (count,), {**_eps(self.eps), "affine": True})


class RMSNormNode:
    """Root mean square normalization: layer normalization without mean and bias."""

    class Config(NodeConfig):
        name = "rmsnorm"
        title = "RMS norm"

        eps: float = EPS

        def layer(self, *given: Inputs) -> Layer:
            shape = numbers(given[0], "RMS norm")
            if len(shape) == 3:
                return Layer(plain.ImageRMSNorm, (shape[0], self.eps))
            return Layer(nn.RMSNorm, (channels(given[0]),), {"eps": self.eps})


class LocalResponseNode:
    """Local response normalization: active channels damp their neighbours; AlexNet's, without parameters."""

    class Config(NodeConfig):
        name = "lrn"
        title = "Local response norm"

        neighbours: int = Field(5, ge=1, le=64, description="channels in the sum, the channel itself among them")
        k: float = Field(2.0, gt=0, le=100, description="added to the sum, so that nothing is divided by 0")
        alpha: float = Field(1e-4, gt=0, le=100, description="weight of the sum of squares")
        beta: float = Field(0.75, gt=0, le=10, description="power of the divisor")

        def layer(self, *given: Inputs) -> Layer:
            image(given[0], "Local response norm")
            alpha = self.alpha * self.neighbours  # torch's own layer takes the mean instead of the sum
            return Layer(nn.LocalResponseNorm, (self.neighbours, alpha, self.beta, self.k))


class DropoutNode:
    """Dropout: in training each value is 0 with this probability, and the others are scaled up."""

    class Config(NodeConfig):
        name = "dropout"
        title = "Dropout"

        rate: float = Field(0.1, ge=0, lt=1, description="share of the values that is set to 0")

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "Dropout")
            return Layer(nn.Dropout, (self.rate,))


class DropBranchNode:
    """Stochastic depth: in training the whole branch is left out for some examples."""

    class Config(NodeConfig):
        name = "dropbranch"
        title = "Stochastic depth"

        rate: float = Field(0.1, ge=0, lt=1, description="probability that the branch is left out")

        def layer(self, *given: Inputs) -> Layer:
            numbers(given[0], "Stochastic depth")
            return Layer(plain.DropBranch, (self.rate,))
