"""No positions: nothing says where a token or a patch stands."""

from archviz.blocks.grid_attention import NoPositionBias, RelativePositionBias
from archviz.blocks.positions import NoPositions, PositionsConfig
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every position code and every relative bias becomes none."""
    setup = swap(setup, PositionsConfig, lambda positions: NoPositions.Config())
    return swap(setup, RelativePositionBias.Config, lambda bias: NoPositionBias.Config())


TWEAK = Tweak(
    slug="no-positions",
    title="No positions",
    text="Takes away everything that says where a patch lies. Attention treats its inputs as a set: permute the "
    "patches, and the outputs are permuted the same way. The average of all patches, or the class token, then does "
    "not change at all. The network cannot tell an image from a puzzle of its patches; what it learns, it learns from "
    "what is inside the patches and how often it occurs.",
    formula=r"x_i + p_i \quad\longrightarrow\quad x_i, \qquad f(\pi(x)) = f(x) \;\text{ for every permutation } \pi",
    source="Dosovitskiy et al. 2020, arXiv:2010.11929, appendix D.4",
    needs="positions",
    change=change,
)
