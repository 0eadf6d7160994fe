"""Relative positions: a number for each offset of two patches instead of a vector for each place."""

from archviz.blocks.grid_attention import GridAttention, RelativePositionBias
from archviz.blocks.positions import NoPositions
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak
from archviz.models.vit import ViT


def change(setup: Setup) -> Setup:
    """Every ViT tells places by a bias of its attention scores, for all offsets of its grid."""

    def relative(model: ViT.Config) -> ViT.Config:
        bias = RelativePositionBias.Config(reach=max(1, model.grid - 1))
        biased = swap(model, GridAttention.Config, lambda attention: attention.replace(position_bias=bias))
        return biased.replace(positions=NoPositions.Config())

    return swap(setup, ViT.Config, relative)


TWEAK = Tweak(
    slug="relative-positions",
    title="Relative positions",
    text="Replaces the learned vector of each place by a learned number for each offset: how many rows and columns "
    "two patches are apart, in each head. It is added to their attention score. A patch then knows where others are "
    "as seen from itself, and not where it lies in the image. An offset means the same at every image size, so nothing "
    "has to be interpolated for larger images; offsets never seen in training count as the largest that was.",
    formula=r"\mathrm{softmax}\!\Big(\tfrac{q_i k_j^\top}{\sqrt d}\Big) \quad\longrightarrow\quad "
    r"\mathrm{softmax}\!\Big(\tfrac{q_i k_j^\top}{\sqrt d} + b_{\,i-j}\Big)",
    source="Shaw et al. 2018, arXiv:1803.02155; Liu et al. 2021, arXiv:2103.14030, equation 4",
    needs="a ViT with another kind of positions",
    change=change,
)
