"""Fitting: shapes block by block, on the meta device, up to the first block where they do not go together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch

from archviz.blocks.assembly.inputs import InputConfig
from archviz.blocks.assembly.node import MOST_VALUES, Layer, Misfit, NodeConfig, check_size, reason, words
from archviz.blocks.assembly.sheet import GraphNode, Sheet, Step, Structure, structure
from archviz.core.setup import Inputs


@dataclass(frozen=True)
class Fit:
    """One block with what comes in and out."""

    node: GraphNode
    given: tuple[Inputs, ...]
    layer: Layer
    gives: Inputs
    parameters: int


@dataclass(frozen=True)
class Fault:
    """One block that does not fit, and why."""

    node: GraphNode
    misfit: Misfit


def fit(block: NodeConfig, given: tuple[Inputs, ...]) -> tuple[Layer, Inputs, int]:
    """The layer of a block for such inputs, what it gives and its parameters. Raises Misfit; allocates nothing."""
    found = _fit(block, given)
    if isinstance(found, Misfit):
        raise Misfit(str(found), found.repair)
    return found


@lru_cache(maxsize=4096)  # equal only within this process, where equal configs of one class build the same layer
def _fit(block: NodeConfig, given: tuple[Inputs, ...]) -> tuple[Layer, Inputs, int] | Misfit:
    try:
        layer = block.layer(*given)
        check_size(layer)
        with torch.device("meta"):
            module = layer.build().eval()
            parameters = sum(parameter.numel() for parameter in module.parameters())
            check_size(layer, parameters)
            gives = block.gives(module, *given)
        if math.prod(gives.shape) > MOST_VALUES:
            raise Misfit(
                f"For one example this would give {words(gives)}, more than {MOST_VALUES:,} numbers; make it smaller."
            )
        if 0 in gives.shape:
            raise Misfit(f"Nothing would be left: {words(gives)}; use a smaller kernel or stride.")
    except Misfit as misfit:
        return misfit
    except (RuntimeError, ValueError, TypeError, IndexError, OverflowError, MemoryError) as error:
        return Misfit(reason(error))
    return layer, gives, parameters


def fit_all(sheet: Sheet, ordered: Structure | None = None) -> Iterator[Fit | Fault]:
    """Every block whose inputs are known, in the order of calculation; nothing behind a fault."""
    found = ordered or structure(sheet)
    values: dict[str, Inputs] = {}
    matrices: dict[str, Inputs] = {}
    for step in found.steps:
        yield from _step(step, values, matrices, found)


def _step(
    step: Step, values: dict[str, Inputs], matrices: dict[str, Inputs], found: Structure
) -> Iterator[Fit | Fault]:
    if any(source not in values for source in step.sources):
        return
    if step.node is not None:
        if step.id in found.faults:
            return
        block = step.node.block
        if any(source not in matrices for source in step.tied):
            yield Fault(step.node, Misfit(f"{block.title} shares a matrix; draw this line from a token embedding."))
            return
        given = (*(values[source] for source in step.values), *(matrices[source] for source in step.tied))
        if isinstance(block, InputConfig):
            values[step.id] = block.given
            yield Fit(step.node, (), block.layer(), block.given, 0)
            return
        try:
            layer, gives, parameters = fit(block, given)
        except Misfit as misfit:
            yield Fault(step.node, misfit)
            return
        values[step.id] = gives
        matrix = block.matrix(*given)
        if matrix is not None:
            matrices[step.id] = matrix
        yield Fit(step.node, given, layer, gives, parameters)
        return
    inner = {step.entry: values[step.sources[0]]}
    for one in step.inside:
        yield from _step(one, inner, {}, found)
    last = step.inside[-1]
    if last.id not in inner:
        return
    if inner[last.id] != inner[step.entry]:
        assert last.node is not None
        sentence = (
            f"What is repeated must give what it takes, and here {words(inner[step.entry])} became "
            f"{words(inner[last.id])}; repeat it once, or keep the shape."
        )
        yield Fault(last.node, Misfit(sentence))
        return
    values[step.id] = inner[last.id]
