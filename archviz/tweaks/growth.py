"""Growth: what a larger budget of multiplications is spent on."""

from functools import partial

from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak
from archviz.models.efficientnet import DepthGrowth, GrowthConfig, ResolutionGrowth, WidthGrowth

SOURCE = "Tan & Le 2019, arXiv:1905.11946, equations 2 and 3, figure 3 and table 7"
NEEDS = "an EfficientNet that grows in another way"


def change(setup: Setup, growth: GrowthConfig) -> Setup:
    """Every network that grows to a budget grows in this way."""
    return swap(setup, GrowthConfig, lambda old: growth)


WIDTH = Tweak(
    slug="width-only",
    title="Wider only",
    text="Spends all extra multiplications on channels: every layer becomes wider, the number of layers and the images "
    "stay as they are. The cost of a 1x1 convolution grows with the square of the width, so four times the budget "
    "buys twice the channels. A wide and shallow network sees many small features, and has few steps to combine them.",
    formula=r"w = \sqrt{b}, \quad d = r = 1, \qquad \text{MACs} \propto d\, w^2\, r^2",
    source=SOURCE,
    needs=NEEDS,
    change=partial(change, growth=WidthGrowth.Config()),
)
DEPTH = Tweak(
    slug="depth-only",
    title="Deeper only",
    text="Spends all extra multiplications on blocks: stages become longer, channels and images stay as they are. "
    "The cost grows with the number of blocks, so four times the budget buys four times the depth. Each place then "
    "sees farther and in more steps, but the stream between blocks stays narrow and longer stacks are harder to train.",
    formula=r"d = b, \quad w = r = 1, \qquad \text{MACs} \propto d\, w^2\, r^2",
    source=SOURCE,
    needs=NEEDS,
    change=partial(change, growth=DepthGrowth.Config()),
)
RESOLUTION = Tweak(
    slug="resolution-only",
    title="Finer only",
    text="Spends all extra multiplications on pixels: the same network looks at finer images. The cost grows with the "
    "area, so four times the budget buys twice the pixels a side. Finer patterns can be told apart, but each filter "
    "now covers a smaller part of the picture, and there are neither more layers to see as far as before nor more "
    "channels for what is new.",
    formula=r"r = \sqrt{b}, \quad d = w = 1, \qquad \text{MACs} \propto d\, w^2\, r^2",
    source=SOURCE,
    needs=NEEDS,
    change=partial(change, growth=ResolutionGrowth.Config()),
)
TWEAK = (WIDTH, DEPTH, RESOLUTION)
