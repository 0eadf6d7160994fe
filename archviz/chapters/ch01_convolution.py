"""Chapter 1 - Learning to see: convolutional networks."""

from archviz.blocks.dense_head import DenseHead
from archviz.blocks.initialization import HeNormal
from archviz.blocks.norm import LocalResponseNorm
from archviz.blocks.optimizers import SGD
from archviz.core.setup import Recipe, Setup
from archviz.core.spec import Arm, Axis, Budget, Chapter, Claim, Demonstration, Experiment, Train
from archviz.data import few_examples, mnist5k
from archviz.engine.demonstrate import profiles
from archviz.engine.gap_task import GapClassification
from archviz.engine.responses import damping, passes, spreads
from archviz.engine.tasks import Classification
from archviz.exhibits import equivariance, parameter_sharing, pooling, sliding_kernel
from archviz.models import alexnet, vgg
from archviz.models.alexnet import small_alexnet
from archviz.models.vgg import VGG
from archviz.probes import activations, gradient_flow
from archviz.tweaks import add_batch_norm, local_response_norm, mean_pooling, no_dropout, sigmoid, tanh

RECIPE = Recipe(
    dataset=mnist5k.DATASET.config,
    task=Classification.Config(),
    optimizer=SGD.Config(lr=0.1, momentum=0.9),
    steps=150,
    batch_size=32,
    schedule="cosine",
    clip=1.0,
)
PROBES = (gradient_flow.PROBE, activations.PROBE)


def plain_stack(layers: int) -> VGG.Config:
    """A VGG of so many 3x3 layers, all but the first at 7x7 pixels, with a linear classifier and no normalization.

    Kernels keep the variance of what comes in (fan in): without normalization nothing else would.
    """
    return VGG.Config(
        in_channels=1,
        classes=10,
        depths=(1, layers - 1),
        widths=(12, 12),
        grid=3,
        head=DenseHead.Config(hidden=()),
        init=HeNormal.Config(fan="fan_in"),
    )


def with_layers(setup: Setup, layers: float) -> Setup:
    """The same setup with so many convolutional layers."""
    assert isinstance(setup.model, VGG.Config)
    return setup.replace(model=setup.model.replace(depths=(1, int(layers) - 1)))


FEW = few_examples.FewExamples.Config(of=mnist5k.DATASET.config, examples=200)

RELU = Experiment(
    slug="relu",
    ask="Does a deep stack need rectified units to learn?",
    base=Setup(model=plain_stack(10), recipe=RECIPE),
    arms=(
        Arm(name="A", title="ReLU"),
        Arm(name="B", title="tanh", tweaks=(tanh.TWEAK,)),
        Arm(name="C", title="sigmoid", tweaks=(sigmoid.TWEAK,)),
    ),
    axis=Axis(name="layers", label="Convolutional layers", values=(4, 10), apply=with_layers),
    measure=Train(metrics=("test_accuracy", "train_loss", "test_loss"), probes=PROBES),
    claims=(
        Claim(
            sentence="With sigmoid units a stack of ten layers does not learn what it learns with ReLU.",
            metric="test_accuracy",
            direction="lower",
            by=0.3,
            at=10,
            variant="C",
            quality="training speed",
            published="A network of four hidden layers with sigmoid units stays on a plateau for a long time, and one "
            "of five never leaves it (Glorot & Bengio 2010, section 3.1)",
        ),
        Claim(
            sentence="With tanh units a stack of four layers trains more slowly than with ReLU.",
            metric="train_loss",
            direction="higher",
            by=0.03,
            at=4,
            quality="training speed",
            published="CIFAR-10: a network of four convolutional layers reaches 25 % training error six times faster "
            "with ReLU than with tanh (Krizhevsky et al. 2012, figure 1)",
        ),
    ),
    source="Krizhevsky et al. 2012, section 3.1 and figure 1; Glorot & Bengio 2010, section 3",
    note="All arms start from the same kernels, whose scale suits ReLU (He et al. 2015). The learning rate is the best "
    "of 0.01, 0.03 and 0.1 on the validation split at four layers, for ReLU and tanh alike; at ten layers ReLU would "
    "do better with 0.03.",
    demonstration=Demonstration(
        title="The gradient before the first step",
        text="One backward pass through the three untrained networks of ten layers. A sigmoid's slope is at most one "
        "quarter: layer by layer the gradient becomes smaller, until nothing is left for the first ones. Nothing is "
        "trained: the curves are exact for these weights.",
        show=lambda setups: (profiles(setups, gradient_flow.PROBE, "Gradient by layer"),),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=10, first_seed=100),
)

DROPOUT = Experiment(
    slug="dropout",
    ask="Does dropout narrow the gap when examples are few?",
    base=Setup(
        model=small_alexnet(hidden=(256,)),
        recipe=RECIPE.replace(
            dataset=FEW,
            task=GapClassification.Config(learned=FEW),
            optimizer=SGD.Config(lr=0.02, momentum=0.9),
            steps=400,
            batch_size=25,
        ),
    ),
    arms=(
        Arm(name="A", title="dropout 0.5"),
        Arm(name="B", title="no dropout", tweaks=(no_dropout.TWEAK,)),
    ),
    measure=Train(metrics=("test_loss_gap", "test_accuracy_gap", "test_loss", "test_accuracy"), probes=PROBES),
    claims=(
        Claim(
            sentence="Without dropout the loss on new images is farther behind that on the 200 training images.",
            metric="test_loss_gap",
            direction="higher",
            by=0.05,
            published="MNIST, all 60,000 images: dropout lowers the test error of dense networks from 1.60 % to "
            "1.35 % (Srivastava et al. 2014, table 2)",
        ),
        Claim(
            sentence="Without dropout fewer new images are named correctly.",
            metric="test_accuracy",
            direction="lower",
            by=0.01,
            published="ImageNet: without dropout AlexNet overfits substantially (Krizhevsky et al. 2012, section 4.2)",
        ),
    ),
    source="Srivastava et al. 2014, JMLR 15; Krizhevsky et al. 2012, section 4.2",
    note="Both sides of the gap are scored without dropout. Every seed learns from the same 200 images, so the "
    "interval is about starts and orders, not about which images one happened to have.",
    demonstration=Demonstration(
        title="The same image, sixty times",
        text="In training, dropout silences other units in every pass, so the untrained network answers the same image "
        "differently each time. Values that stay are scaled up, so that the mean goes towards the answer without "
        "dropout: at a test one pass without it stands for the average of all these thinner networks.",
        show=lambda setups: (passes(setups, "One image, sixty passes"),),
    ),
    live=Budget(seeds=4),
    reference=Budget(seeds=12, first_seed=100),
)

LRN = Experiment(
    slug="lrn",
    ask="Was local response normalization worth its time?",
    base=Setup(model=small_alexnet(hidden=()), recipe=RECIPE),
    arms=(
        Arm(name="A", title="no normalization"),
        Arm(name="B", title="local response", tweaks=(local_response_norm.TWEAK,)),
        Arm(name="C", title="batch norm", tweaks=(add_batch_norm.TWEAK,)),
    ),
    measure=Train(metrics=("test_accuracy", "train_loss", "seconds"), probes=PROBES),
    claims=(
        Claim(
            sentence="Local response normalization makes no difference to accuracy that matters.",
            metric="test_accuracy",
            direction="same",
            by=0.01,
            published="ImageNet: it lowers AlexNet's top-5 error by 1.2 points (Krizhevsky et al. 2012, section 3.3); "
            "in VGG-11 it does not help, and costs memory and time (Simonyan & Zisserman 2014, section 4.1)",
        ),
        Claim(
            sentence="It makes training take longer.",
            metric="seconds",
            direction="higher",
            by=0.1,
            quality="cost",
        ),
        Claim(
            sentence="Batch norm in its place lowers the training loss.",
            metric="train_loss",
            direction="lower",
            by=0.02,
            variant="C",
            quality="training speed",
            published="ImageNet: batch norm reaches the same accuracy in 14 times fewer steps (Ioffe & Szegedy 2015)",
        ),
    ),
    source="Krizhevsky et al. 2012, section 3.3; Simonyan & Zisserman 2014, section 4.1",
    note="Seconds are wall-clock time on the machine named with the reference, while it did other work as well.",
    demonstration=Demonstration(
        title="What it does to activations",
        text="Left, exact: with AlexNet's constants the divisor is 1.68 for everyone until activations reach the tens, "
        "which they did with pixels from 0 to 255. Right, the untrained networks on normalized digits: response "
        "normalization only makes the first two layers smaller, batch norm gives each layer the same scale.",
        show=lambda setups: (
            damping(LocalResponseNorm.Config(), "Damped by neighbours"),
            spreads(setups, "Scale, layer by layer"),
        ),
    ),
    live=Budget(seeds=4),
    reference=Budget(seeds=12, first_seed=100),
)

CHAPTER = Chapter(
    slug="convolution",
    block="Convolution and pooling",
    architectures=alexnet.MODELS + tuple(model for model in vgg.MODELS if model.name != "cnn-tiny"),
    tweaks=(
        tanh.TWEAK,
        sigmoid.TWEAK,
        no_dropout.TWEAK,
        local_response_norm.TWEAK,
        add_batch_norm.TWEAK,
        mean_pooling.TWEAK,
    ),
    probes=PROBES,
    experiments=(RELU, DROPOUT, LRN),
    exhibits=(sliding_kernel.EXHIBIT, pooling.EXHIBIT, parameter_sharing.EXHIBIT, equivariance.EXHIBIT),
)
