"""Dense head: what AlexNet and VGG put on top of their convolutions; it has most of their parameters."""

from collections import OrderedDict
from typing import Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.activation import ActivationConfig, ReLU
from archviz.blocks.dropout import Dropout, DropoutConfig
from archviz.core.config import Config as PartConfig


class DenseHead(nn.Module):
    """Dense head: layers that see the whole image at once, then one logit for each class; `b d -> b k`.

    Krizhevsky et al. 2012, sections 3.5 and 4.2: dropout sets outputs of hidden units to 0.
    """

    class Config(PartConfig):
        hidden: tuple[int, ...] = Field((4096, 4096), max_length=8, description="units of each hidden layer")
        activation: ActivationConfig = Field(ReLU.Config(), description="activation of the hidden layers")
        dropout: DropoutConfig = Field(Dropout.Config(rate=0.5), description="dropout of the hidden units")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            if min(self.hidden, default=1) < 1:
                raise ValueError("a hidden layer needs at least one unit; leave the layer out instead")
            return self

    def __init__(self, config: Config, inputs: int, classes: int) -> None:
        super().__init__()
        layers = []
        for units in config.hidden:
            parts = OrderedDict[str, nn.Module](
                linear=nn.Linear(inputs, units), activation=config.activation.build(), dropout=config.dropout.build()
            )
            layers.append(nn.Sequential(parts))
            inputs = units
        self.hidden = nn.Sequential(*layers)
        self.output = nn.Linear(inputs, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.hidden(x))
