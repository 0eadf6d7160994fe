"""Anatomy: the parts of a model, by the nodes of its graph: what each holds, how long it takes, what it gives."""

import inspect
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from archviz.core.colour import images, spread
from archviz.core.graph import Graph
from archviz.core.results import Histogram, Result
from archviz.core.setup import ModelConfig, Setup
from archviz.engine.demonstrate import EXAMPLES
from archviz.engine.devices import one_thread

ROUNDS = 5
"""Forward passes, of which the fastest counts."""
FLOAT = 4
"""Bytes of a number."""
NOTHING_NEW = ("Flatten", "Identity", "Dropout", "Tap")
"""Kinds of modules that write nothing."""
MAPS = 8
"""Channels that are drawn."""
BARS = 40
LONGEST = 120
"""Lines of source that are shown."""


def memory(graph: Graph) -> dict[str, float]:
    """Bytes of the activations of each node of a folded graph, for one example: what its parts write."""
    inside: dict[str | None, float] = defaultdict(float)
    found = {}
    parents = {node.parent for node in graph.nodes}
    for node in reversed(graph.nodes):  # children before parents
        own = inside[node.id]
        if node.id not in parents and node.type in ("module", "operation") and node.label not in NOTHING_NEW:
            own = float(FLOAT * math.prod(node.output_shape)) if node.output_shape else 0.0
        found[node.id] = node.count * own
        inside[node.parent] += node.count * own
    return {name: value for name, value in found.items() if value}


def milliseconds(model: nn.Module, inputs: Tensor) -> dict[str, float]:
    """How long each module takes forward, its parts included: the fastest of a few passes on one thread of the CPU."""
    best: dict[str, float] = {}
    began: list[float] = []

    def enter(name: str) -> None:
        began.append(time.perf_counter())

    def leave(name: str, out: Any) -> None:
        took = 1000 * (time.perf_counter() - began.pop())
        best[name] = min(took, best.get(name, took))

    with torch.no_grad(), one_thread(torch.device("cpu")):
        for _ in range(ROUNDS):
            with _watched(model, enter, leave):
                model.eval()(inputs)
    return best


def gradient_norms(model: nn.Module, loss: Callable[[nn.Module], Tensor]) -> dict[str, float]:
    """Root-mean-square gradient over all parameters of each module, after one backward pass."""
    model.requires_grad_(True).zero_grad()
    with one_thread(torch.device("cpu")):
        loss(model).backward()
    squares = {
        id(parameter): (float(parameter.grad.square().sum()), parameter.numel())
        for parameter in model.parameters()
        if parameter.grad is not None
    }
    found = {}
    for path, module in model.named_modules():
        parts = [squares[id(parameter)] for parameter in module.parameters() if id(parameter) in squares]
        if path and parts:
            found[path] = math.sqrt(sum(part for part, _ in parts) / sum(count for _, count in parts))
    model.zero_grad()
    return found


def loss_of(setup: Setup) -> Callable[[nn.Module], Tensor]:
    """The loss of a network over the first training examples of a setup."""
    train = setup.recipe.dataset.build().load().train
    batch = train.batch(torch.arange(min(EXAMPLES, len(train))))
    task = setup.recipe.task.build()
    return lambda net: task.loss(net, batch)


def module(config: ModelConfig, node: str) -> nn.Module | None:
    """The module behind a node, without weights; none for an operation."""
    with torch.device("meta"):
        model: nn.Module = config.build()
    return dict(model.named_modules()).get(node.partition("@")[0])


def value(model: nn.Module, node: str, inputs: Tensor) -> Tensor | None:
    """What a module gives for these inputs; none for what is no module of its own."""
    seen: dict[str, Tensor] = {}

    def leave(name: str, out: Any) -> None:
        if name == node and isinstance(out, Tensor):
            seen[name] = out

    with torch.no_grad(), one_thread(torch.device("cpu")), _watched(model, lambda name: None, leave):
        model.eval()(inputs)
    return seen.get(node)


def drawn(given: Tensor, name: str) -> tuple[Result, ...]:
    """Values of one example as pictures: the channels that vary most where there are any, and how they are spread."""
    flat = given.flatten().float()
    low, high = float(flat.min()), float(flat.max())
    high = high if high > low else low + 1.0
    counts = torch.histc(flat, BARS, low, high)
    edges = torch.linspace(low, high, BARS + 1)
    bars = Histogram(
        title=f"What {name} gives",
        label="value",
        edges=tuple(edges.tolist()),
        counts=tuple(int(count) for count in counts),
    )
    if given.dim() != 4 or min(given.shape[-2:]) < 2:
        return (bars,)
    maps = given[0].float()
    order = maps.flatten(1).std(1).argsort(descending=True, stable=True)[:MAPS].tolist()
    title = f"The {len(order)} of its {len(maps)} channels that vary most"
    return (images(title, {f"{channel}": spread(maps[channel].numpy()) for channel in order}), bars)


def source(module: nn.Module) -> str:
    """How a module is written: one of torch as it is called, one of ours with its code."""
    kind = type(module)
    if kind.__module__.startswith("torch."):
        return f"nn.{kind.__name__}({module.extra_repr()})"
    lines = inspect.getsource(kind).rstrip().splitlines()
    shown = lines[:LONGEST]
    return "\n".join([*shown, f"# ... {len(lines) - LONGEST} more lines"] if len(lines) > LONGEST else shown)


@contextmanager
def _watched(model: nn.Module, enter: Callable[[str], None], leave: Callable[[str, Any], None]) -> Iterator[None]:
    """Every call of a module, by the name that its node has in the graph: its path, at its second call `path@2`."""
    calls: dict[str, int] = defaultdict(int)
    names: list[str] = []

    def before(path: str) -> Any:
        def hook(module: nn.Module, args: Any) -> None:
            calls[path] += 1
            names.append(path if calls[path] == 1 else f"{path}@{calls[path]}")
            enter(names[-1])

        return hook

    def after(module: nn.Module, args: Any, out: Any) -> None:
        leave(names.pop(), out)

    with ExitStack() as stack:
        for path, module in model.named_modules():
            stack.callback(module.register_forward_pre_hook(before(path)).remove)
            stack.callback(module.register_forward_hook(after).remove)
        yield
