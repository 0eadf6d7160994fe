"""Stacked filters: every large square filter becomes several of 3 x 3."""

from archviz.blocks.filters import SquareFilter, StackedFilter
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every square filter becomes as many 3 x 3 convolutions as see the same pixels."""
    return swap(setup, SquareFilter.Config, lambda square: StackedFilter.Config())


TWEAK = Tweak(
    slug="stacked-filters",
    title="Stacked 3×3",
    text="Replaces every large n x n filter by (n - 1)/2 filters of 3 x 3, one after the other. Each adds one pixel on "
    "every side, so the last one sees n x n pixels of the first one's input: three of them replace a 7 x 7 for 27/49 "
    "of its weights, with two more activations in between. Pixels near the middle are reached on many more ways than "
    "those at the border, so the field that really counts is narrower than n x n.",
    formula=r"n^2\,C^2 \quad\longrightarrow\quad \frac{n-1}{2}\cdot 9\,C^2",
    source="Simonyan & Zisserman 2014, arXiv:1409.1556, section 2.3; Szegedy et al. 2015, arXiv:1512.00567, "
    "section 3.1",
    needs="square filters in Inception modules",
    change=change,
)
