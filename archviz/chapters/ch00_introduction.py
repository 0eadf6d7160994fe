"""Chapter 0 - What an architecture assumes."""

from archviz.blocks.optimizers import AdamW
from archviz.core.config import edit
from archviz.core.setup import Recipe, Setup
from archviz.core.spec import Arm, Axis, Budget, Chapter, Claim, Demonstration, Experiment, Train
from archviz.data import few_examples
from archviz.engine.assumptions import fits, resemblance
from archviz.engine.shifted_task import ShiftedClassification
from archviz.exhibits import block_tour
from archviz.models import mlp, vgg, vit
from archviz.models.vgg import tiny_cnn
from archviz.probes import activations, gradient_flow
from archviz.tweaks import fully_connected, mean_pooling, patch_transformer

RECIPE = Recipe(
    dataset=few_examples.DATASET.config.replace(examples=1000),
    task=ShiftedClassification.Config(shift=2),
    optimizer=AdamW.Config(lr=0.01),
    steps=240,
    batch_size=50,
    schedule="cosine",
)
PROBES = (gradient_flow.PROBE, activations.PROBE)
ARMS = (
    Arm(name="A", title="convolutional"),
    Arm(name="B", title="fully connected", tweaks=(fully_connected.TWEAK,)),
    Arm(name="C", title="transformer", tweaks=(patch_transformer.TWEAK,)),
)
PARAMETERS = "All three have 18,000 to 18,500 parameters."


def with_shift(setup: Setup, pixels: float) -> Setup:
    """The same setup, judged on images that were moved so far."""
    return edit(setup, "recipe.task", shift=int(pixels))


def with_examples(setup: Setup, examples: float) -> Setup:
    """The same setup with so many training images."""
    return edit(setup, "recipe.dataset", examples=int(examples))


INDUCTIVE_BIAS = Experiment(
    slug="inductive-bias",
    ask="Who still knows a digit that stands two pixels elsewhere?",
    base=Setup(model=tiny_cnn(), recipe=RECIPE),
    arms=ARMS,
    axis=Axis(name="shift", label="Shift of the test images (pixels)", values=(0, 1, 2, 3), apply=with_shift),
    measure=Train(metrics=("test_shifted_accuracy", "test_accuracy", "train_loss", "parameters"), probes=PROBES),
    claims=(
        Claim(
            sentence="When test images are moved by two pixels, a fully connected network falls far behind a "
            "convolutional one.",
            metric="test_shifted_accuracy",
            direction="lower",
            by=0.1,
            at=2,
        ),
        Claim(
            sentence="So does a vision transformer, whose patches do not overlap.",
            metric="test_shifted_accuracy",
            direction="lower",
            by=0.1,
            at=2,
            variant="C",
        ),
        Claim(
            sentence="Where they were, the fully connected network knows them almost as well.",
            metric="test_shifted_accuracy",
            direction="same",
            by=0.05,
            at=0,
        ),
    ),
    source="LeCun et al. 1998, section II.A; Mitchell 1980",
    note=f"{PARAMETERS} They share one recipe; of the learning rates 0.001, 0.003 and 0.01 the last was best for each "
    "on the validation split. They learn from 1,000 images in which every digit is centred.",
    demonstration=Demonstration(
        title="What the untrained networks assume",
        text="How alike are the answers to an image and to the same image moved? Before any training, a convolutional "
        "network with pooling already gives similar answers; to a fully connected one a moved digit is a new image. "
        "Exact for these weights, the mean over 64 images.",
        show=lambda setups: (resemblance(setups, "Answers to a moved image, before training"),),
    ),
    live=Budget(seeds=3, values=(0, 2)),
    reference=Budget(seeds=6, first_seed=100),
)

SAMPLE_EFFICIENCY = Experiment(
    slug="sample-efficiency",
    ask="How many examples is a good assumption worth?",
    base=Setup(model=tiny_cnn(), recipe=RECIPE),
    arms=ARMS,
    axis=Axis(name="examples", label="Training images", values=(100, 300, 1000, 3500), apply=with_examples, log=True),
    measure=Train(metrics=("test_accuracy", "test_shifted_accuracy", "train_loss"), probes=PROBES),
    claims=(
        Claim(
            sentence="From 100 images a vision transformer learns less than a convolutional network.",
            metric="test_accuracy",
            direction="lower",
            by=0.05,
            at=100,
            variant="C",
            published="ImageNet: a ViT-L/16 trained from scratch on 1.3 million images is behind a ResNet of its size, "
            "and ahead of it after 300 million (Dosovitskiy et al. 2021, figures 3 and 4)",
        ),
        Claim(
            sentence="So does a fully connected network.",
            metric="test_accuracy",
            direction="lower",
            by=0.02,
            at=100,
        ),
        Claim(
            sentence="With 3,500 images the transformer is no more than 5 points behind.",
            metric="test_accuracy",
            direction="same",
            by=0.05,
            at=3500,
            variant="C",
        ),
    ),
    source="Dosovitskiy et al. 2021, arXiv:2010.11929, section 4.3; Mitchell 1980",
    note=f"{PARAMETERS} Every seed learns from the same images, so the interval is about starts and orders. The number "
    "of steps is the same for all, and a transformer would gain most from more of them.",
    demonstration=Demonstration(
        title="Flexibility against sample efficiency, in one chart",
        text="To the right: how many directions an untrained network can learn at once (the effective rank of its "
        "tangent kernel). Upwards: how many images that kernel names rightly when each is left out in turn. Each line "
        "goes from 25 images to 150. The fully connected network bends in most directions, the convolutional one in "
        "better ones; the transformer starts with few of either. Exact for these weights, nothing is trained.",
        show=lambda setups: (fits(setups, "Flexible, or quick to learn"),),
    ),
    live=Budget(seeds=3, values=(100, 1000)),
    reference=Budget(seeds=6, first_seed=100),
)

CHAPTER = Chapter(
    slug="introduction",
    block="Layers, norms, activations, connections",
    architectures=(
        *(model for model in vgg.MODELS if model.name == "cnn-tiny"),
        *mlp.MODELS,
        *(model for model in vit.MODELS if model.name == "vit-tiny"),
    ),
    tweaks=(fully_connected.TWEAK, patch_transformer.TWEAK, mean_pooling.TWEAK),
    probes=PROBES,
    experiments=(INDUCTIVE_BIAS, SAMPLE_EFFICIENCY),
    exhibits=(block_tour.EXHIBIT,),
)
