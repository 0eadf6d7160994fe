"""A class token instead of the mean of all patches."""

from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak
from archviz.models.vit import ClassToken, MeanOfPatches


def change(setup: Setup) -> Setup:
    """What the classifier reads is one more, learned token that looks at the patches."""
    return swap(setup, MeanOfPatches.Config, lambda mean: ClassToken.Config())


TWEAK = Tweak(
    slug="class-token",
    title="Class token",
    text="The classifier needs one vector for the whole image. Instead of the mean over all patches, a learned token "
    "is put before them. It has no pixels of its own: it gathers through attention what the patches know, layer by "
    "layer, and is read at the end. ViT took this from BERT. With a learning rate of its own the mean does as well.",
    formula=r"\frac1L \sum_{i} x_i \quad\longrightarrow\quad x_{\text{class}}",
    source="Dosovitskiy et al. 2020, arXiv:2010.11929, equation 4 and appendix D.3",
    needs="a ViT that averages its patches",
    change=change,
)
