"""Local response normalization in the first two layers."""

from archviz.blocks.norm import LocalResponseNorm, NoNorm
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """The first two layers get local response normalization, where they have none."""
    return swap(setup, NoNorm.Config, lambda norm: LocalResponseNorm.Config(), where="model.layers.[01].norm")


TWEAK = Tweak(
    slug="local-response-norm",
    title="Local response norm",
    text="Divides each activation of the first two layers by the activity of its five neighbouring channels at the "
    "same place: strong units damp the ones beside them, as neurons do. There is nothing to learn in it. It stands "
    "where AlexNet has it, after the rectified units of layers one and two, with AlexNet's constants.",
    formula=r"y_c = \frac{x_c}{\bigl(k + \alpha \sum_{c'=c-2}^{c+2} x_{c'}^2\bigr)^\beta},"
    r" \quad k = 2,\; \alpha = 10^{-4},\; \beta = \tfrac34",
    source="Krizhevsky et al. 2012, section 3.3",
    needs="layers one and two of an AlexNet without normalization",
    change=change,
)
