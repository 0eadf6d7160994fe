"""Transformer: text models made of attention and feed-forward blocks; BERT and GPT-2 are two presets of one class.

    tokens -> embedding (+ positions, + segments) -> blocks -> head

Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762. Devlin et al. 2018, "BERT", arXiv:1810.04805.
Radford et al. 2019, "Language Models are Unsupervised Multitask Learners" (GPT-2).

B batch, L sequence length, D model width, V vocabulary. The blocks are in `archviz/blocks/transformer_block.py`.
"""

from collections.abc import Mapping
from typing import Literal, Self

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.activation import GELU, ReLU
from archviz.blocks.attention import CausalMask, MultiHeadAttention
from archviz.blocks.dropout import Dropout, DropoutConfig, NoDropout
from archviz.blocks.feedforward import FeedForward
from archviz.blocks.initialization import DepthScaledNormal, InitConfig, Normal, Xavier
from archviz.blocks.norm import LayerNorm, NoNorm, NormConfig
from archviz.blocks.positions import LearnedPositions, PositionsConfig
from archviz.blocks.transformer_block import PostNormBlock, PreNormBlock, TransformerBlockConfig
from archviz.core.config import Config as PartConfig
from archviz.core.config import swap
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.core.tap import Tap


class SegmentsConfig(PartConfig):
    """Base of every segment code: `build(width)` adds to `b l d` what says which sentence a token belongs to."""


class NoSegments(nn.Module):
    """All tokens belong to one text."""

    class Config(SegmentsConfig):
        pass

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, segments: Tensor | None) -> Tensor:
        return x


class Segments(nn.Module):
    """A learned vector for each segment, as BERT has for its two sentences; without segments all are the first."""

    class Config(SegmentsConfig):
        count: int = Field(2, ge=1, le=64, description="number of segments")

    def __init__(self, config: Config, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config.count, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor, segments: Tensor | None) -> Tensor:
        return x + (self.weight[0] if segments is None else F.embedding(segments, self.weight))  # b l d + (d or b l d)


class Embedding(nn.Module):
    """Tokens `b l` become vectors `b l d`, to which positions and segments are added."""

    class Config(PartConfig):
        positions: PositionsConfig = Field(LearnedPositions.Config(), description="how the order of tokens is told")
        segments: SegmentsConfig = Field(NoSegments.Config(), description="how sentences are told apart")
        norm: NormConfig = Field(NoNorm.Config(), description="normalization of the sum")
        dropout: DropoutConfig = Field(NoDropout.Config(), description="dropout of the sum")

    def __init__(self, config: Config, vocabulary: int, length: int, width: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = config.positions.build(length, width)
        self.segments = config.segments.build(width)
        self.norm = config.norm.build(width)
        self.dropout = config.dropout.build()
        self.output = Tap("b l d")

    def forward(self, tokens: Tensor, segments: Tensor | None = None) -> Tensor:
        x = self.segments(self.positions(self.tokens(tokens)), segments)
        return self.output(self.dropout(self.norm(x)))


class HeadConfig(PartConfig):
    """Base of every head: `build(width, vocabulary)` turns the last hidden vectors `b l d` into the model's output."""


class TokenHead(nn.Module):
    """Logits of every token at every position, by a matrix of its own: `b l d -> b l v`."""

    class Config(HeadConfig):
        pass

    def __init__(self, config: Config, width: int, vocabulary: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, vocabulary)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        return self.linear(x)


class TiedHead(nn.Module):
    """Logits of every token by the embedding matrix itself: `b l d -> b l v`.

    Press & Wolf 2017, arXiv:1608.05859.
    """

    class Config(HeadConfig):
        pass

    def __init__(self, config: Config, width: int, vocabulary: int) -> None:
        super().__init__()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        return F.linear(x, embedding)


class Pooler(nn.Module):
    """One vector for the whole text, from its first token: `b l d -> b d`, y = tanh(W x1 + b).

    Devlin et al. 2018.
    """

    class Config(HeadConfig):
        pass

    def __init__(self, config: Config, width: int, vocabulary: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)
        self.activation = nn.Tanh()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        return self.activation(self.dense(x[:, 0]))


class Transformer(nn.Module):
    """Transformer: tokens `b l` in; out come logits `b l v`, or with a pooler one vector `b d` for the text."""

    class Config(ModelConfig):
        vocabulary: int = Field(96, ge=2, le=1_000_000, description="number of different tokens")
        length: int = Field(64, ge=1, le=65_536, description="longest sequence")
        width: int = Field(48, ge=1, le=16_384, description="numbers in each token's vector")
        layers: int = Field(2, ge=1, le=256, description="number of blocks")
        embedding: Embedding.Config = Field(Embedding.Config(), description="how tokens become vectors")
        block: TransformerBlockConfig = Field(PreNormBlock.Config(), description="what the stack is made of")
        head: HeadConfig = Field(TokenHead.Config(), description="what is read from the last vectors")
        init: InitConfig = Field(Xavier.Config(), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            self.embedding.positions.check(self.width)
            self.embedding.norm.check(self.width)
            self.block.check(self.width)
            return self

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.init = config.init.build(config.layers)
        self.embedding = config.embedding.build(config.vocabulary, config.length, config.width)
        self.blocks = nn.Sequential(*(config.block.build(config.width) for _ in range(config.layers)))
        self.closing = config.block.closing(config.width)
        self.head = config.head.build(config.width, config.vocabulary)

    def forward(self, tokens: Tensor, segments: Tensor | None = None) -> Tensor:
        return self.head(self.encode(tokens, segments), self.embedding.tokens.weight)

    def encode(self, tokens: Tensor, segments: Tensor | None = None) -> Tensor:
        """The last hidden vectors: `b l -> b l d`. `segments` `b l` numbers the sentence of each token, from 0."""
        return self.closing(self.blocks(self.embedding(tokens, segments)))

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        return self.init(name, parameter, generator)


def gpt(*, layers: int, heads: int, width: int, vocabulary: int = 50_257, length: int = 1024) -> Transformer.Config:
    """GPT-2: Pre-LN blocks that look only back, GELU by tanh, learned positions, head tied to the embedding."""
    dropout = Dropout.Config(rate=0.1)
    return Transformer.Config(
        vocabulary=vocabulary,
        length=length,
        width=width,
        layers=layers,
        embedding=Embedding.Config(dropout=dropout),
        block=PreNormBlock.Config(
            attention=MultiHeadAttention.Config(heads=heads, mask=CausalMask.Config(), dropout=dropout),
            feedforward=FeedForward.Config(activation=GELU.Config(approximate="tanh")),
            dropout=dropout,
        ),
        head=TiedHead.Config(),
        init=DepthScaledNormal.Config(),
    )


def bert(*, layers: int, heads: int, width: int, vocabulary: int = 30_522, length: int = 512) -> Transformer.Config:
    """BERT: Post-LN blocks that look both ways, GELU, learned positions, two segments, a pooler."""
    dropout = Dropout.Config(rate=0.1)
    norm = LayerNorm.Config(eps=1e-12)
    return Transformer.Config(
        vocabulary=vocabulary,
        length=length,
        width=width,
        layers=layers,
        embedding=Embedding.Config(segments=Segments.Config(), norm=norm, dropout=dropout),
        block=PostNormBlock.Config(
            attention=MultiHeadAttention.Config(heads=heads, dropout=dropout),
            feedforward=FeedForward.Config(activation=GELU.Config()),
            norm=norm,
            dropout=dropout,
        ),
        head=Pooler.Config(),
        init=Normal.Config(),
    )


def small_transformer(
    *, layers: int, heads: int, width: int, vocabulary: int = 96, length: int = 64
) -> Transformer.Config:
    """A language model for characters that learns fast: Pre-LN, causal, ReLU, an untied head, no dropout."""
    return Transformer.Config(
        vocabulary=vocabulary,
        length=length,
        width=width,
        layers=layers,
        block=PreNormBlock.Config(
            attention=MultiHeadAttention.Config(heads=heads, mask=CausalMask.Config()),
            feedforward=FeedForward.Config(activation=ReLU.Config()),
        ),
    )


def small_bert(*, layers: int, heads: int, width: int, vocabulary: int = 96, length: int = 64) -> Transformer.Config:
    """BERT for characters, with logits at every position instead of the pooler, and no dropout."""
    config = bert(layers=layers, heads=heads, width=width, vocabulary=vocabulary, length=length)
    return swap(config.replace(head=TiedHead.Config()), Dropout.Config, lambda _: NoDropout.Config())


def _preset(
    name: str, title: str, scale: Literal["paper", "playground"], config: Transformer.Config, source: str
) -> Architecture:
    inputs = Inputs(shape=(config.length,), vocabulary=config.vocabulary)
    return Architecture(name=name, title=title, scale=scale, config=config, inputs=inputs, source=source)


BERT = "Devlin et al. 2018, arXiv:1810.04805, section 3"
GPT2 = "Radford et al. 2019, table 2"
MINGPT = "sizes of minGPT, Karpathy 2020"

MODELS = (
    _preset("bert-base", "BERT base", "paper", bert(layers=12, heads=12, width=768), BERT),
    _preset("bert-large", "BERT large", "paper", bert(layers=24, heads=16, width=1024), BERT),
    _preset("gpt2", "GPT-2", "paper", gpt(layers=12, heads=12, width=768), GPT2),
    _preset("gpt2-medium", "GPT-2 medium", "paper", gpt(layers=24, heads=16, width=1024), GPT2),
    _preset("gpt2-large", "GPT-2 large", "paper", gpt(layers=36, heads=20, width=1280), GPT2),
    _preset("gpt2-xl", "GPT-2 XL", "paper", gpt(layers=48, heads=25, width=1600), GPT2),
    _preset("gpt-nano", "GPT nano", "playground", small_transformer(layers=3, heads=3, width=48), MINGPT),
    _preset("gpt-micro", "GPT micro", "playground", small_transformer(layers=4, heads=4, width=128), MINGPT),
    _preset(
        "bert-tiny",
        "BERT tiny",
        "playground",
        small_bert(layers=2, heads=2, width=128),
        "sizes of Turc et al. 2019, arXiv:1908.08962",
    ),
)


def from_bert(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a `transformers` BertModel under this model's names."""
    names = {
        "embeddings.word_embeddings": "embedding.tokens",
        "embeddings.position_embeddings": "embedding.positions",
        "embeddings.token_type_embeddings": "embedding.segments",
        "embeddings.LayerNorm": "embedding.norm",
        "encoder.layer": "blocks",
        "attention.self": "attention",
        "attention.output.dense": "attention.output",
        "attention.output.LayerNorm": "attention_norm",
        "intermediate.dense": "feedforward.up",
        "output.dense": "feedforward.down",
        "output.LayerNorm": "feedforward_norm",
        "pooler": "head",
    }
    return {_rename(key, names): value for key, value in state.items() if key != "embeddings.position_ids"}


def from_gpt2(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The `state_dict` of a `transformers` GPT2Model or GPT2LMHeadModel under this model's names.

    There matrices are stored transposed, and query, key and value as one.
    """
    names = {
        "wte": "embedding.tokens",
        "wpe": "embedding.positions",
        "h": "blocks",
        "ln_1": "attention_norm",
        "ln_2": "feedforward_norm",
        "ln_f": "closing",
        "attn.c_proj": "attention.output",
        "mlp.c_fc": "feedforward.up",
        "mlp.c_proj": "feedforward.down",
    }
    renamed: dict[str, Tensor] = {}
    for key, value in state.items():
        if key == "lm_head.weight" or key.endswith((".attn.bias", ".attn.masked_bias")):
            continue  # the tied embedding once more, and the mask
        value = value.T if ".c_" in key and key.endswith("weight") else value
        key = _rename(key.removeprefix("transformer."), names)
        if ".attn.c_attn" in key:
            for part, rows in zip(("query", "key", "value"), value.chunk(3), strict=True):
                renamed[key.replace("attn.c_attn", f"attention.{part}")] = rows
        else:
            renamed[key] = value
    return renamed


def _rename(key: str, names: Mapping[str, str]) -> str:
    """The key with each dotted piece that `names` knows replaced, longest pieces first."""
    key = f".{key}."
    for old in sorted(names, key=len, reverse=True):
        key = key.replace(f".{old}.", f".{names[old]}.", 1)
    return key[1:-1]
