"""No batch norm: activations keep the scale that the weights give them."""

from archviz.blocks.norm import BatchNorm, NoNorm
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every batch normalization becomes none (convolutions get a bias instead)."""
    return swap(setup, BatchNorm.Config, lambda norm: NoNorm.Config())


TWEAK = Tweak(
    slug="no-batch-norm",
    title="No batch norm",
    text="Takes the normalization out of every layer. With it, multiplying a layer's weights by any number changes "
    "nothing in its output and makes its gradient smaller by the same number, so that large steps correct themselves: "
    "the net trains over a wide range of learning rates. Without it a learning rate that is a little too large makes "
    "activations, and then weights, explode.",
    formula=r"\hat x = \gamma\,\frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}} + \beta"
    r" \quad\longrightarrow\quad \hat x = x",
    source="Ioffe & Szegedy 2015, arXiv:1502.03167; Bjorck et al. 2018, arXiv:1806.02375",
    needs="batch normalization",
    change=change,
)
