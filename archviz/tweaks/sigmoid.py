"""Sigmoid instead of ReLU."""

from archviz.blocks.activation import ReLU, Sigmoid
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every rectified unit becomes a logistic sigmoid."""
    return swap(setup, ReLU.Config, lambda activation: Sigmoid.Config())


TWEAK = Tweak(
    slug="sigmoid",
    title="Sigmoid",
    text="Every rectified unit becomes a logistic sigmoid. Its slope is at most one quarter, so each layer makes the "
    "gradient that passes through it smaller, and its outputs are all positive, so that layers see a large constant "
    "and a small signal. In a deep stack almost nothing reaches the first layers.",
    formula=r"\max(0, x) \quad\longrightarrow\quad \sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \sigma'(x) \le \tfrac14",
    source="Rumelhart et al. 1986; Glorot & Bengio 2010, section 3",
    needs="rectified units",
    change=change,
)
