"""Pre-activation blocks: nothing stands on the identity path."""

from archviz.blocks.residual import BasicBlock, Bottleneck, PreActivationBlock, PreActivationBottleneck
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every block becomes its pre-activation variant, of the same parts."""
    setup = swap(setup, BasicBlock.Config, lambda block: PreActivationBlock.Config(**dict(block)))
    return swap(setup, Bottleneck.Config, lambda block: PreActivationBottleneck.Config(**dict(block)))


TWEAK = Tweak(
    slug="pre-activation",
    title="Pre-activation",
    text="Moves normalization and activation in front of each convolution. In the original block a ReLU stands behind "
    "the sum, so even the identity path passes through one activation per block. With pre-activation the path from the "
    "first to the last block is a pure sum: signals and gradients travel it unchanged, which helps very deep networks.",
    formula=r"f\big(x + F(x)\big) \quad\longrightarrow\quad x + F\big(f(x)\big)",
    source="He et al. 2016, arXiv:1603.05027, figure 4",
    needs="post-activation residual blocks",
    change=change,
)
