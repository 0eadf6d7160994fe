"""Group norm instead of batch norm."""

from archviz.blocks.norm import BatchNorm, GroupNorm
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every batch normalization becomes group normalization over 4 groups."""
    return swap(setup, BatchNorm.Config, lambda norm: GroupNorm.Config(groups=4))


TWEAK = Tweak(
    slug="group-norm",
    title="Group norm",
    text="Normalizes each image by itself, over 4 groups of channels, instead of each channel over the batch. The "
    "result for an image then depends on no other image, so nothing changes between training and evaluation and tiny "
    "batches do no harm. The regularizing noise of batch statistics is gone as well.",
    formula=r"\mu_{c} = \operatorname{mean}_{b,h,w} \quad\longrightarrow\quad"
    r" \mu_{b,g} = \operatorname{mean}_{c \in g,\,h,\,w}",
    source="Wu & He 2018, arXiv:1803.08494",
    needs="batch normalization",
    change=change,
)
