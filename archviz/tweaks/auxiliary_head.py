"""Auxiliary head: a second classifier halfway up, which only training uses."""

from archviz.blocks.auxiliary import DenseAuxiliaryHead
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak
from archviz.models.googlenet import InceptionNetwork


def change(setup: Setup) -> Setup:
    """Every Inception network without auxiliary heads gets one in the middle of its blocks."""

    def with_head(model: InceptionNetwork.Config) -> InceptionNetwork.Config:
        if model.auxiliary or len(model.blocks) < 2:
            return model
        head = DenseAuxiliaryHead.Config(after=len(model.blocks) // 2 - 1, channels=8, hidden=32)
        return model.replace(auxiliary=(head,))

    return swap(setup, InceptionNetwork.Config, with_head)


TWEAK = Tweak(
    slug="auxiliary-head",
    title="Auxiliary head",
    text="Adds a small classifier halfway up the network. In training its loss is added with a weight of 0.3, so that "
    "the lower half gets a gradient that has not come through the upper half; what the network answers comes from the "
    "last layer alone. It was invented for deep networks without batch normalization. The same authors later found "
    "that it does not speed up the start of training and acts as a regularizer at the end.",
    formula=r"\mathcal{L} = \mathcal{L}_{\text{last}} + 0.3\,\mathcal{L}_{\text{auxiliary}}",
    source="Szegedy et al. 2014, arXiv:1409.4842, section 5; Szegedy et al. 2015, arXiv:1512.00567, section 4",
    needs="an Inception network of two or more blocks without auxiliary heads",
    change=change,
)
