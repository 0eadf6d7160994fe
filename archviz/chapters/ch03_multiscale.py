"""Chapter 3 - Several scales at once: Inception modules, factorized filters, cardinality."""

from collections.abc import Mapping

from archviz.blocks.filters import SquareFilter
from archviz.blocks.optimizers import SGD
from archviz.core.results import Result
from archviz.core.setup import Inputs, Recipe, Setup
from archviz.core.spec import Arm, Budget, Chapter, Claim, Demonstration, Experiment, Train
from archviz.data import mnist5k, photo_digits
from archviz.engine.cost_table import Entry, cost_table
from archviz.engine.receptive_field import filters
from archviz.engine.tasks import Classification
from archviz.exhibits import row_times_column
from archviz.models import googlenet, inception_v3, resnext
from archviz.models.inception_v3 import small_inception
from archviz.models.resnet import ResNet
from archviz.models.resnext import small_resnext, with_cardinality
from archviz.probes import activations, gradient_flow
from archviz.tweaks import auxiliary_head, cardinality, factorized_filters, stacked_filters

PROBES = (gradient_flow.PROBE, activations.PROBE)
RECIPE = Recipe(
    dataset=mnist5k.DATASET.config,
    task=Classification.Config(),
    optimizer=SGD.Config(lr=0.3, momentum=0.9, weight_decay=1e-4),
    steps=200,
    batch_size=32,
    schedule="cosine",
)
PUBLISHED_ERRORS = {1: "23.9 %", 2: "23.0 %", 4: "22.6 %", 8: "22.3 %", 32: "22.2 %"}
"""Top-1 error of ResNeXt-50 on ImageNet by cardinality: Xie et al. 2016, table 3."""

FACTORIZED = Experiment(
    slug="factorized",
    ask="Can a 7 x 7 filter be had as a row and a column, for two sevenths of the cost?",
    base=Setup(model=small_inception(filters=SquareFilter.Config()), recipe=RECIPE),
    arms=(
        Arm(name="A", title="7 x 7"),
        Arm(name="B", title="1 x 7 and 7 x 1", tweaks=(factorized_filters.TWEAK,)),
        Arm(name="C", title="three of 3 x 3", tweaks=(stacked_filters.TWEAK,)),
    ),
    measure=Train(metrics=("test_accuracy", "train_loss", "parameters", "seconds"), probes=PROBES),
    claims=(
        Claim(
            sentence="With rows and columns in place of 7 x 7 filters the network is as accurate.",
            metric="test_accuracy",
            direction="same",
            by=0.02,
            published="ImageNet: it gives very good results on grids between 12 and 20 pixels a side, using 1 x 7 and "
            "7 x 1, and does not work well on early layers (Szegedy et al. 2015, section 3.2)",
        ),
        Claim(
            sentence="Three stacked 3 x 3 filters in place of each 7 x 7 are as accurate.",
            metric="test_accuracy",
            direction="same",
            by=0.02,
            variant="C",
            published="VGG on ImageNet: a network of 5 x 5 filters has 7 % more top-1 error than one with two 3 x 3 in "
            "place of each (Simonyan & Zisserman 2014, section 4.1)",
        ),
    ),
    source="Szegedy et al. 2015, arXiv:1512.00567, section 3.2 and figure 6",
    note="The filters work on a grid of 7 x 7, so a 7 x 7 filter sees all of it. Fewer multiplications need not take "
    "less time: thin filters use a CPU badly. Compare the training time of the arms.",
    demonstration=Demonstration(
        title="The same view for less",
        text="Each way to build a filter, taken by itself, untrained. The cost by size is exact. The maps show how "
        "strongly each pixel changes the middle of the output, by the gradient: all three see 7 x 7 pixels, but what "
        "is stacked looks mostly at the middle.",
        show=lambda setups: filters(setups, {"A": "7 x 7", "B": "1 x 7 and 7 x 1", "C": "three of 3 x 3"}),
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=8, first_seed=100),
)


def group_widths(setups: Mapping[str, Setup]) -> tuple[Result, ...]:
    """What each cardinality costs, here and at the size of the paper."""
    base = setups["A"]
    assert isinstance(base.model, ResNet.Config)
    inputs = base.recipe.dataset.inputs
    paper = resnext.resnext(ResNet.Config(depths=(3, 4, 6, 3)), cardinality=1, group_width=64, outputs=256)
    here = {str(groups): _groups(base.model, groups) for groups in (1, 2, 4, 8, 16)}
    there = {str(groups): _groups(paper, groups, error) for groups, error in PUBLISHED_ERRORS.items()}
    columns = ("cardinality C", "width of a group d", "channels C d")
    return (
        cost_table("Here: first stage of each network, and cost of the whole", columns, here, inputs),
        cost_table(
            "ResNeXt-50, with the published error on ImageNet",
            (*columns, "top-1 error (published)"),
            there,
            Inputs(shape=(3, 224, 224)),
        ),
    )


def _groups(model: ResNet.Config, groups: int, *cells: str) -> Entry:
    model = with_cardinality(model, groups)
    return Entry(model, (model.widths[0] // groups, model.widths[0], *cells))


CARDINALITY = Experiment(
    slug="cardinality",
    ask="At equal cost, do many narrow branches beat one wide one?",
    base=Setup(
        model=small_resnext(cardinality=1, group_width=16, in_channels=3),
        recipe=RECIPE.replace(
            dataset=photo_digits.DATASET.config,
            optimizer=SGD.Config(lr=0.1, momentum=0.9, weight_decay=1e-4),
            steps=120,
        ),
    ),
    arms=(
        Arm(name="A", title="1 group of 16"),
        Arm(name="B", title="4 groups of 6", tweaks=(cardinality.FOUR,)),
        Arm(name="C", title="16 groups of 2", tweaks=(cardinality.SIXTEEN,)),
    ),
    measure=Train(metrics=("test_accuracy", "train_loss", "parameters", "seconds"), probes=PROBES),
    claims=(
        Claim(
            sentence="At equal cost, 16 narrow groups are more accurate than one wide one.",
            metric="test_accuracy",
            direction="higher",
            by=0.01,
            variant="C",
            published="ImageNet: ResNeXt-50 has 22.2 % top-1 error with 32 groups of 4 channels, and 23.9 % with one "
            "group of 64, at equal cost (Xie et al. 2016, table 3)",
        ),
        Claim(
            sentence="At equal cost, 4 groups are more accurate than one wide one.",
            metric="test_accuracy",
            direction="higher",
            by=0.01,
            variant="B",
            published="ImageNet: 22.6 % with 4 groups of 24 channels (Xie et al. 2016, table 3)",
        ),
    ),
    source="Xie et al. 2016, arXiv:1611.05431, section 5.1 and table 3",
    note="The published gain is 1.7 points after 90 epochs of ImageNet. These networks are a quarter as wide and see "
    "each example about once.",
    demonstration=Demonstration(
        title="What the same cost buys",
        text="Counted from the shapes of all layers. The cost of a block stays the same: the more groups, the narrower "
        "each of them, but the more channels all of them have together. Widths are whole numbers, so costs agree but "
        "for rounding.",
        show=group_widths,
    ),
    live=Budget(seeds=3),
    reference=Budget(seeds=12, first_seed=300),
)

CHAPTER = Chapter(
    slug="multiscale",
    block="Inception module",
    architectures=(*googlenet.MODELS, *inception_v3.MODELS, *resnext.MODELS),
    tweaks=(
        factorized_filters.TWEAK,
        stacked_filters.TWEAK,
        auxiliary_head.TWEAK,
        cardinality.FOUR,
        cardinality.SIXTEEN,
    ),
    probes=PROBES,
    experiments=(FACTORIZED, CARDINALITY),
    exhibits=(row_times_column.EXHIBIT,),
)
