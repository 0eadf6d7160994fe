"""Chapter 4 - Doing more with less: separable convolutions, linear bottlenecks, excitation, compound scaling."""

from collections.abc import Mapping

from archviz.blocks.excitation import SqueezeExcitation
from archviz.blocks.optimizers import SGD
from archviz.core.config import edit, swap
from archviz.core.results import Result
from archviz.core.setup import Recipe, Setup
from archviz.core.spec import Arm, Axis, Budget, Chapter, Claim, Demonstration, Experiment, Train
from archviz.data import coloured_light, mnist5k, photo_digits
from archviz.engine.cost_table import Entry, cost_table
from archviz.engine.demonstrate import costs
from archviz.engine.lost_in_relu import narrow_and_wide
from archviz.engine.separable_cost import ratio_curve
from archviz.engine.tasks import Classification
from archviz.exhibits import lost_in_relu, separable_cost
from archviz.models import efficientnet, mobilenet_v1, mobilenet_v2
from archviz.models.efficientnet import GrownEfficientNet, small_efficientnet
from archviz.models.mobilenet_v1 import small_mobilenet_v1
from archviz.models.mobilenet_v2 import small_mobilenet_v2
from archviz.probes import activations, gates, gradient_flow
from archviz.tweaks import full_convolution, growth, no_excitation, relu6_bottleneck

PROBES = (gradient_flow.PROBE, activations.PROBE)
RECIPE = Recipe(
    dataset=mnist5k.DATASET.config,
    task=Classification.Config(),
    optimizer=SGD.Config(lr=0.3, momentum=0.9, weight_decay=1e-4),
    steps=150,
    batch_size=32,
    schedule="cosine",
)
ON_PHOTOS = RECIPE.replace(dataset=photo_digits.DATASET.config)

SEPARABLE = Experiment(
    slug="separable",
    ask="Is a ninth of the multiplications enough?",
    base=Setup(model=small_mobilenet_v1(), recipe=RECIPE),
    arms=(
        Arm(name="A", title="depthwise separable"),
        Arm(name="B", title="full convolutions", tweaks=(full_convolution.TWEAK,)),
    ),
    measure=Train(metrics=("test_accuracy", "train_loss", "parameters", "seconds"), probes=PROBES),
    claims=(
        Claim(
            sentence="Full convolutions, for several times the cost, are not more accurate.",
            metric="test_accuracy",
            direction="same",
            by=0.02,
            published="ImageNet: MobileNet has 70.6 % accuracy with 569 million multiply-adds, and 71.7 % with 4,866 "
            "million when its convolutions are full (Howard et al. 2017, table 4)",
        ),
    ),
    source="Howard et al. 2017, arXiv:1704.04861, section 3.1 and table 4",
    note="Fewer multiplications need not take less time: depthwise convolutions use a CPU badly. Compare the training "
    "time of both arms.",
    demonstration=Demonstration(
        title="The cost: 1/N + 1/k²",
        text="What a depthwise separable layer costs, as a share of a full convolution's multiplications: as the "
        "formula says, and as counted in a pass through both layers. With many channels all that is left is one filter "
        "in k² places. Below, both networks as they are trained here.",
        show=lambda setups: (
            ratio_curve(3, 64),
            costs(setups, {"A": "depthwise separable", "B": "full convolutions"}, "Both networks"),
        ),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=8, first_seed=100),
)

LINEAR_BOTTLENECK = Experiment(
    slug="linear-bottleneck",
    ask="Does a ReLU in a narrow layer throw away what the network needs?",
    base=Setup(
        model=small_mobilenet_v2(width=4, in_channels=3),
        recipe=ON_PHOTOS,
    ),
    arms=(
        Arm(name="A", title="linear bottleneck"),
        Arm(name="B", title="ReLU6 bottleneck", tweaks=(relu6_bottleneck.TWEAK,)),
    ),
    measure=Train(metrics=("test_accuracy", "train_loss"), probes=PROBES),
    claims=(
        Claim(
            sentence="With ReLU6 after its narrow layers the network is less accurate.",
            metric="test_accuracy",
            direction="lower",
            by=0.02,
            published="ImageNet: without a non-linearity in the bottleneck MobileNetV2 is more accurate all through "
            "training (Sandler et al. 2018, figure 6a)",
        ),
    ),
    source="Sandler et al. 2018, arXiv:1801.04381, section 3.2 and figures 1 and 6a",
    note="The stream between blocks has 4 channels only, so that there is something to lose.",
    demonstration=Demonstration(
        title="A spiral through ReLU",
        text="A flat spiral is mapped at random into n dimensions, goes through ReLU, and is mapped back by the best "
        "linear map there is. In two or three dimensions parts of it fold onto each other and are lost for good; in "
        "thirty every point still is where it was. Without ReLU (A) nothing is lost. The band holds 80 % of 50 draws.",
        show=lambda setups: narrow_and_wide(),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=8, first_seed=100),
)


def with_light(setup: Setup, spread: float) -> Setup:
    """The same setup under lamps of so different colours."""
    return edit(setup, "recipe.dataset", light=spread)


SQUEEZE_EXCITATION = Experiment(
    slug="squeeze-excitation",
    ask="Does it help to weigh channels after a glance at the whole image?",
    base=Setup(
        model=swap(
            small_efficientnet(in_channels=3),
            SqueezeExcitation.Config,
            lambda excitation: excitation.replace(reduction=1),  # with so few channels there is nothing to save
        ),
        recipe=RECIPE.replace(dataset=coloured_light.DATASET.config),
    ),
    arms=(
        Arm(name="A", title="squeeze and excitation"),
        Arm(name="B", title="none", tweaks=(no_excitation.TWEAK,)),
    ),
    axis=Axis(name="light", label="Colourfulness of the light", values=(0.0, 0.5), apply=with_light),
    measure=Train(metrics=("test_accuracy", "train_loss", "parameters", "seconds"), probes=(gates.PROBE, *PROBES)),
    claims=(
        Claim(
            sentence="Under coloured lamps the network without excitation is less accurate.",
            metric="test_accuracy",
            direction="lower",
            by=0.02,
            at=0.5,
            published="ImageNet: ResNet-50 has 24.8 % top-1 error, and 23.3 % with squeeze and excitation (Hu et al. "
            "2017, table 2)",
        ),
        Claim(
            sentence="Under white light, where there is nothing to look up, it makes no difference that matters.",
            metric="test_accuracy",
            direction="same",
            by=0.02,
            at=0.0,
        ),
    ),
    source="Hu et al. 2017, arXiv:1709.01507, sections 3 and 7",
    note="The task was made for this question: a paint is to be named under a lamp of any colour, and only the paper "
    "all around tells which. Look at the gates: which channels change from example to example?",
    demonstration=Demonstration(
        title="The cost of both networks",
        text="Counted from the shapes of all layers. Excitation works on one number a channel, so it adds parameters "
        "but hardly any multiplications.",
        show=lambda setups: (costs(setups, {"A": "squeeze and excitation", "B": "none"}, "With it and without"),),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=8, first_seed=100),
)


def with_budget(setup: Setup, budget: float) -> Setup:
    """The same setup with a network that costs so many times its base."""
    return edit(setup, "model", budget=budget)


def what_the_budget_buys(setups: Mapping[str, Setup]) -> tuple[Result, ...]:
    """Every arm's network at the largest budget, and the base."""
    first = setups["A"].model
    assert isinstance(first, GrownEfficientNet.Config)
    entries = {"base": _grown(first.replace(budget=1.0))}
    for arm in COMPOUND_SCALING.arms:
        model = setups[arm.name].model
        assert isinstance(model, GrownEfficientNet.Config)
        entries[f"{arm.name}: {arm.title}"] = _grown(model.replace(budget=LARGEST))
    columns = ("network", "channels by stage", "blocks by stage", "pixels a side")
    title = f"{LARGEST:g} times the multiplications"
    return (cost_table(title, columns, entries, setups["A"].recipe.dataset.inputs),)


def _grown(model: GrownEfficientNet.Config) -> Entry:
    stages = model.network.stages
    widths, depths = (", ".join(map(str, each)) for each in zip(*((s.width, s.depth) for s in stages), strict=True))
    return Entry(model, (widths, depths, model.side))


LARGEST = 4.0
COMPOUND_SCALING = Experiment(
    slug="compound-scaling",
    ask="With four times the multiplications: wider, deeper, finer, or a little of each?",
    base=Setup(
        model=GrownEfficientNet.Config(
            base=small_efficientnet(depth=2, widths=(16, 24, 32), in_channels=3), resolution=8
        ),
        recipe=ON_PHOTOS.replace(dataset=photo_digits.DATASET.config.replace(size=28)),
    ),
    arms=(
        Arm(name="A", title="all three"),
        Arm(name="B", title="wider only", tweaks=(growth.WIDTH,)),
        Arm(name="C", title="deeper only", tweaks=(growth.DEPTH,)),
        Arm(name="D", title="finer only", tweaks=(growth.RESOLUTION,)),
    ),
    axis=Axis(name="budget", label="MACs, times those of the base", values=(1.0, LARGEST), apply=with_budget, log=True),
    measure=Train(metrics=("test_accuracy", "train_loss", "parameters", "seconds")),
    claims=tuple(
        Claim(
            sentence=f"At four times the cost, growing in {what} alone is less accurate than growing in all three.",
            metric="test_accuracy",
            direction="lower",
            by=0.01,
            at=LARGEST,
            variant=arm,
            published=f"ImageNet, from 0.4 to about 1.8 billion MACs: {alone} % for {what} alone, 81.1 % for all three "
            "(Tan & Le 2019, table 7)",
        )
        for arm, what, alone in (("B", "width", "78.9"), ("C", "depth", "79.0"), ("D", "resolution", "79.1"))
    ),
    source="Tan & Le 2019, arXiv:1905.11946, section 3 and table 7",
    note="Channels, blocks and pixels are whole numbers, so budgets are kept only roughly: the table says what each "
    "network really costs. At a budget of 1 all arms are the same network.",
    demonstration=Demonstration(
        title="What four times the budget buys",
        text="Multiplications grow with depth, with the square of the width and with the square of the resolution. "
        "Compound scaling raises all three by fixed constants (1.2, 1.1 and 1.15 for one doubling). Counted from the "
        "shapes of all layers.",
        show=what_the_budget_buys,
    ),
    live=Budget(seeds=3, values=(LARGEST,)),
    reference=Budget(seeds=10, first_seed=200),
)

CHAPTER = Chapter(
    slug="efficient",
    block="Depthwise separable convolution",
    architectures=(*mobilenet_v1.MODELS, *mobilenet_v2.MODELS, *efficientnet.MODELS),
    tweaks=(
        full_convolution.TWEAK,
        relu6_bottleneck.TWEAK,
        no_excitation.TWEAK,
        growth.WIDTH,
        growth.DEPTH,
        growth.RESOLUTION,
    ),
    probes=(gates.PROBE, *PROBES),
    experiments=(SEPARABLE, LINEAR_BOTTLENECK, SQUEEZE_EXCITATION, COMPOUND_SCALING),
    exhibits=(separable_cost.EXHIBIT, lost_in_relu.EXHIBIT),
)
