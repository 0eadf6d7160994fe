"""Chapter 2 - Going deeper: residual connections."""

from torch import nn

from archviz.blocks.optimizers import SGD
from archviz.core.config import edit
from archviz.core.setup import Recipe, Setup
from archviz.core.spec import Arm, Axis, Budget, Chapter, Claim, Demonstration, Experiment, Train
from archviz.data import digits, mnist5k
from archviz.engine.demonstrate import costs, profiles, scale_response
from archviz.engine.tasks import Classification
from archviz.models import resnet
from archviz.models.resnet import ResNet, small_resnet
from archviz.probes import activations, gradient_flow
from archviz.tweaks import bottleneck, group_norm, no_batch_norm, no_identity_path, pre_activation

RECIPE = Recipe(
    dataset=digits.DATASET.config,
    task=Classification.Config(),
    optimizer=SGD.Config(lr=0.1, momentum=0.9, weight_decay=1e-4),
    steps=150,
    batch_size=64,
    schedule="cosine",
)
PROBES = (gradient_flow.PROBE, activations.PROBE)


def with_depth(setup: Setup, depth: float) -> Setup:
    """The same setup with a network of so many layers."""
    assert isinstance(setup.model, ResNet.Config)
    return setup.replace(model=setup.model.with_depth(int(depth)))


def with_learning_rate(setup: Setup, lr: float) -> Setup:
    """The same setup with another learning rate."""
    return edit(setup, "recipe.optimizer", lr=lr)


IDENTITY = Experiment(
    slug="identity",
    ask="Does a 56-layer stack still train without the identity path?",
    base=Setup(model=small_resnet(20), recipe=RECIPE),
    arms=(
        Arm(name="A", title="identity path"),
        Arm(name="B", title="no identity path", tweaks=(no_identity_path.TWEAK,)),
    ),
    axis=Axis(name="depth", label="Depth", values=(8, 20, 56), apply=with_depth),
    measure=Train(metrics=("train_loss", "test_accuracy", "test_loss"), probes=PROBES),
    claims=(
        Claim(
            sentence="Without the identity path a 56-layer stack trains worse.",
            metric="train_loss",
            direction="higher",
            by=0.5,
            at=56,
            quality="training speed",
            published="CIFAR-10: a plain 56-layer stack ends with a higher training error than a 20-layer one, a "
            "residual one does not (He et al. 2015, figures 1 and 6)",
        ),
        Claim(
            sentence="At 8 layers the identity path makes no difference that matters.",
            metric="train_loss",
            direction="same",
            by=0.1,
            at=8,
            quality="training speed",
        ),
    ),
    source="He et al. 2015, arXiv:1512.03385, figures 1 and 6",
    note="150 steps measure how fast a stack can be optimized, not where it would end after days of training.",
    demonstration=Demonstration(
        title="The gradient before the first step",
        text="One backward pass through both untrained networks at 56 layers. Nothing is trained: the curves are exact "
        "for these weights.",
        show=lambda setups: (
            profiles({arm: with_depth(s, 56) for arm, s in setups.items()}, gradient_flow.PROBE, "Gradient by layer"),
        ),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=8, first_seed=100),
)

BOTTLENECK = Experiment(
    slug="bottleneck",
    ask="Do bottleneck blocks keep the accuracy at a lower cost?",
    base=Setup(
        model=small_resnet(14, widths=(16, 32)),
        recipe=RECIPE.replace(dataset=mnist5k.DATASET.config.replace(size=14)),
    ),
    arms=(
        Arm(name="A", title="basic blocks"),
        Arm(name="B", title="bottleneck blocks", tweaks=(bottleneck.TWEAK,)),
    ),
    measure=Train(metrics=("test_accuracy", "train_loss", "seconds", "parameters"), probes=PROBES),
    claims=(
        Claim(
            sentence="At the same depth, bottlenecks with fewer parameters and MACs are as accurate.",
            metric="test_accuracy",
            direction="same",
            by=0.02,
            published="ImageNet: ResNet-50 (bottlenecks, 3.8 G MACs) has 5.25 % top-5 error, ResNet-34 (basic blocks, "
            "3.6 G MACs) 5.60 % (He et al. 2015, table 4)",
        ),
    ),
    source="He et al. 2015, arXiv:1512.03385, figure 5 and table 4",
    note="Fewer multiply-accumulates need not take less time: narrow 1x1 convolutions use a CPU badly. Compare the "
    "training time of both arms.",
    demonstration=Demonstration(
        title="The cost of both networks",
        text="Counted from the shapes of all layers, without training: fewer parameters and multiply-accumulates, "
        "although the stream between blocks is four times as wide.",
        show=lambda setups: (costs(setups, {"A": "basic blocks", "B": "bottleneck blocks"}, "Cost at equal depth"),),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=10, first_seed=100),
)

BATCH_NORM = Experiment(
    slug="batch-norm",
    ask="Does batch norm widen the range of learning rates that train?",
    base=Setup(
        model=edit(
            small_resnet(10, widths=(12, 24)), "init", fan="fan_in"
        ),  # without norm, fan out would start too small
        recipe=RECIPE.replace(steps=120),
    ),
    arms=(
        Arm(name="A", title="batch norm"),
        Arm(name="B", title="no norm", tweaks=(no_batch_norm.TWEAK,)),
    ),
    axis=Axis(
        name="lr", label="Learning rate", values=(0.01, 0.03, 0.1, 0.3, 1.0, 3.0), apply=with_learning_rate, log=True
    ),
    measure=Train(metrics=("test_accuracy", "train_loss", "diverged"), probes=PROBES),
    claims=(
        Claim(
            sentence="At a learning rate of 1, a network without batch norm does not train and one with it does.",
            metric="test_accuracy",
            direction="lower",
            by=0.3,
            at=1.0,
            quality="stability",
            published="Inception on ImageNet: 30 times the learning rate trains with batch norm; without it, 5 times "
            "already diverges (Ioffe & Szegedy 2015, section 4.2.2)",
        ),
        Claim(
            sentence="At a small learning rate of 0.01 batch norm makes no difference that matters.",
            metric="test_accuracy",
            direction="same",
            by=0.1,
            at=0.01,
        ),
    ),
    source="Ioffe & Szegedy 2015, arXiv:1502.03167; Bjorck et al. 2018, arXiv:1806.02375",
    demonstration=Demonstration(
        title="What happens when all kernels grow",
        text="Every kernel of the untrained networks is multiplied by the same number. With batch norm the loss stays "
        "where it is and the gradient shrinks by that number: steps that were too large make later ones smaller. "
        "Without it both grow together.",
        show=lambda setups: scale_response(setups, nn.Conv2d, "Kernels scaled"),
    ),
    live=Budget(seeds=3, values=(0.01, 0.1, 1.0)),
    reference=Budget(seeds=8, first_seed=100),
)

CHAPTER = Chapter(
    slug="residual",
    block="Residual block",
    architectures=resnet.MODELS,
    tweaks=(
        no_identity_path.TWEAK,
        pre_activation.TWEAK,
        bottleneck.TWEAK,
        no_batch_norm.TWEAK,
        group_norm.TWEAK,
    ),
    probes=PROBES,
    experiments=(IDENTITY, BOTTLENECK, BATCH_NORM),
)
