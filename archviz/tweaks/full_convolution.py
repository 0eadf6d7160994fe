"""Full convolutions instead of depthwise separable ones."""

from archviz.blocks.separable import DepthwiseSeparable, FullConvolution
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every depthwise separable convolution becomes a full one of the same size."""
    return swap(setup, DepthwiseSeparable.Config, lambda layer: FullConvolution.Config(**dict(layer)))


TWEAK = Tweak(
    slug="full-convolution",
    title="Full convolutions",
    text="Replaces every depthwise separable convolution by an ordinary one. The separable layer works in two steps: "
    "one k x k filter for each channel looks around, then a 1x1 convolution mixes channels. A full convolution does "
    "both at once, with a k x k filter for every pair of channels. For 3x3 filters and many channels that is eight "
    "to nine times the multiplications, for patterns across channels and places that two steps cannot tell apart.",
    formula=r"\frac{k^2 M + M N}{k^2 M N} = \frac{1}{N} + \frac{1}{k^2}"
    r" \quad \text{of the full cost, for } M \text{ channels in, } N \text{ out}",
    source="Howard et al. 2017, arXiv:1704.04861, section 3.1, equations 2 to 5, and table 4",
    needs="depthwise separable convolutions",
    change=change,
)
