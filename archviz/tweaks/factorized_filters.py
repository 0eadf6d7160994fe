"""Factorized filters: every large square filter becomes a row and a column."""

from archviz.blocks.filters import FactorizedFilter, SquareFilter
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every square filter becomes a 1 x n and an n x 1 convolution."""
    return swap(setup, SquareFilter.Config, lambda square: FactorizedFilter.Config())


TWEAK = Tweak(
    slug="factorized-filters",
    title="1×n and n×1",
    text="Replaces every large n x n filter by two thin ones in a row: 1 x n looks along the row, n x 1 along the "
    "column. Together they see the same n x n pixels for 2/n of the weights and multiplications, with one more "
    "activation in between. What is lost: a row times a column is a matrix of rank 1, so a single pair cannot be "
    "every n x n filter. Over many channels the pairs add up to more.",
    formula=r"n^2\,C^2 \quad\longrightarrow\quad n\,C^2 + n\,C^2 = \frac{2}{n}\; n^2\,C^2",
    source="Szegedy et al. 2015, arXiv:1512.00567, section 3.2 and figure 6",
    needs="square filters in Inception modules",
    change=change,
)
