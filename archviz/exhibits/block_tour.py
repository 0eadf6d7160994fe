"""A tour of the blocks: what each layer, norm, activation and connection does to a tensor."""

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from pydantic import Field
from torch import Tensor, nn

from archviz.blocks import activation, norm, pooling
from archviz.blocks.dropout import Dropout
from archviz.core.picture import Picture, grey
from archviz.core.record import Record
from archviz.core.results import Heatmap, Histogram, Table
from archviz.core.spec import Exhibit
from archviz.engine.initialize import initialize
from archviz.engine.sliding import KERNELS, rows

CHANNELS = 6
BINS = 40

Block = Callable[[Tensor], Tensor]


class Dense(nn.Module):
    """Every value of an image with every other: `b c h w`, by one matrix over all of them."""

    def __init__(self, values: int) -> None:
        super().__init__()
        self.linear = nn.Linear(values, values)

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.linear(x.flatten(1))
        return mixed.view_as(x)  # b (c h w) -> b c h w


class Residual(nn.Module):
    """A convolution with the skip connection around it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + F.relu(self.conv(x))


class Concatenation(nn.Module):
    """The input and what a convolution makes of it, one behind the other."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((x, F.relu(self.conv(x))), 1)


def attended(x: Tensor) -> Tensor:
    """Each place becomes a mean of all places, weighted by how alike they are: attention without matrices."""
    places = rearrange(x, "b c h w -> b (h w) c")
    mixed = F.scaled_dot_product_attention(places, places, places)
    return rearrange(mixed, "b (h w) c -> b c h w", h=x.shape[2])


BLOCKS: Mapping[str, Callable[[Tensor], Block]] = {
    "convolution 3 x 3": lambda x: nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
    "convolution 1 x 1": lambda x: nn.Conv2d(CHANNELS, CHANNELS, 1),
    "depthwise convolution": lambda x: nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, groups=CHANNELS),
    "dense layer": lambda x: Dense(x[0].numel()),
    "attention": lambda x: attended,
    "max pooling": lambda x: pooling.MaxPool.Config().build(),
    "mean pooling": lambda x: pooling.MeanPool.Config().build(),
    "batch norm": lambda x: norm.BatchNorm.Config().build(CHANNELS),
    "layer norm": lambda x: norm.LayerNorm.Config().build(CHANNELS),
    "group norm": lambda x: norm.GroupNorm.Config(groups=2).build(CHANNELS),
    "instance norm": lambda x: norm.InstanceNorm.Config().build(CHANNELS),
    "local response norm": lambda x: norm.LocalResponseNorm.Config(alpha=1.0).build(CHANNELS),
    "ReLU": lambda x: activation.ReLU.Config().build(),
    "tanh": lambda x: activation.Tanh.Config().build(),
    "sigmoid": lambda x: activation.Sigmoid.Config().build(),
    "GELU": lambda x: activation.GELU.Config().build(),
    "SiLU": lambda x: activation.SiLU.Config().build(),
    "dropout": lambda x: Dropout.Config(rate=0.5).build(),
    "residual connection": lambda x: Residual(),
    "concatenation": lambda x: Concatenation(),
}
"""Layers, poolings, norms, activations, dropout, connections; made for the tensor that they will see."""


class TourOptions(Record):
    """Which block, and how strong its input is."""

    block: Literal[
        "convolution 3 x 3",
        "convolution 1 x 1",
        "depthwise convolution",
        "dense layer",
        "attention",
        "max pooling",
        "mean pooling",
        "batch norm",
        "layer norm",
        "group norm",
        "instance norm",
        "local response norm",
        "ReLU",
        "tanh",
        "sigmoid",
        "GELU",
        "SiLU",
        "dropout",
        "residual connection",
        "concatenation",
    ] = Field("ReLU", description="the block that the tensor goes through, in training, with its first random weights")
    scale: float = Field(1.0, ge=0.1, le=5.0, description="what the input is multiplied by before")
    shift: float = Field(0.0, ge=-3.0, le=3.0, description="what is added to it then")
    channel: int = Field(1, ge=1, le=CHANNELS, description="which channel of the input and the output is drawn")


def tensor(options: TourOptions, picture: Picture) -> Tensor:
    """Two examples, the picture and its negative, of six channels: the brightness and what five kernels make of it."""
    bright = torch.from_numpy(np.array(grey(picture)))
    images = torch.stack((bright, 1 - bright))[:, None]  # 2 1 h w
    kernels = torch.tensor(list(KERNELS.values()))[:, None]  # 5 1 3 3
    channels = torch.cat((images, F.conv2d(images, kernels, padding=1)), 1)
    middle = channels.mean((0, 2, 3), keepdim=True)
    return (channels - middle) / channels.std() * options.scale + options.shift


@torch.no_grad()
def show(options: TourOptions, picture: Picture | None) -> tuple[Table, Heatmap, Heatmap, Histogram, Histogram]:
    """What goes in and what comes out: numbers, one channel of the picture, and how all values are spread."""
    assert picture is not None
    before = tensor(options, picture)
    block = BLOCKS[options.block](before)
    if isinstance(block, nn.Module):
        initialize(block, 0)
        block.train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # dropout
        after = block(before)
    parameters = sum(p.numel() for p in block.parameters()) if isinstance(block, nn.Module) else 0
    channel = options.channel - 1
    return (
        Table(
            title=f"{options.block}: {parameters:,} parameters",
            columns=("tensor", "shape", "mean", "deviation", "smallest", "largest", "zeros"),
            rows=(_statistics("in", before), _statistics("out", after)),
        ),
        _drawn(f"In, channel {options.channel}", before[0, channel]),
        _drawn(f"Out, channel {options.channel}", after[0, channel]),
        _spread("All values that go in", before),
        _spread("All values that come out", after),
    )


def _statistics(name: str, x: Tensor) -> tuple[str | float, ...]:
    shape = " × ".join(map(str, x.shape[1:]))
    numbers = (x.mean(), x.std(), x.min(), x.max(), (x == 0).float().mean())
    return name, shape, *(round(number.item(), 3) for number in numbers)


def _drawn(title: str, plane: Tensor) -> Heatmap:
    return Heatmap(title=title, x_label="column", y_label="row", label="value", values=rows(plane.numpy()), signed=True)


def _spread(title: str, x: Tensor) -> Histogram:
    low, high = x.min().item(), x.max().item()
    if high - low < 1e-6:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(x.numpy(), BINS, (low, high))
    return Histogram(title=title, label="value", edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))


EXHIBIT = Exhibit(
    slug="block-tour",
    title="Tour of the blocks",
    text="One tensor, and every kind of block that the book is made of. Layers mix values: a convolution neighbours, a "
    "dense layer everything, attention what is alike. Norms bring mean and spread back to where they should be: turn "
    "up scale and shift and see what is left of them. Activations bend each value by itself. A residual connection "
    "keeps the input, a concatenation puts the result beside it.",
    source="the blocks of this book, with their first random weights",
    options=TourOptions,
    show=show,
    takes_image=True,
    image_size=24,
)
