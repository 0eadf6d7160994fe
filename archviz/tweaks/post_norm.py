"""Post-LN: normalization after the sum, as in the first Transformer."""

from archviz.blocks.transformer_block import PostNormBlock, PreNormBlock
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every Pre-LN block becomes a Post-LN block of the same parts."""
    return swap(setup, PreNormBlock.Config, lambda block: PostNormBlock.Config(**dict(block)))


TWEAK = Tweak(
    slug="post-norm",
    title="Post-LN",
    text="Moves layer normalization from the entrance of each branch to behind the sum, where the first Transformer "
    "had it. There it rescales the whole residual stream twice in each layer, so no path runs through the stack "
    "untouched; at the start of training gradients are large near the output and a full learning rate breaks deep "
    "stacks. Starting with small steps (warm-up) helps. Pre-LN leaves the stream alone and trains without it.",
    formula=r"x + F(\operatorname{LN}(x)) \quad\longrightarrow\quad \operatorname{LN}(x + F(x))",
    source="Xiong et al. 2020, arXiv:2002.04745; Vaswani et al. 2017, arXiv:1706.03762",
    needs="Pre-LN transformer blocks",
    change=change,
)
