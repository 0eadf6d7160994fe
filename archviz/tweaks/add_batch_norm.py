"""Batch normalization in every layer that has none."""

from archviz.blocks.norm import BatchNorm, NoNorm
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every layer without normalization gets batch normalization."""
    return swap(setup, NoNorm.Config, lambda norm: BatchNorm.Config())


TWEAK = Tweak(
    slug="add-batch-norm",
    title="Batch norm",
    text="Gives every convolutional layer batch normalization: each channel is brought to mean zero and variance one "
    "over the batch, and then to a mean and variance that are learned. It replaced local response normalization three "
    "years after AlexNet.",
    formula=r"y = \gamma\,\frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}} + \beta",
    source="Ioffe & Szegedy 2015, arXiv:1502.03167",
    needs="layers without normalization",
    change=change,
)
