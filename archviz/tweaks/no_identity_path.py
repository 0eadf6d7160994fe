"""Plain stack: residual blocks without their identity path."""

from archviz.blocks.residual import NoSkip, SkipConfig
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every skip becomes none."""
    return swap(setup, SkipConfig, lambda skip: NoSkip.Config())


TWEAK = Tweak(
    slug="no-identity-path",
    title="No identity path",
    text="Takes the shortcut x out of every residual block, so that the same convolutions form a plain stack. "
    "With the shortcut a block only has to learn a correction, and the gradient reaches early layers unchanged through "
    "the sum. Without it every layer stands in the way: the deeper the stack, the harder it is to train, even on the "
    "training set itself.",
    formula=r"y = F(x) + x \quad\longrightarrow\quad y = F(x)",
    source="He et al. 2015, arXiv:1512.03385, section 3 and figure 1",
    needs="residual blocks with an identity path",
    change=change,
)
