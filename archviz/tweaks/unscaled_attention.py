"""Unscaled attention: dot products without the division by sqrt(d)."""

from archviz.blocks.attention import DotProduct, ScaledDotProduct
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every scaled dot product becomes a plain one."""
    return swap(setup, ScaledDotProduct.Config, lambda scale: DotProduct.Config())


TWEAK = Tweak(
    slug="unscaled-attention",
    title="No 1/√d scale",
    text="Leaves the division by the square root of the head width out of attention. The dot product of two random "
    "vectors of unit variance and width d has variance d, so with wide heads the largest score runs away from the "
    "others: softmax puts nearly all its weight on one position, its gradient vanishes, and the choice is frozen "
    "before anything was learned. Dividing by the square root of d keeps the variance at 1 for every width.",
    formula=r"\operatorname{softmax}\!\left(\frac{QK^\top}{\sqrt d}\right)V"
    r" \quad\longrightarrow\quad \operatorname{softmax}\!\left(QK^\top\right)V",
    source="Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1 and footnote 4",
    needs="attention with scaled dot products",
    change=change,
)
