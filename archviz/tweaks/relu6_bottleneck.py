"""ReLU6 bottleneck: the narrow end of every inverted residual block gets an activation as well."""

from archviz.blocks.inverted_residual import LinearBottleneck, ReLU6Bottleneck
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every linear bottleneck becomes one that ends in ReLU6."""
    return swap(setup, LinearBottleneck.Config, lambda linear: ReLU6Bottleneck.Config())


TWEAK = Tweak(
    slug="relu6-bottleneck",
    title="ReLU6 bottleneck",
    text="Puts ReLU6 after the last 1x1 convolution of every inverted residual block, as after every other layer. That "
    "layer is the narrow one: few channels carry all that the block hands on. ReLU sets what is negative to zero, and "
    "in few channels there is no second copy of it: it is lost. In many channels the rest still tells what was there. "
    "So MobileNetV2 leaves the narrow end linear.",
    formula=r"x_{l+1} = x_l + F(x_l) \quad\longrightarrow\quad x_{l+1} = x_l + \min(\max(F(x_l), 0), 6)",
    source="Sandler et al. 2018, arXiv:1801.04381, section 3.2 and figures 1 and 6a",
    needs="linear bottlenecks",
    change=change,
)
