"""A vision transformer instead of the network, with as many parameters."""

from archviz.core.setup import Setup
from archviz.core.size import parameters
from archviz.core.spec import Tweak
from archviz.models.vit import ViT, small_vit

HEADS = 2
WIDTHS = range(2 * HEADS, 257, HEADS)
PATCH_SIZES = (4, 7, 2, 1)


def change(setup: Setup) -> Setup:
    """The model becomes a transformer of two blocks over patches, with as many parameters, as near as it gets."""
    inputs = setup.recipe.dataset.inputs
    if inputs.tokens or len(inputs.shape) != 3 or inputs.shape[1] != inputs.shape[2]:
        raise ValueError("it reads square images")
    wanted = parameters(setup.model)
    low, high = 0, len(WIDTHS) - 1
    while low < high:  # the narrowest with at least as many
        middle = (low + high) // 2
        enough = parameters(_vit(setup, WIDTHS[middle])) >= wanted
        low, high = (low, middle) if enough else (middle + 1, high)
    near = [_vit(setup, WIDTHS[index]) for index in (max(0, low - 1), low)]
    return setup.replace(model=min(near, key=lambda model: abs(parameters(model) - wanted)))


def _vit(setup: Setup, width: int) -> ViT.Config:
    channels, size, _ = setup.recipe.dataset.inputs.shape
    return small_vit(
        image_size=size,
        patch_size=next(patch for patch in PATCH_SIZES if size % patch == 0),
        heads=HEADS,
        width=width,
        in_channels=channels,
        classes=setup.recipe.dataset.outputs,
    )


TWEAK = Tweak(
    slug="patch-transformer",
    title="Vision transformer",
    text="Replaces the network by a small vision transformer with as many parameters. The image is cut into patches; "
    "within a patch everything is connected, and attention decides anew for each image which patches look at which. "
    "That pixels lie side by side, or that a pattern may stand anywhere, it has to learn from examples.",
    formula=r"y_i = \sum_j \operatorname{softmax}_j\!\left(\frac{q_i^\top k_j}{\sqrt d}\right) v_j",
    source="Dosovitskiy et al. 2020, arXiv:2010.11929",
    needs="a network that is not this transformer",
    change=change,
)
