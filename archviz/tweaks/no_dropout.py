"""No dropout: every hidden unit takes part in every step."""

from archviz.blocks.dropout import Dropout, NoDropout
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every dropout becomes none."""
    return swap(setup, Dropout.Config, lambda dropout: NoDropout.Config())


TWEAK = Tweak(
    slug="no-dropout",
    title="No dropout",
    text="Takes dropout out of the dense layers. With it, each hidden unit is silent with probability p in every "
    "training step, so no unit can rely on a particular other one, and the net is an average over many thinner ones. "
    "Without it a large net learns few examples by heart.",
    formula=r"h \odot \frac{m}{1 - p}, \; m_i \sim \operatorname{Bernoulli}(1 - p)"
    r" \quad\longrightarrow\quad h",
    source="Srivastava et al. 2014, JMLR 15; Krizhevsky et al. 2012, section 4.2",
    needs="dropout",
    change=change,
)
