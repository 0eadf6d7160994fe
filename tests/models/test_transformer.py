import os

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: these tests need no internet

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor, nn

from archviz.blocks.activation import GELU, ReLU
from archviz.blocks.attention import CausalMask, DotProduct, MultiHeadAttention, NoMask, ScaledDotProduct
from archviz.blocks.dropout import Dropout, NoDropout
from archviz.blocks.feedforward import FeedForward
from archviz.blocks.norm import GroupNorm, LayerNorm, NoNorm, RMSNorm
from archviz.blocks.positions import LearnedPositions, NoPositions, SinusoidalPositions
from archviz.blocks.transformer_block import PostNormBlock, PreNormBlock
from archviz.core.config import swap
from archviz.core.record import Record
from archviz.core.setup import Inputs
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.transformer import (
    MODELS,
    Embedding,
    NoSegments,
    Pooler,
    Segments,
    TiedHead,
    TokenHead,
    Transformer,
    bert,
    from_bert,
    from_gpt2,
    gpt,
    small_transformer,
)

PAPER = {model.name: model.config for model in MODELS if model.scale == "paper"}
PUBLISHED = {
    "bert-base": 109_482_240,
    "bert-large": 335_141_888,
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
}


def _shake(model: nn.Module) -> nn.Module:
    """Random values everywhere, biases and norms included: they start at 0 and 1, which would hide a mix-up."""
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        mean = 1.0 if "weight" in name and parameter.dim() == 1 else 0.0
        nn.init.normal_(parameter, mean, 0.2, generator=generator)
    return model.eval()


def _tokens() -> Tensor:
    return torch.randint(50, (2, 20), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", PAPER)
def test_parameters_are_as_many_as_published(name: str) -> None:
    with torch.device("meta"):
        model = PAPER[name].build()
    assert sum(parameter.numel() for parameter in model.parameters()) == PUBLISHED[name]


@pytest.mark.parametrize(("name", "giga"), [("bert-base", 48.319), ("bert-large", 167.5), ("gpt2", 68.080)])
def test_macs_are_those_of_the_closed_form_and_of_the_reference(name: str, giga: float) -> None:
    """For each block 12 L D^2 in matrices and 2 L^2 D in attention, then the head; the figures are for L = 512."""
    config, length = PAPER[name], 512
    d = config.width
    head = d * d if name.startswith("bert") else length * d * config.vocabulary
    macs = cost(config, Inputs(shape=(length,), vocabulary=config.vocabulary)).macs
    assert macs == config.layers * (12 * length * d * d + 2 * length * length * d) + head
    assert macs / 1e9 == pytest.approx(giga, rel=1e-3)


@pytest.mark.parametrize("heads", [1, 4])
def test_bert_is_that_of_transformers(heads: int) -> None:
    config = transformers.BertConfig(
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=heads,
        intermediate_size=128,
        vocab_size=50,
        max_position_embeddings=24,
    )
    theirs = _shake(transformers.BertModel(config))
    ours = bert(layers=3, heads=heads, width=32, vocabulary=50, length=24).build().eval()
    ours.load_state_dict(from_bert(theirs.state_dict()))
    tokens = _tokens()
    segments = (torch.arange(20) >= 9).long().expand(2, 20)
    with torch.no_grad():
        for chosen in (segments, None):
            expected = theirs(tokens, token_type_ids=chosen)
            torch.testing.assert_close(ours.encode(tokens, chosen), expected.last_hidden_state, atol=1e-4, rtol=0)
            torch.testing.assert_close(ours(tokens, chosen), expected.pooler_output, atol=1e-4, rtol=0)
        assert not torch.allclose(ours(tokens, segments), ours(tokens), atol=1e-3)


@pytest.mark.parametrize("heads", [1, 4])
def test_gpt2_is_that_of_transformers(heads: int) -> None:
    config = transformers.GPT2Config(
        n_embd=32, n_layer=3, n_head=heads, vocab_size=50, n_positions=24, bos_token_id=0, eos_token_id=0
    )
    theirs = _shake(transformers.GPT2LMHeadModel(config))
    ours = gpt(layers=3, heads=heads, width=32, vocabulary=50, length=24).build().eval()
    ours.load_state_dict(from_gpt2(theirs.state_dict()))
    tokens = _tokens()
    with torch.no_grad():
        hidden = theirs.transformer(tokens).last_hidden_state
        torch.testing.assert_close(ours.encode(tokens), hidden, atol=1e-4, rtol=0)
        torch.testing.assert_close(ours(tokens), theirs(tokens).logits, atol=1e-4, rtol=0)
    ours.load_state_dict(from_gpt2(theirs.transformer.state_dict()))  # GPT2Model's names will do as well


@pytest.mark.parametrize("name", ["bert-base", "gpt2"])
def test_paper_presets_have_the_published_settings(name: str) -> None:
    """The preset takes every weight of the reference's default config, and agrees on what has no weights."""
    with torch.device("meta"):
        if name == "gpt2":
            theirs = transformers.GPT2LMHeadModel(transformers.GPT2Config())
            mapped, activation, eps = from_gpt2(theirs.state_dict()), "gelu_new", theirs.config.layer_norm_epsilon
        else:
            theirs = transformers.BertModel(transformers.BertConfig())
            mapped, activation, eps = from_bert(theirs.state_dict()), "gelu", theirs.config.layer_norm_eps
        ours = PAPER[name].build()
    assert {key: value.shape for key, value in ours.state_dict().items()} == {k: v.shape for k, v in mapped.items()}
    block = PAPER[name].block
    assert block.attention.heads == theirs.config.num_attention_heads
    assert block.norm.eps == eps
    assert {"none": "gelu", "tanh": "gelu_new"}[block.feedforward.activation.approximate] == activation
    assert block.dropout == Dropout.Config(rate=0.1)


def test_a_causal_model_does_not_see_the_future() -> None:
    model = small_transformer(layers=3, heads=2, width=16).build()
    tokens = torch.randint(96, (1, 12), generator=torch.Generator().manual_seed(0))
    changed = tokens.clone()
    changed[:, 7:] = (changed[:, 7:] + 1) % 96
    torch.testing.assert_close(model(changed)[:, :7], model(tokens)[:, :7])
    seeing = swap(small_transformer(layers=3, heads=2, width=16), CausalMask.Config, lambda _: NoMask.Config()).build()
    assert not torch.allclose(seeing(changed)[:, :7], seeing(tokens)[:, :7])


def test_a_tied_head_reads_with_the_embedding_matrix() -> None:
    model = gpt(layers=1, heads=2, width=16, vocabulary=30, length=8).build().eval()
    tokens = torch.arange(8)[None]
    torch.testing.assert_close(model(tokens), model.encode(tokens) @ model.embedding.tokens.weight.T)
    assert not [name for name in model.state_dict() if name.startswith("head")]


@pytest.mark.parametrize(
    "change",
    [
        lambda config: swap(config, PreNormBlock.Config, lambda block: PostNormBlock.Config(**dict(block))),
        lambda config: swap(config, CausalMask.Config, lambda _: NoMask.Config()),
        lambda config: swap(config, ScaledDotProduct.Config, lambda _: DotProduct.Config()),
        lambda config: swap(config, ReLU.Config, lambda _: GELU.Config()),
        lambda config: swap(config, LearnedPositions.Config, lambda _: SinusoidalPositions.Config()),
    ],
    ids=["post-ln", "no mask", "no scale", "gelu", "sinusoids"],
)
def test_swapping_a_part_leaves_the_other_parameters_as_they_were(change: object) -> None:
    base = small_transformer(layers=2, heads=2, width=16)
    models = [base.build(), change(base).build()]
    for model in models:
        initialize(model, seed=5)
    first, second = (dict(model.named_parameters()) for model in models)
    common = first.keys() & second.keys()
    assert len(common) > 30
    assert all(torch.equal(first[name], second[name]) for name in common)


def test_parts_that_do_not_fit_are_refused_before_anything_is_built() -> None:
    with pytest.raises(ValidationError, match="width 48 does not divide into 5 heads; use 4 or 6"):
        small_transformer(layers=2, heads=5, width=48)
    with pytest.raises(ValidationError, match="48 channels do not divide into 7 groups; use 6 or 8"):
        swap(small_transformer(layers=2, heads=4, width=48), LayerNorm.Config, lambda _: GroupNorm.Config(groups=7))
    with pytest.raises(ValidationError, match="width 15 is odd"):
        swap(
            small_transformer(layers=2, heads=3, width=15),
            LearnedPositions.Config,
            lambda _: SinusoidalPositions.Config(),
        )


@st.composite
def configs(draw: st.DrawFn) -> Transformer.Config:
    norm = draw(st.sampled_from([LayerNorm.Config(), RMSNorm.Config(), GroupNorm.Config(groups=2), NoNorm.Config()]))
    dropout = draw(st.sampled_from([NoDropout.Config(), Dropout.Config(rate=0.2)]))
    attention = MultiHeadAttention.Config(
        heads=draw(st.sampled_from([1, 2, 4])),
        mask=draw(st.sampled_from([NoMask.Config(), CausalMask.Config()])),
        scale=draw(st.sampled_from([ScaledDotProduct.Config(), DotProduct.Config()])),
        dropout=dropout,
    )
    feedforward = FeedForward.Config(ratio=draw(st.integers(1, 3)), activation=GELU.Config())
    positions = draw(st.sampled_from([NoPositions.Config(), LearnedPositions.Config(), SinusoidalPositions.Config()]))
    segments = draw(st.sampled_from([NoSegments.Config(), Segments.Config(count=3)]))
    return Transformer.Config(
        vocabulary=draw(st.integers(2, 20)),
        length=draw(st.integers(4, 10)),
        width=draw(st.sampled_from([4, 8])),
        layers=draw(st.integers(1, 3)),
        embedding=Embedding.Config(positions=positions, segments=segments, norm=norm, dropout=dropout),
        block=draw(st.sampled_from([PreNormBlock, PostNormBlock])).Config(
            attention=attention, feedforward=feedforward, norm=norm, dropout=dropout
        ),
        head=draw(st.sampled_from([TokenHead.Config(), TiedHead.Config(), Pooler.Config()])),
    )


@given(configs())
@settings(max_examples=25, deadline=None)
def test_every_valid_config_trains_and_survives_json(config: Transformer.Config) -> None:
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = config.build()
    outputs = model(torch.zeros(2, 4, dtype=torch.int64))
    pooled = isinstance(config.head, Pooler.Config)
    assert outputs.shape == ((2, config.width) if pooled else (2, 4, config.vocabulary))
    outputs.square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
