"""Bottleneck blocks instead of basic ones, at the same depth."""

from archviz.blocks.residual import BasicBlock, Bottleneck
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak
from archviz.models.resnet import ResNet


def change(setup: Setup) -> Setup:
    """Every ResNet of basic blocks becomes one of bottlenecks with as many layers."""

    def narrow(model: ResNet.Config) -> ResNet.Config:
        if not isinstance(model.block, BasicBlock.Config):
            return model
        return model.replace(block=Bottleneck.Config(**dict(model.block))).with_depth(model.depth)

    return swap(setup, ResNet.Config, narrow)


TWEAK = Tweak(
    slug="bottleneck",
    title="Bottleneck blocks",
    text="Replaces blocks of two 3x3 convolutions by blocks of three: a 1x1 that narrows, a 3x3 on few channels, and a "
    "1x1 that widens again. The costly 3x3 then works on a quarter of the channels, so the stream between blocks can "
    "be four times as wide for a similar number of parameters. The number of layers stays as it was.",
    formula=r"2 \cdot 9\,C^2 \quad\longrightarrow\quad C_{\text{out}} C + 9\,C^2 + C\,C_{\text{out}},"
    r"\quad C_{\text{out}} = 4C",
    source="He et al. 2015, arXiv:1512.03385, figure 5",
    needs="a ResNet of basic blocks",
    change=change,
)
