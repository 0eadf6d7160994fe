"""Chapter 9 - Attention is all you need: the transformer."""

import math
from collections.abc import Mapping

import torch

from archviz.blocks.attention import ScaleConfig
from archviz.blocks.optimizers import Adam
from archviz.core.config import edit, walk
from archviz.core.results import Curve, Series
from archviz.core.setup import Recipe, Setup
from archviz.core.spec import Arm, Budget, Chapter, Claim, Demonstration, Experiment, Train
from archviz.data import python_docs
from archviz.engine.demonstrate import influence, profiles
from archviz.engine.tasks import NextToken
from archviz.models import transformer
from archviz.models.transformer import small_transformer
from archviz.probes import activations, attention, gradient_flow
from archviz.tweaks import no_causal_mask, post_norm, unscaled_attention, warm_up

TEXT = python_docs.DATASET.config
RECIPE = Recipe(
    dataset=TEXT.replace(length=48),
    task=NextToken.Config(),
    optimizer=Adam.Config(lr=3e-3, beta2=0.98),
    steps=200,
    batch_size=16,
)
PROBES = (gradient_flow.PROBE, attention.PROBE, activations.PROBE)


def softmax_at_random(setups: Mapping[str, Setup]) -> tuple[Curve, Curve]:
    """How spread out attention to 64 random keys is, and what gradient the scores get, by width of the head."""
    widths, keys, queries = (4, 16, 64, 256, 1024), 64, 256
    spread, slope = [], []
    for arm, setup in setups.items():
        scale = next(config for _, config in walk(setup) if isinstance(config, ScaleConfig))
        entropies, slopes = [], []
        for width in widths:
            generator = torch.Generator().manual_seed(0)
            q, k = (torch.randn(n, width, generator=generator) for n in (queries, keys))  # q d, k d
            weights = (scale.factor(width) * q @ k.T).softmax(-1)  # q k
            entropy = -(weights * weights.clamp_min(1e-30).log()).sum(-1).mean() / math.log(keys)
            jacobian = torch.diag_embed(weights) - weights[:, :, None] * weights[:, None, :]  # q k k
            entropies.append(entropy.item())
            slopes.append(jacobian.flatten(1).norm(dim=1).mean().item())
        x = tuple(float(width) for width in widths)
        spread.append(Series(name=arm, x=x, y=tuple(entropies)))
        slope.append(Series(name=arm, x=x, y=tuple(slopes)))
    return (
        Curve(
            title="Spread of attention",
            x_label="width of the head d",
            y_label="entropy, 1 = even over all keys",
            series=tuple(spread),
            x_log=True,
        ),
        Curve(
            title="Slope of softmax",
            x_label="width of the head d",
            y_label="norm of its Jacobian",
            series=tuple(slope),
            x_log=True,
        ),
    )


SCALING = Experiment(
    slug="scaling",
    ask="Does attention need the division by the square root of the head width?",
    base=Setup(
        model=small_transformer(layers=2, heads=1, width=64, length=48, vocabulary=TEXT.outputs),
        recipe=RECIPE,
    ),
    arms=(
        Arm(name="A", title="scaled by 1/√d"),
        Arm(name="B", title="not scaled", tweaks=(unscaled_attention.TWEAK,)),
    ),
    measure=Train(metrics=("test_loss", "train_loss"), probes=PROBES),
    claims=(
        Claim(
            sentence="Without the scale, a model with one head of width 64 ends with a higher loss.",
            metric="test_loss",
            direction="higher",
            by=0.02,
            quality="training speed",
            published="WMT translation: additive attention beats unscaled dot products for large d; scaling removes "
            "the gap (Vaswani et al. 2017, section 3.2.1, citing Britz et al. 2017)",
        ),
    ),
    source="Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1",
    note="The exact effect on softmax is large. In this short training the weights can partly make up for it, so "
    "expect a small difference.",
    demonstration=Demonstration(
        title="Softmax over random scores",
        text="Queries and keys drawn from a unit normal distribution, no training. Unscaled, wide heads put nearly all "
        "weight on one of 64 keys, and the slope of softmax, through which attention learns, vanishes.",
        show=softmax_at_random,
    ),
    live=Budget(seeds=4),
    reference=Budget(seeds=12, first_seed=100),
)

PRE_LN = Experiment(
    slug="pre-ln",
    ask="Where must layer normalization stand for 12 layers to train without warm-up?",
    base=Setup(
        model=edit(
            small_transformer(layers=12, heads=2, width=32, length=32, vocabulary=TEXT.outputs),
            "block.feedforward",
            ratio=2,
        ),
        recipe=RECIPE.replace(dataset=TEXT.replace(length=32), steps=300),
    ),
    arms=(
        Arm(name="A", title="Pre-LN"),
        Arm(name="B", title="Post-LN", tweaks=(post_norm.TWEAK,)),
        Arm(name="C", title="Post-LN with warm-up", tweaks=(post_norm.TWEAK, warm_up.TWEAK)),
    ),
    measure=Train(metrics=("train_loss", "test_loss"), probes=PROBES),
    claims=(
        Claim(
            sentence="Without warm-up, 12 Post-LN layers train worse than 12 Pre-LN layers.",
            metric="train_loss",
            direction="higher",
            by=0.3,
            quality="training speed",
            published="IWSLT14: Post-LN without warm-up reaches 8.45 BLEU, with warm-up about 34; Pre-LN needs none "
            "(Xiong et al. 2020, section 3.2)",
        ),
        Claim(
            sentence="Warm-up rescues Post-LN.",
            metric="train_loss",
            direction="lower",
            by=0.1,
            variant="C",
            baseline="B",
            quality="training speed",
        ),
    ),
    source="Xiong et al. 2020, arXiv:2002.04745",
    demonstration=Demonstration(
        title="The gradient before the first step",
        text="One backward pass through the untrained networks, from the first to the last matrix. Warm-up changes the "
        "recipe and not the network, so C lies on B.",
        show=lambda setups: (profiles(setups, gradient_flow.PROBE, "Gradient by layer"),),
    ),
    live=Budget(seeds=3, steps=240),
    reference=Budget(seeds=8, first_seed=100),
)

CAUSAL_MASK = Experiment(
    slug="causal-mask",
    ask="What does a language model learn when it can see the future?",
    base=Setup(
        model=edit(
            small_transformer(layers=1, heads=4, width=48, length=16, vocabulary=TEXT.outputs), "init", position_std=1.0
        ),
        recipe=RECIPE.replace(
            dataset=TEXT.replace(length=16),
            task=NextToken.Config(prefix_positions=(3, 7, 11, 15)),
            optimizer=Adam.Config(lr=5e-3, beta2=0.98),
            steps=500,
            batch_size=32,
        ),
    ),
    arms=(
        Arm(name="A", title="causal mask"),
        Arm(name="B", title="no mask", tweaks=(no_causal_mask.TWEAK,)),
    ),
    measure=Train(metrics=("test_prefix_loss", "test_loss", "train_loss"), probes=PROBES),
    claims=(
        Claim(
            sentence="Without the mask, the model is far worse as soon as it has only the prefix.",
            metric="test_prefix_loss",
            direction="higher",
            by=1.0,
            quality="correctness",
        ),
        Claim(
            sentence="Without the mask, the loss looks far better, because the answer leaks.",
            metric="test_loss",
            direction="lower",
            by=1.0,
            quality="correctness",
        ),
    ),
    source="Vaswani et al. 2017, arXiv:1706.03762, section 3.2.3",
    note="One layer and 16 positions, so that copying from the next position is found within 500 steps.",
    demonstration=Demonstration(
        title="Who can see whom",
        text="One token at a time is replaced in the input of the untrained models. Under the mask no prediction "
        "changes above the diagonal; without it every prediction can see the token it has to predict.",
        show=lambda setups: influence(setups, {"A": "causal mask", "B": "no mask"}),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=8, first_seed=100),
)

CHAPTER = Chapter(
    slug="transformer",
    block="Multi-head self-attention",
    architectures=transformer.MODELS,
    tweaks=(unscaled_attention.TWEAK, post_norm.TWEAK, warm_up.TWEAK, no_causal_mask.TWEAK),
    probes=PROBES,
    experiments=(SCALING, PRE_LN, CAUSAL_MASK),
)
