"""Cardinality: many narrow groups instead of one wide convolution, at the same cost."""

from functools import partial

from archviz.blocks.residual import BottleneckConfig
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak
from archviz.models.resnet import ResNet
from archviz.models.resnext import with_cardinality


def change(setup: Setup, cardinality: int) -> Setup:
    """Every ResNet of bottlenecks gets so many groups, each as wide as its share of the cost allows."""

    def regroup(model: ResNet.Config) -> ResNet.Config:
        return with_cardinality(model, cardinality) if isinstance(model.block, BottleneckConfig) else model

    return swap(setup, ResNet.Config, regroup)


def _groups(cardinality: int) -> Tweak:
    return Tweak(
        slug=f"cardinality-{cardinality}",
        title=f"{cardinality} groups",
        text=f"Splits the 3x3 convolution of every bottleneck into {cardinality} groups that do not see each other: so "
        "many narrow branches side by side, whose outputs are added. A group of d channels costs d x d for each "
        "filter cell, so for the same number of multiplications all groups together may have more channels than one "
        "dense convolution. Their number, the cardinality, is a size of a network like its depth and its width. The "
        "width of a group follows from the cost of a block, which stays as it was but for rounding.",
        formula=r"C\,d\,(2\,O + 9\,d) = \text{constant}, \quad C \text{ groups of } d \text{ channels},\ O \text{ out}",
        source="Xie et al. 2016, arXiv:1611.05431, section 3.3 and table 2",
        needs="a ResNet of bottleneck blocks with another number of groups",
        change=partial(change, cardinality=cardinality),
    )


FOUR, SIXTEEN = TWEAK = (_groups(4), _groups(16))
