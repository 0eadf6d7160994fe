"""Tanh instead of ReLU."""

from archviz.blocks.activation import ReLU, Tanh
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every rectified unit becomes a hyperbolic tangent."""
    return swap(setup, ReLU.Config, lambda activation: Tanh.Config())


TWEAK = Tweak(
    slug="tanh",
    title="Tanh",
    text="Every rectified unit becomes a hyperbolic tangent, the usual choice before 2010. Its outputs are centred on "
    "zero and its slope there is 1, so signals and gradients pass. Far from zero it is flat: a unit that is driven "
    "there hardly learns any more. ReLU is never flat on its positive side, and cheaper to compute.",
    formula=r"\max(0, x) \quad\longrightarrow\quad \tanh x, \qquad \tanh' x = 1 - \tanh^2 x \le 1",
    source="LeCun et al. 1998; Krizhevsky et al. 2012, section 3.1",
    needs="rectified units",
    change=change,
)
