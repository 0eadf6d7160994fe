"""ResNeXt: ResNet whose blocks are many narrow branches; their number, the cardinality, is a size of its own.

Xie, Girshick, Dollar, Tu & He 2016, "Aggregated Residual Transformations for Deep Neural Networks", arXiv:1611.05431.

    y = x + sum of C branches, each 1x1 down to d channels, 3x3, 1x1 up

C cardinality, d width of a group in the first stage; "32x4d" is C = 32, d = 4. All branches together are one
bottleneck block whose 3x3 convolution has C groups (figure 3c), so the network is `ResNet` with other numbers.
"""

import math

from archviz.blocks.residual import Bottleneck, BottleneckConfig
from archviz.core.setup import Inputs
from archviz.core.spec import Architecture
from archviz.models.resnet import ResNet, SmallStem


def resnext(base: ResNet.Config, *, cardinality: int, group_width: int, outputs: int) -> ResNet.Config:
    """The network with such blocks: `outputs` channels leave the first stage, and stage by stage all widths double."""
    width = cardinality * group_width
    return base.replace(
        block=Bottleneck.Config(groups=cardinality, expansion=outputs / width),
        widths=tuple(width * 2**stage for stage in range(len(base.depths))),
    )


def with_cardinality(config: ResNet.Config, cardinality: int) -> ResNet.Config:
    """The same network with so many groups, each so wide that a block costs as much as before, as near as can be.

    A block with O channels in and out has C d (2 O + 9 d) weights; d is rounded. Xie et al. 2016, table 2. Raises
    ValueError if the blocks are no bottlenecks, or the groups would be narrower than one channel.
    """
    if not isinstance(config.block, BottleneckConfig):
        raise ValueError(f"{config.block.kind} has no groups; use a bottleneck block")
    outputs = config.block.outputs(config.widths[0])
    before = config.widths[0] // config.block.groups
    weights = config.widths[0] * (2 * outputs + 9 * before)
    group_width = round((math.sqrt(outputs**2 + 9 * weights / cardinality) - outputs) / 9)
    if group_width < 1:
        most = math.floor(weights / (outputs + 2.25))  # there the exact width of a group is 1/2
        raise ValueError(f"{cardinality} groups would be narrower than one channel at this cost; use at most {most}")
    width = cardinality * group_width
    return config.replace(
        block=config.block.replace(groups=cardinality, expansion=outputs / width),
        widths=tuple(width * stage // config.widths[0] for stage in config.widths),
    )


def small_resnext(
    *,
    cardinality: int = 8,
    group_width: int = 4,
    outputs: int = 64,
    depths: tuple[int, ...] = (1, 2),
    in_channels: int = 1,
) -> ResNet.Config:
    """A ResNeXt for small pictures of ten classes, wide enough for a choice of cardinalities at nearly equal cost."""
    base = ResNet.Config(
        in_channels=in_channels,
        classes=10,
        stem=SmallStem.Config(),
        stem_width=16,
        depths=depths,
        widths=(1,) * len(depths),
    )
    return resnext(base, cardinality=cardinality, group_width=group_width, outputs=outputs)


def _paper(depth: int, depths: tuple[int, ...], cardinality: int, group_width: int) -> Architecture:
    size = f"{cardinality}x{group_width}d"
    base = ResNet.Config(depths=depths)
    return Architecture(
        name=f"resnext{depth}_{size}",
        title=f"ResNeXt-{depth} {size}",
        scale="paper",
        config=resnext(base, cardinality=cardinality, group_width=group_width, outputs=256),
        inputs=Inputs(shape=(3, 224, 224)),
        source="Xie et al. 2016, arXiv:1611.05431, table 1; sizes as in torchvision",
    )


MODELS = (
    _paper(50, (3, 4, 6, 3), 32, 4),
    _paper(101, (3, 4, 23, 3), 32, 8),
    Architecture(
        name="resnext-small",
        title="ResNeXt-11 8x4d for MNIST",
        scale="playground",
        config=small_resnext(),
        inputs=Inputs(shape=(1, 14, 14)),
        source="after Xie et al. 2016, arXiv:1611.05431",
    ),
)
