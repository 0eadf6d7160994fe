"""Contracts of every architecture that is discovered, whatever it is."""

import re
from collections import Counter

import pytest
import torch
from torch import Tensor, nn

from archviz.core.discover import discover
from archviz.core.record import Record, fingerprint
from archviz.core.spec import Architecture
from archviz.core.tap import Tap
from archviz.engine.capture import watching
from archviz.engine.example import example
from archviz.engine.initialize import initialize
from archviz.engine.tasks import HasAuxiliaryHeads

MODELS: tuple[Architecture, ...] = discover("archviz.models", "MODELS")
PLAYGROUND = [model for model in MODELS if model.scale == "playground"]


def _on_meta(architecture: Architecture) -> nn.Module:
    with torch.device("meta"):
        model: nn.Module = architecture.config.build()
    return model


def test_names_are_unique_and_fit_into_addresses() -> None:
    assert [name for name, count in Counter(model.name for model in MODELS).items() if count > 1] == []
    assert [model.name for model in MODELS if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", model.name)] == []


def test_no_two_architectures_are_the_same() -> None:
    assert len({fingerprint(model.config) for model in MODELS}) == len(MODELS)


def test_every_family_has_both_scales() -> None:
    scales: dict[str, set[str]] = {}
    for model in MODELS:
        if model.config.kind != "Assembled":  # what the canvas begins with was published by nobody
            scales.setdefault(type(model.config).__module__, set()).add(model.scale)
    assert {family: found for family, found in scales.items() if found != {"paper", "playground"}} == {}


@pytest.mark.parametrize("architecture", MODELS, ids=lambda model: model.name)
def test_it_says_where_it_comes_from(architecture: Architecture) -> None:
    assert architecture.title
    assert re.search(r"\b(19|20)\d\d\b", architecture.source), "a source needs a year"


@pytest.mark.parametrize("architecture", MODELS, ids=lambda model: model.name)
def test_its_config_survives_json(architecture: Architecture) -> None:
    assert Record.model_validate_json(architecture.config.model_dump_json()) == architecture.config


def _check_taps(model: nn.Module, inputs: Tensor) -> Tensor:
    """The output of one forward pass, after every tap was found to see a tensor of its axes."""
    with watching(model, None) as seen:
        output: Tensor = model(inputs)
    taps = {name: module.axes for name, module in model.named_modules() if isinstance(module, Tap)}
    assert taps, "a model without taps cannot be looked into"
    assert set(seen) == set(taps), "every tap must be passed in a watched forward pass"
    for name, axes in taps.items():
        assert len(axes.split()) == seen[name].value.dim(), f"{name} is declared {axes}, but {seen[name].value.shape}"
    return output


@pytest.mark.parametrize("architecture", MODELS, ids=lambda model: model.name)
def test_it_runs_forward_and_backward_through_every_parameter(architecture: Architecture) -> None:
    """Shapes alone, on the meta device, so that the largest models cost nothing."""
    model = _on_meta(architecture)
    inputs = example(architecture.inputs, batch=2, device="meta")
    output = _check_taps(model, inputs)
    assert len(output) == 2
    if isinstance(model, HasAuxiliaryHeads):  # forward gives one head's logits, the loss reads all heads'
        output = torch.stack([logits for _, logits in model.weighted_logits(inputs)])
    output.sum().backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize("architecture", PLAYGROUND, ids=lambda model: model.name)
def test_it_learns_in_every_parameter(architecture: Architecture) -> None:
    """Real numbers: after initialization a loss is finite and each parameter has a gradient that is not all zero."""
    model = architecture.config.build()
    initialize(model, seed=0)
    inputs = example(architecture.inputs, batch=8)
    output = _check_taps(model, inputs)
    targets = inputs if architecture.inputs.tokens else torch.arange(8) % output.shape[1]
    loss = nn.functional.cross_entropy(output.flatten(0, -2), targets.flatten())
    loss.backward()
    assert loss.isfinite()
    dead = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert dead == []


@pytest.mark.parametrize("architecture", PLAYGROUND, ids=lambda model: model.name)
def test_watching_it_does_not_change_it(architecture: Architecture) -> None:
    model = architecture.config.build().eval()
    inputs = example(architecture.inputs, batch=2)
    with torch.no_grad():
        plain = model(inputs)
        torch.testing.assert_close(_check_taps(model, inputs), plain, atol=1e-5, rtol=1e-4)
