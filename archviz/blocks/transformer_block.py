"""Transformer blocks: attention mixes positions, a feed-forward network each position's channels; both are residual.

They differ in where the normalization N stands:  Post-LN  x = N(x + F(x)),  Pre-LN  x = x + F(N(x)).
"""

from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.attention import AttentionConfig, MultiHeadAttention
from archviz.blocks.dropout import DropoutConfig, NoDropout
from archviz.blocks.feedforward import FeedForward, FeedForwardConfig
from archviz.blocks.norm import LayerNorm, NormConfig
from archviz.core.config import Config
from archviz.core.tap import Tap


class TransformerBlockConfig(Config):
    """Base of every transformer block: `build(width)` maps `b l d` to `b l d`."""

    attention: AttentionConfig = Field(MultiHeadAttention.Config(), description="how positions look at each other")
    feedforward: FeedForwardConfig = Field(FeedForward.Config(), description="what each position does by itself")
    norm: NormConfig = Field(LayerNorm.Config(), description="normalization of both halves")
    dropout: DropoutConfig = Field(NoDropout.Config(), description="dropout of what is added to the residual stream")

    def check(self, width: int) -> None:
        """Raise ValueError, saying what to change, if a block of this width cannot be built."""
        self.attention.check(width)
        self.norm.check(width)

    def closing(self, width: int) -> nn.Module:
        """What a stack of such blocks needs after the last one."""
        return nn.Identity()


class PostNormBlock(nn.Module):
    """Post-LN block: the sum is normalized, so every layer rescales the residual stream; deep stacks need warm-up.

    Vaswani et al. 2017, section 3.1; BERT. Why it needs warm-up: Xiong et al. 2020, arXiv:2002.04745.
    """

    class Config(TransformerBlockConfig):
        pass

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.attention = config.attention.build(width)
        self.attention_norm = config.norm.build(width)
        self.feedforward = config.feedforward.build(width)
        self.feedforward_norm = config.norm.build(width)
        self.dropout = config.dropout.build()
        self.output = Tap("b l d")

    def forward(self, x: Tensor) -> Tensor:
        x = self.attention_norm(x + self.dropout(self.attention(x)))
        x = self.feedforward_norm(x + self.dropout(self.feedforward(x)))
        return self.output(x)


class PreNormBlock(nn.Module):
    """Pre-LN block: only what enters a branch is normalized, so the residual stream runs through untouched.

    GPT-2 (Radford et al. 2019); Xiong et al. 2020, arXiv:2002.04745. The stack ends with one more normalization.
    """

    class Config(TransformerBlockConfig):
        def closing(self, width: int) -> nn.Module:
            return self.norm.build(width)

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.attention_norm = config.norm.build(width)
        self.attention = config.attention.build(width)
        self.feedforward_norm = config.norm.build(width)
        self.feedforward = config.feedforward.build(width)
        self.dropout = config.dropout.build()
        self.output = Tap("b l d")

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.dropout(self.attention(self.attention_norm(x)))
        x = x + self.dropout(self.feedforward(self.feedforward_norm(x)))
        return self.output(x)
