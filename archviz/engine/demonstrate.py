"""Demonstrations: what untrained setups show exactly and at once - costs, gradients at the start, who sees whom."""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from archviz.core.results import Curve, Heatmap, Profile, Series, Table
from archviz.core.setup import Setup
from archviz.core.spec import Probe
from archviz.core.tap import Capture
from archviz.engine.cost import cost
from archviz.engine.devices import one_thread, pick
from archviz.engine.initialize import initialize
from archviz.engine.tasks import Batch

SEED = 0
EXAMPLES = 64
"""Training examples in the one batch that is looked at."""


def untrained(setup: Setup) -> tuple[nn.Module, Batch]:
    """The model at the start of training with its first examples."""
    model = setup.model.build()
    initialize(model, SEED)
    train = setup.recipe.dataset.build().load().train
    return model, train.batch(torch.arange(min(EXAMPLES, len(train))))


def backward(setup: Setup, change: Callable[[nn.Module], None] = lambda model: None) -> Capture:
    """One forward and backward pass of the untrained model, after `change` was done to it."""
    with one_thread(pick("cpu")):
        model, batch = untrained(setup)
        change(model)
        setup.recipe.task.build().loss(model, batch).backward()
    return Capture(model)


def profiles(setups: Mapping[str, Setup], probe: Probe, title: str) -> Curve:
    """What a gradient probe sees in each arm before the first step, layer by layer."""
    series, label, log = [], "", False
    for arm, setup in setups.items():
        (profile,) = probe.read(backward(setup))
        assert isinstance(profile, Profile)
        layers = tuple(float(layer) for layer in range(1, len(profile.values) + 1))
        series.append(Series(name=arm, x=layers, y=profile.values))
        label, log = profile.label, profile.log
    return Curve(title=title, x_label="layer, from input to output", y_label=label, series=tuple(series), y_log=log)


def costs(setups: Mapping[str, Setup], titles: Mapping[str, str], title: str) -> Table:
    """Parameters and multiply-accumulates of each arm, exact, and their share of the first arm's."""
    rows: list[tuple[str | int | float | None, ...]] = []
    first: tuple[int, int] | None = None
    for arm, setup in setups.items():
        found = cost(setup.model, setup.recipe.dataset.inputs)
        first = first or (found.parameters, found.macs)
        shares = (round(found.parameters / first[0], 3), round(found.macs / first[1], 3))
        rows.append((f"{arm}: {titles[arm]}", found.parameters, shares[0], found.macs, shares[1]))
    columns = ("arm", "parameters", "share of A", "MACs per example", "share of A (MACs)")
    return Table(title=title, columns=columns, rows=tuple(rows))


def scale_response(setups: Mapping[str, Setup], kind: type[nn.Module], title: str) -> tuple[Curve, Curve]:
    """What happens to output and gradient when all weights of the layers of `kind` are multiplied by a number."""
    factors = tuple(2.0**power for power in range(-3, 4))
    outputs, gradients = [], []
    for arm, setup in setups.items():
        seen = [_scaled(setup, kind, factor) for factor in factors]
        reference = seen[factors.index(1.0)]
        changes = [(loss - reference[0]) for loss, _ in seen]
        outputs.append(Series(name=arm, x=factors, y=tuple(changes)))
        gradients.append(Series(name=arm, x=factors, y=tuple(norm / reference[1] for _, norm in seen)))
    x_label = "weights multiplied by"
    return (
        Curve(
            title=f"{title}: loss",
            x_label=x_label,
            y_label="change of the loss (nats)",
            series=tuple(outputs),
            x_log=True,
        ),
        Curve(
            title=f"{title}: gradient",
            x_label=x_label,
            y_label="gradient norm, relative",
            series=tuple(gradients),
            x_log=True,
            y_log=True,
        ),
    )


def _scaled(setup: Setup, kind: type[nn.Module], factor: float) -> tuple[float, float]:
    """Loss and norm of the scaled weights' gradient."""
    with one_thread(pick("cpu")):
        model, batch = untrained(setup)
        weights = [layer.get_parameter("weight") for layer in model.modules() if isinstance(layer, kind)]
        with torch.no_grad():
            for weight in weights:
                weight.mul_(factor)
        loss = setup.recipe.task.build().loss(model, batch)
        gradients = torch.autograd.grad(loss, weights)
    return loss.item(), math.hypot(*(gradient.norm().item() for gradient in gradients))


def influence(setups: Mapping[str, Setup], titles: Mapping[str, str]) -> tuple[Heatmap, ...]:
    """Which input positions can change which outputs, exactly: the largest change of the logits at a position when
    the token at another one is replaced."""
    maps = []
    for arm, setup in setups.items():
        model, (inputs, _) = untrained(setup)
        model.eval()
        vocabulary = setup.recipe.dataset.inputs.vocabulary
        assert vocabulary is not None, "influence is about tokens"
        maps.append(
            Heatmap(
                title=f"{arm}: {titles[arm]}",
                x_label="position that is replaced",
                y_label="position whose prediction changes",
                label="largest change of a logit",
                values=tuple(tuple(row) for row in _influence(model, inputs[:1], vocabulary).tolist()),
            )
        )
    return tuple(maps)


@torch.no_grad()
def _influence(model: nn.Module, tokens: Tensor, vocabulary: int) -> Tensor:
    length = tokens.shape[1]
    changed = tokens.repeat(length, 1)  # 1 l -> l l, one row for each replaced position
    changed.diagonal().add_(1).remainder_(vocabulary)
    difference: Tensor = (model(changed) - model(tokens)).abs().amax(-1)  # replaced predicted
    return difference.T  # predicted replaced
