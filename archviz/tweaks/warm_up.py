"""Warm-up: the learning rate rises slowly at the start."""

from archviz.core.config import edit
from archviz.core.setup import Setup
from archviz.core.spec import Tweak

SHARE = 0.75
"""Share of all steps over which the learning rate rises."""


def change(setup: Setup) -> Setup:
    """A linear rise over the first three quarters of training."""
    return edit(setup, "recipe", warmup=max(1, round(SHARE * setup.recipe.steps)))


TWEAK = Tweak(
    slug="warm-up",
    title="Warm-up",
    text="Lets the learning rate rise linearly from 0 over the first three quarters of this short training. Early "
    "gradients are the least trustworthy: the weights are random, and Adam's estimates of gradient size rest on few "
    "steps. Small steps at first keep a Post-LN stack from being thrown off before it can be trained.",
    formula=r"\eta_t = \eta \min\!\left(1, \frac{t}{T_{\text{warm-up}}}\right)",
    source="Vaswani et al. 2017, arXiv:1706.03762, section 5.3; Xiong et al. 2020, arXiv:2002.04745",
    needs="a recipe without such a warm-up",
    change=change,
)
