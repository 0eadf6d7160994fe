"""Mean pooling instead of max pooling."""

from archviz.blocks.pooling import MaxPool, MeanPool
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every max pooling becomes a mean pooling over the same windows."""
    return swap(setup, MaxPool.Config, lambda pool: MeanPool.Config(size=pool.size, stride=pool.stride))


TWEAK = Tweak(
    slug="mean-pooling",
    title="Mean pooling",
    text="Each pooling window gives the mean of its values instead of the largest. A mean dilutes a pattern that "
    "appears in one corner of the window; a maximum reports that it appeared, wherever that was. In return every "
    "input of a mean gets its share of the gradient, while a maximum passes it on to one alone.",
    formula=r"\max_{(i, j) \in W} x_{ij} \quad\longrightarrow\quad \frac{1}{|W|} \sum_{(i, j) \in W} x_{ij}",
    source="LeCun et al. 1998; Boureau et al. 2010",
    needs="max pooling",
    change=change,
)
