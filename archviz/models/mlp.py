"""MLP: the network that assumes nothing about an image but that it is a row of numbers.

Rumelhart, Hinton & Williams 1986; LeCun et al. 1998, section III.C.4.

    image -> row of pixels -> dense layers -> classifier

B batch, C channels, H W height and width. Every unit sees every pixel with a weight of its own: shuffle all images in
the same way, and it learns just as well.
"""

import math

import torch
from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.activation import ReLU
from archviz.blocks.dense_head import DenseHead
from archviz.blocks.dropout import NoDropout
from archviz.blocks.initialization import InitConfig, TorchDefault
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.core.tap import Tap


class MLP(nn.Module):
    """Multilayer perceptron: images `b c h w` in, one logit for each class out.

    LeCun et al. 1998, section III.C.4.
    """

    class Config(ModelConfig):
        shape: tuple[int, int, int] = Field((1, 28, 28), description="channels, height and width of the images")
        classes: int = Field(10, ge=2, le=100_000, description="classes to choose between")
        layers: DenseHead.Config = Field(
            DenseHead.Config(hidden=(300, 100), activation=ReLU.Config(), dropout=NoDropout.Config()),
            description="the dense layers",
        )
        init: InitConfig = Field(TorchDefault.Config(), description="how parameters are drawn")

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(len(config.layers.hidden) + 1)
        self.pixels = Tap("b d")
        self.layers = config.layers.build(math.prod(config.shape), config.classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.pixels(x.flatten(1)))  # b c h w -> b (c h w)

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def small_mlp(
    shape: tuple[int, int, int] = (1, 16, 16), hidden: tuple[int, ...] = (56, 56), classes: int = 10
) -> MLP.Config:
    """A perceptron for small pictures."""
    dense = DenseHead.Config(hidden=hidden, activation=ReLU.Config(), dropout=NoDropout.Config())
    return MLP.Config(shape=shape, classes=classes, layers=dense)


MODELS = (
    Architecture(
        name="lenet-300-100",
        title="Two hidden layers, 300 and 100",
        scale="paper",
        config=MLP.Config(),
        inputs=Inputs(shape=(1, 28, 28)),
        source="LeCun et al. 1998, section III.C.4, with rectified units",
    ),
    Architecture(
        name="mlp-tiny",
        title="MLP for MNIST",
        scale="playground",
        config=small_mlp(),
        inputs=Inputs(shape=(1, 16, 16)),
        source="after LeCun et al. 1998",
    ),
)
