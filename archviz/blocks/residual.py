"""Residual blocks of convolutional networks: y = x + F(x), where F is two or three convolutions.

He et al. 2015, arXiv:1512.03385 (post-activation); He et al. 2016, arXiv:1603.05027 (pre-activation).
All map `b c h w` to `b c' h' w'`: `width` is that of the 3x3 convolutions, c' = `config.outputs(width)`, and a
`stride` of 2 halves height and width.
"""

from typing import ClassVar

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU
from archviz.blocks.divisors import check_divides
from archviz.blocks.norm import BatchNorm, NoNorm, NormConfig
from archviz.core.config import Config
from archviz.core.tap import Tap


def convolution(inputs: int, outputs: int, size: int, norm: NormConfig, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution that keeps height and width at stride 1, with a bias only where no normalization adds one."""
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, groups=groups, bias=not norm.shifts)


class SkipConfig(Config):
    """Base of every skip: `build(inputs, outputs, stride, norm)` joins a block's input x with its branch F(x)."""

    keeps: ClassVar[bool] = True
    """Whether x goes on where F(x) is left out."""


class IdentitySkip(nn.Module):
    """Identity path: x + F(x); where the shapes differ, x goes through a 1x1 convolution.

    He et al. 2015, option B.
    """

    class Config(SkipConfig):
        pass

    def __init__(self, config: Config, inputs: int, outputs: int, stride: int, norm: NormConfig) -> None:
        super().__init__()
        self.project: nn.Module = nn.Identity()
        if inputs != outputs or stride != 1:
            self.project = nn.Sequential(convolution(inputs, outputs, 1, norm, stride), norm.build(outputs))

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return self.project(x) + branch


class PaddedSkip(nn.Module):
    """Identity path without parameters: where the shapes differ, x is thinned out and padded by zeros.

    He et al. 2015, option A.
    """

    class Config(SkipConfig):
        pass

    def __init__(self, config: Config, inputs: int, outputs: int, stride: int, norm: NormConfig) -> None:
        super().__init__()
        self.stride, self.missing = stride, outputs - inputs

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.missing)) + branch  # b c h w -> b c+missing h w


class ProjectionSkip(nn.Module):
    """A 1x1 convolution of x in every block: W x + F(x).

    He et al. 2015, option C.
    """

    class Config(SkipConfig):
        pass

    def __init__(self, config: Config, inputs: int, outputs: int, stride: int, norm: NormConfig) -> None:
        super().__init__()
        self.project = nn.Sequential(convolution(inputs, outputs, 1, norm, stride), norm.build(outputs))

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return self.project(x) + branch


class NoSkip(nn.Module):
    """No identity path: F(x) alone, so that the blocks are a plain stack of layers."""

    class Config(SkipConfig):
        keeps = False

    def __init__(self, config: Config, inputs: int, outputs: int, stride: int, norm: NormConfig) -> None:
        super().__init__()

    def forward(self, x: Tensor, branch: Tensor) -> Tensor:
        return branch


class ResidualBlockConfig(Config):
    """Base of every residual block: `build(inputs, width, stride)` maps `b c h w` to `b c' h' w'`."""

    norm: NormConfig = Field(BatchNorm.Config(), description="normalization beside every convolution")
    activation: ActivationConfig = Field(ReLU.Config(), description="activation between convolutions")
    skip: SkipConfig = Field(IdentitySkip.Config(), description="how the input joins the branch")

    convolutions: ClassVar[int]
    """Layers on the branch; they make up the depth in a network's name."""

    def outputs(self, width: int) -> int:
        """Channels that come out."""
        return width

    def check(self, width: int) -> None:
        """Raise ValueError, saying what to change, if a block of this width cannot be built."""
        self.norm.check(width)
        self.norm.check(self.outputs(width))

    def closing(self, channels: int) -> nn.Module:
        """What a stack of such blocks needs after the last one."""
        return nn.Identity()


class BasicBlock(nn.Module):
    """Basic block: two 3x3 convolutions, y = f(x + F(x)).

    He et al. 2015, figure 5, left.
    """

    class Config(ResidualBlockConfig):
        convolutions = 2

    def __init__(self, config: Config, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = convolution(inputs, width, 3, config.norm, stride)
        self.norm1 = config.norm.build(width)
        self.activation1 = config.activation.build()
        self.conv2 = convolution(width, width, 3, config.norm)
        self.norm2 = config.norm.build(width)
        self.skip = config.skip.build(inputs, width, stride, config.norm)
        self.activation2 = config.activation.build()
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation1(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return self.output(self.activation2(self.skip(x, y)))


class BottleneckConfig(ResidualBlockConfig):
    """What both bottleneck blocks have in common."""

    expansion: float = Field(4.0, gt=0, le=16, description="how many times more channels come out than the 3x3 one has")
    groups: int = Field(1, ge=1, le=1024, description="groups of the 3x3 convolution (cardinality)")

    convolutions = 3

    def outputs(self, width: int) -> int:
        return round(self.expansion * width)

    def check(self, width: int) -> None:
        super().check(width)
        check_divides(self.groups, width, f"{width} channels do not divide into {self.groups} groups")


class Bottleneck(nn.Module):
    """Bottleneck block: 1x1 down, 3x3, 1x1 up, so that the 3x3 is cheap; y = f(x + F(x)).

    He et al. 2015, figure 5, right.

    With `groups` it is ResNeXt's block (Xie et al. 2017, arXiv:1611.05431, figure 3c). The stride is on the 3x3
    convolution, as in torchvision ("v1.5"), not on the first as in the paper.
    """

    class Config(BottleneckConfig):
        pass

    def __init__(self, config: Config, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = config.outputs(width)
        self.conv1 = convolution(inputs, width, 1, config.norm)
        self.norm1 = config.norm.build(width)
        self.activation1 = config.activation.build()
        self.conv2 = convolution(width, width, 3, config.norm, stride, config.groups)
        self.norm2 = config.norm.build(width)
        self.activation2 = config.activation.build()
        self.conv3 = convolution(width, outputs, 1, config.norm)
        self.norm3 = config.norm.build(outputs)
        self.skip = config.skip.build(inputs, outputs, stride, config.norm)
        self.activation3 = config.activation.build()
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation1(self.norm1(self.conv1(x)))
        y = self.activation2(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return self.output(self.activation3(self.skip(x, y)))


class PreActivationBlock(nn.Module):
    """Pre-activation basic block: y = x + F(f(x)), nothing on the identity path at all.

    He et al. 2016, figure 4e.
    """

    class Config(ResidualBlockConfig):
        convolutions = 2

        def closing(self, channels: int) -> nn.Module:
            return nn.Sequential(self.norm.build(channels), self.activation.build())

    def __init__(self, config: Config, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.norm1 = config.norm.build(inputs)
        self.activation1 = config.activation.build()
        self.conv1 = convolution(inputs, width, 3, config.norm, stride)
        self.norm2 = config.norm.build(width)
        self.activation2 = config.activation.build()
        self.conv2 = convolution(width, width, 3, config.norm)
        self.skip = config.skip.build(inputs, width, stride, NoNorm.Config())
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(self.activation1(self.norm1(x)))
        y = self.conv2(self.activation2(self.norm2(y)))
        return self.output(self.skip(x, y))


class PreActivationBottleneck(nn.Module):
    """Pre-activation bottleneck block: y = x + F(f(x)) with 1x1, 3x3 and 1x1 convolutions.

    He et al. 2016, figure 4e.
    """

    class Config(BottleneckConfig):
        def closing(self, channels: int) -> nn.Module:
            return nn.Sequential(self.norm.build(channels), self.activation.build())

    def __init__(self, config: Config, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = config.outputs(width)
        self.norm1 = config.norm.build(inputs)
        self.activation1 = config.activation.build()
        self.conv1 = convolution(inputs, width, 1, config.norm)
        self.norm2 = config.norm.build(width)
        self.activation2 = config.activation.build()
        self.conv2 = convolution(width, width, 3, config.norm, stride, config.groups)
        self.norm3 = config.norm.build(width)
        self.activation3 = config.activation.build()
        self.conv3 = convolution(width, outputs, 1, config.norm)
        self.skip = config.skip.build(inputs, outputs, stride, NoNorm.Config())
        self.output = Tap("b c h w")

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(self.activation1(self.norm1(x)))
        y = self.conv2(self.activation2(self.norm2(y)))
        y = self.conv3(self.activation3(self.norm3(y)))
        return self.output(self.skip(x, y))
