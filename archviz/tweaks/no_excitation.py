"""No squeeze and excitation: every channel passes as it is."""

from archviz.blocks.excitation import NoExcitation, SqueezeExcitation
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every squeeze-and-excitation part becomes none."""
    return swap(setup, SqueezeExcitation.Config, lambda excitation: NoExcitation.Config())


TWEAK = Tweak(
    slug="no-excitation",
    title="No excitation",
    text="Takes squeeze and excitation out of every block. With it, each channel is averaged over the whole image "
    "(squeeze), two small layers look at all averages together, and a sigmoid gives every channel a gate between 0 and "
    "1 by which it is multiplied (excitation). So something seen in one corner can turn a channel down everywhere at "
    "once, for hardly any multiplications, since it works on one number a channel. Without it every place decides by "
    "what lies in its own field of view.",
    formula=r"y_c = x_c \cdot \sigma\!\left(W_2\, f(W_1\, \bar x)\right)_c \quad\longrightarrow\quad y_c = x_c",
    source="Hu et al. 2017, arXiv:1709.01507, equations 2 to 4",
    needs="squeeze and excitation",
    change=change,
)
