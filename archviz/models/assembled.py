"""Assembled: a model put together from blocks on the canvas. It is a Config like any other, so that everything that
works on the architectures of the book works on it, too.

B batch, C channels, H W height and width, L length, D model width. Blocks are in `archviz/blocks/assembly`.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from archviz.blocks.assembly.activation import ReLUNode
from archviz.blocks.assembly.connection import AddNode
from archviz.blocks.assembly.convolution import ConvolutionNode
from archviz.blocks.assembly.fitting import Fault, Fit, fit_all
from archviz.blocks.assembly.head import LinearNode
from archviz.blocks.assembly.inputs import ImageNode, InputConfig
from archviz.blocks.assembly.plain import StateSpace
from archviz.blocks.assembly.pooling import GlobalMeanNode
from archviz.blocks.assembly.sheet import MOST_NODES, GraphEdge, GraphGroup, GraphNode, Sheet, Step, structure
from archviz.blocks.initialization import HeNormal, InitConfig
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Architecture
from archviz.core.tap import Tap

AXES = {2: "b l d", 3: "b c h w"}
"""How a value with so many dimensions is called by whoever looks inside."""


class Wired(nn.Module):
    """Layers called in a fixed order, each on the values of others."""

    def __init__(self, steps: tuple[Step, ...], fits: Mapping[str, Fit], entry: str) -> None:
        super().__init__()
        self.entry = entry
        self.order = tuple((step.id, step.values, step.tied) for step in steps if step.id != entry)
        self.taps = nn.ModuleDict()
        for step in steps:
            if step.id == entry:
                continue
            if step.node is None:
                units = (Wired(step.inside, fits, step.entry) for _ in range(step.times))
                self.add_module(step.id, nn.Sequential(*units))
                continue
            found = fits[step.id]
            self.add_module(step.id, found.layer.build())
            if len(found.gives.shape) in AXES:
                self.taps[step.id] = Tap(AXES[len(found.gives.shape)])

    def forward(self, x: Tensor) -> Tensor:
        values = {self.entry: x}
        for name, sources, tied in self.order:
            matrices = (self.get_parameter(f"{embedding}.weight") for embedding in tied)
            x = self.get_submodule(name)(*(values[source] for source in sources), *matrices)
            if name in self.taps:
                x = self.taps[name](x)
            values[name] = x
        return x


class Assembled(Wired):
    """Assembled model: what stands on the canvas."""

    class Config(ModelConfig):
        nodes: tuple[GraphNode, ...] = Field(max_length=MOST_NODES, description="the blocks")
        edges: tuple[GraphEdge, ...] = Field((), max_length=4 * MOST_NODES, description="the lines between them")
        groups: tuple[GraphGroup, ...] = Field((), max_length=MOST_NODES, description="frames around blocks")
        init: InitConfig = Field(HeNormal.Config(), description="how parameters are drawn")

        @model_validator(mode="after")
        def _fits(self) -> Self:
            found = structure(self.sheet)
            if found.fault is not None:
                raise ValueError(found.fault)
            for node, fault in found.faults.items():
                raise ValueError(f"{node}: {fault}")
            for one in fit_all(self.sheet, found):
                if isinstance(one, Fault):
                    raise ValueError(f"{one.node.id}: {one.misfit}")
            return self

        @property
        def sheet(self) -> Sheet:
            """The blocks as they stand on the canvas."""
            return Sheet(nodes=self.nodes, edges=self.edges, groups=self.groups)

        @property
        def inputs(self) -> Inputs:
            """What one example looks like."""
            return next(node.block.given for node in self.nodes if isinstance(node.block, InputConfig))

    def __init__(self, config: Config) -> None:
        found = structure(config.sheet)
        fits = {one.node.id: one for one in fit_all(config.sheet, found) if isinstance(one, Fit)}
        entry = next(node.id for node in config.nodes if isinstance(node.block, InputConfig))
        output = found.output
        last = tuple(step for step in found.steps if step.id == output)
        super().__init__((*(step for step in found.steps if step.id != output), *last), fits, entry)
        self.init = config.init.build(len(config.nodes))

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill one parameter as `config.init` says; False leaves it to torch's default."""
        path, _, leaf = name.rpartition(".")
        if isinstance(self.get_submodule(path), StateSpace):
            return _state_space(leaf, parameter, generator)
        return self.init(name, parameter, generator)


def _state_space(leaf: str, parameter: Tensor, generator: torch.Generator) -> bool:
    """Decay rates spread evenly, so that a state space remembers over many spans; the rest as torch would."""
    if leaf == "log_decay":
        parameter.copy_(torch.log(torch.linspace(0.01, 1.0, parameter.shape[1])).expand_as(parameter))
    elif leaf == "mix":
        nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5, generator=generator)
    else:
        nn.init.ones_(parameter)
    return True


def of(sheet: Sheet, init: InitConfig | None = None) -> Assembled.Config:
    """The model that stands on a sheet. Raises ValidationError, whose sentence `core.record.reason` gives."""
    kept = sheet.bare()
    return Assembled.Config(nodes=kept.nodes, edges=kept.edges, groups=kept.groups, init=init or HeNormal.Config())


def _small_residual() -> Assembled.Config:
    """A residual network of three convolutions for 8x8 pictures: the builder's first template."""
    blocks = {
        "image1": ImageNode.Config(),
        "conv1": ConvolutionNode.Config(channels=16),
        "relu1": ReLUNode.Config(),
        "conv2": ConvolutionNode.Config(channels=16),
        "relu2": ReLUNode.Config(),
        "conv3": ConvolutionNode.Config(channels=16),
        "add1": AddNode.Config(),
        "relu3": ReLUNode.Config(),
        "mean1": GlobalMeanNode.Config(),
        "linear1": LinearNode.Config(features=10),
    }
    chain = [*blocks]
    lines = [GraphEdge(source=a, target=b, port="terms" if b == "add1" else "input") for a, b in pairwise(chain)]
    skip = GraphEdge(source="relu1", target="add1", port="terms")
    return Assembled.Config(
        nodes=tuple(GraphNode(id=name, block=block) for name, block in blocks.items()), edges=(*lines, skip)
    )


MODELS = (
    Architecture(
        name="assembled-residual",
        title="Residual network from the builder, for digits",
        scale="playground",
        config=_small_residual(),
        inputs=Inputs(shape=(1, 8, 8)),
        source="after He et al. 2015, arXiv:1512.03385, figure 2",
    ),
)
