"""Chapter 5 - Images as words: vision transformers."""

from collections.abc import Mapping

import torch

from archviz.blocks.optimizers import AdamW
from archviz.core.results import Images, Result, Table
from archviz.core.setup import Recipe, Setup
from archviz.core.spec import Arm, Budget, Chapter, Claim, Demonstration, Experiment, Train
from archviz.data import border_pairs, mnist5k
from archviz.engine.demonstrate import untrained
from archviz.engine.larger_images import LargerImages
from archviz.engine.reach import reach
from archviz.engine.tasks import Classification
from archviz.exhibits import patch_embedding, self_attention
from archviz.models import swin, vit
from archviz.models.swin import small_swin
from archviz.models.vit import ViT, small_vit
from archviz.probes import activations, attention, attribution, gradient_flow
from archviz.tweaks import class_token, fixed_windows, no_positions, relative_positions

PROBES = (gradient_flow.PROBE, attention.PROBE, activations.PROBE)
PERMUTATIONS = 8
LARGER = 24
"""Pixels a side of the larger images: six patches instead of four."""


def shuffled(setups: Mapping[str, Setup], titles: Mapping[str, str]) -> tuple[Result, ...]:
    """What the untrained networks notice of it when the patches of an image change places."""
    generator = torch.Generator().manual_seed(0)
    rows: list[tuple[str, float, float]] = []
    for arm, setup in setups.items():
        model, (images, _) = untrained(setup)
        assert isinstance(model, ViT)
        with torch.no_grad():
            patches = model.eval().patches(images)
            logits = model.classify(patches)
            orders = [torch.randperm(patches.shape[1], generator=generator) for _ in range(PERMUTATIONS)]
            change = max((model.classify(patches[:, order]) - logits).abs().max().item() for order in orders)
        rows.append((f"{arm}: {titles[arm]}", change, logits.std().item()))
    return (_puzzle(next(iter(setups.values())), orders[0]), _changes(rows))


def _changes(rows: list[tuple[str, float, float]]) -> Table:
    columns = ("arm", "largest change of a logit", "spread of the logits")
    return Table(title="Patches in another order", columns=columns, rows=tuple(rows))


def _puzzle(setup: Setup, order: torch.Tensor) -> Images:
    """One image of the data, and the same with its patches in this order."""
    assert isinstance(setup.model, ViT.Config)
    size, grid = setup.model.patches.patch_size, setup.model.grid
    image = untrained(setup)[1][0][0, 0]  # h w
    pieces = image.unfold(0, size, size).unfold(1, size, size).flatten(0, 1)  # l p p
    puzzle = torch.cat([torch.cat(list(row), 1) for row in pieces[order].split(grid)])
    return Images(
        title="One image and its puzzle",
        pictures=(_grey(image), _grey(puzzle)),
        captions=("as it is", "patches in another order"),
    )


def _grey(image: torch.Tensor) -> tuple[tuple[float, ...], ...]:
    """An image `h w` as grey values from 0 to 1."""
    spread = (image - image.min()) / (image.max() - image.min()).clamp_min(1e-9)
    return tuple(tuple(round(value, 3) for value in row) for row in spread.tolist())


SHIFTED_WINDOWS = Experiment(
    slug="shifted-windows",
    ask="Can attention inside windows compare what lies on both sides of a border?",
    base=Setup(
        model=small_swin(depths=(2,), classes=2),
        recipe=Recipe(
            dataset=border_pairs.DATASET.config,
            task=Classification.Config(),
            optimizer=AdamW.Config(lr=3e-3),
            steps=300,
            batch_size=32,
            schedule="cosine",
            warmup=30,
        ),
    ),
    arms=(
        Arm(name="A", title="shifted windows"),
        Arm(name="B", title="fixed windows", tweaks=(fixed_windows.TWEAK,)),
    ),
    measure=Train(metrics=("test_accuracy", "train_loss", "seconds"), probes=PROBES),
    claims=(
        Claim(
            sentence="Without shifting, a network of windows does far worse where an answer needs two of them.",
            metric="test_accuracy",
            direction="lower",
            by=0.15,
            published="ImageNet: Swin-T has 81.3 % top-1 accuracy with shifted windows and 80.2 % without; COCO "
            "detection: 50.5 and 47.7 box AP (Liu et al. 2021, table 4)",
        ),
    ),
    source="Liu et al. 2021, arXiv:2103.14030, section 3.2 and table 4",
    note="The task is made for this question: the colours to compare always lie in different windows. With fixed "
    "windows all that is left is the mean over the windows, and no sum of what each of them saw says whether two "
    "colours are equal: three quarters of the answers is the most that any sum can get right. On photographs there "
    "are other clues, and the difference is far smaller, as the published figures show.",
    demonstration=Demonstration(
        title="How far one patch sees",
        text="The exact reach of the patch at the corner of the first window, from the gradients of the untrained "
        "networks: where no path leads from one patch to another, the gradient is exactly 0. With fixed windows it "
        "stays at the 16 patches of its window, however many layers follow; one shift, and it hears of all 64.",
        show=lambda setups: reach(setups, {"A": "shifted windows", "B": "fixed windows"}, row=3, column=3),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=8, first_seed=100),
)

ARMS = (
    Arm(name="A", title="no positions", tweaks=(no_positions.TWEAK,)),
    Arm(name="B", title="absolute positions"),
    Arm(name="C", title="relative positions", tweaks=(relative_positions.TWEAK,)),
)
TITLES = {arm.name: arm.title for arm in ARMS}
METRICS = ("test_accuracy", "test_canvas_accuracy", "test_scaled_accuracy", "train_loss")

POSITIONS = Experiment(
    slug="positions",
    ask="What does a vision transformer lose when it does not know where its patches lie?",
    base=Setup(
        model=small_vit(),
        recipe=Recipe(
            dataset=mnist5k.DATASET.config.replace(size=16),
            task=LargerImages.Config(size=LARGER),
            optimizer=AdamW.Config(lr=3e-3),
            steps=400,
            batch_size=32,
            schedule="cosine",
            warmup=40,
        ),
    ),
    arms=ARMS,
    measure=Train(metrics=METRICS, probes=PROBES),
    claims=(
        Claim(
            sentence="With learned absolute positions the network is more accurate than without any.",
            metric="test_accuracy",
            direction="higher",
            by=0.02,
            published="ImageNet, 5-shot linear: ViT-B/16 has 61.4 % without positions, 64.2 % with a learned vector "
            "for each place, 64.0 % with relative positions (Dosovitskiy et al. 2020, table 8)",
        ),
        Claim(
            sentence="With relative positions it is more accurate than without any, too.",
            metric="test_accuracy",
            direction="higher",
            by=0.01,
            variant="C",
            published="ImageNet: Swin-T has 80.1 % without positions and 81.3 % with relative ones (Liu et al. 2021, "
            "table 4)",
        ),
        Claim(
            sentence="On digits scaled up, interpolated absolute positions keep more than relative ones.",
            metric="test_scaled_accuracy",
            direction="higher",
            by=0.05,
            variant="B",
            baseline="C",
        ),
    ),
    source="Dosovitskiy et al. 2020, arXiv:2010.11929, appendix D.4 and section 3.2",
    note="A digit cut into 16 patches can often be told by its patches alone, in any order; so a network without "
    "positions is far better than chance. On larger images, which it was not trained on, every arm loses most of what "
    "it had.",
    demonstration=Demonstration(
        title="The permutation test",
        text="The patches of 64 images change places, in 8 ways, before the untrained networks see them. Without "
        "positions no logit changes beyond the last bits of rounding; with positions all of them do. Nothing is "
        "trained: this is a property of attention.",
        show=lambda setups: shuffled(setups, TITLES),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=8, first_seed=100),
)

CHAPTER = Chapter(
    slug="vision-transformer",
    block="Patch embedding and self-attention",
    architectures=(*vit.MODELS, *swin.MODELS),
    tweaks=(fixed_windows.TWEAK, no_positions.TWEAK, relative_positions.TWEAK, class_token.TWEAK),
    probes=(*PROBES, attribution.PROBE),
    exhibits=(patch_embedding.EXHIBIT, self_attention.EXHIBIT),
    experiments=(SHIFTED_WINDOWS, POSITIONS),
)
