"""A multilayer perceptron instead of the network, with as many parameters."""

from archviz.core.setup import Setup
from archviz.core.size import parameters
from archviz.core.spec import Tweak
from archviz.models.mlp import small_mlp

WIDEST = 4096


def change(setup: Setup) -> Setup:
    """The model becomes a perceptron with two equally wide hidden layers and as many parameters, as near as it gets."""
    inputs = setup.recipe.dataset.inputs
    if inputs.tokens or len(inputs.shape) != 3:
        raise ValueError("it reads images, and this network reads a sequence")
    channels, height, width = inputs.shape
    wanted, classes = parameters(setup.model), setup.recipe.dataset.outputs
    pixels, low, high = channels * height * width, 1, WIDEST
    while low < high:  # the narrowest with at least as many
        units = (low + high) // 2
        low, high = (low, units) if _count(pixels, units, classes) >= wanted else (units + 1, high)
    units = min((max(1, low - 1), low), key=lambda units: abs(_count(pixels, units, classes) - wanted))
    return setup.replace(model=small_mlp((channels, height, width), (units, units), classes))


def _count(pixels: int, units: int, classes: int) -> int:
    return (pixels + 1) * units + (units + 1) * units + (units + 1) * classes


TWEAK = Tweak(
    slug="fully-connected",
    title="Fully connected",
    text="Replaces the network by two dense layers with as many parameters in all. Every unit sees every pixel with a "
    "weight of its own, so nothing is assumed about images: shuffle the pixels of all of them in the same way, and it "
    "learns just as well. What it has learned about a pattern in one place it does not know in another.",
    formula=r"y_i = \sum_{j} w_{ij} x_j \quad\text{instead of}\quad y_i = \sum_{\delta} w_{\delta}\, x_{i + \delta}",
    source="LeCun et al. 1998, section II.A",
    needs="a network that is not fully connected",
    change=change,
)
