"""Costs against published figures, against closed forms over layer shapes, and against torch's own counter."""

from math import prod

import pytest
import torch
import torchvision
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archviz import catalog
from archviz.core.setup import Inputs, ModelConfig
from archviz.engine.cost import Cost, cost
from archviz.engine.recorder import record

from . import nets

MODELS = {model.name: model for model in catalog.models()}
FOUND: dict[str, Cost] = {}


def cost_of(name: str) -> Cost:
    if name not in FOUND:
        FOUND[name] = cost(MODELS[name].config, MODELS[name].inputs)
    return FOUND[name]


def at_length(name: str, length: int) -> Cost:
    model = MODELS[name]
    return cost(model.config, Inputs(shape=(length,), vocabulary=model.inputs.vocabulary))


@pytest.mark.parametrize(
    ("name", "parameters", "giga_macs"),
    [
        ("resnet18", 11_689_512, 1.814),
        ("resnet50", 25_557_032, 4.089),
        ("resnet152", 60_192_808, 11.514),
        ("bert-base", 109_482_240, None),
        ("gpt2", 124_439_808, None),
    ],
)
def test_published_sizes(name: str, parameters: int, giga_macs: float | None) -> None:
    found = cost_of(name)
    assert found.parameters == parameters
    if giga_macs is not None:
        assert round(found.macs / 1e9, 3) == giga_macs


@pytest.mark.parametrize(("name", "head", "giga_macs"), [("bert-base", 768 * 768, 48.319), ("gpt2", None, 68.080)])
def test_transformers_cost_what_their_shapes_say(name: str, head: int | None, giga_macs: float) -> None:
    L, D, vocabulary = 512, 768, 50_257
    block = L * (4 * D * D + 8 * D * D) + 2 * L * L * D  # four projections, the feed-forward, scores and mixture
    expected = 12 * block + (L * D * vocabulary if head is None else head)
    found = at_length(name, L)
    assert found.macs == expected
    assert round(found.macs / 1e9, 3) == giga_macs


@pytest.mark.parametrize("name", ["resnet50", "resnet152"])
def test_same_as_torchs_counter_on_torchvisions_model(name: str) -> None:
    with torch.device("meta"):
        model = torchvision.models.get_model(name).eval()
        with FlopCounterMode(display=False) as flops:
            model(torch.empty(1, 3, 224, 224))
    assert cost_of(name).macs == flops.get_total_flops() // 2
    assert cost_of(name).parameters == sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("name", ["resnet50", "resnet20", "bert-base", "gpt2", "gpt-nano", "bert-tiny"])
def test_rows_add_up_to_the_totals(name: str) -> None:
    found = cost_of(name)
    assert sum(row.parameters for row in found.layers) == found.parameters
    assert sum(row.macs for row in found.layers) == found.macs
    assert len({row.path for row in found.layers}) == len(found.layers)


@pytest.mark.parametrize("name", ["resnet50", "resnet20"])
def test_each_row_of_a_convolutional_net_follows_from_its_shapes(name: str) -> None:
    model = MODELS[name]
    with torch.device("meta"):
        net = model.config.build()
    for row in cost_of(name).layers:
        layer = net.get_submodule(row.path)
        if isinstance(layer, nn.Conv2d | nn.Linear):
            positions = prod(row.output_shape) // layer.weight.shape[0]
            assert row.macs == positions * layer.weight.numel()
            assert row.parameters == sum(parameter.numel() for parameter in layer.parameters())
        else:
            assert row.macs == 0


def test_layers_come_in_the_order_of_the_pass() -> None:
    paths = [row.path for row in cost_of("resnet20").layers]
    assert paths[0].startswith("stem.")
    assert paths[-1] == "head"
    assert paths.index("stages.0.0.conv1") < paths.index("stages.0.0.conv2") < paths.index("stages.2.2.conv1")


def test_activations_and_macs_grow_with_the_batch() -> None:
    model = MODELS["resnet20"]
    one, four = cost_of("resnet20"), cost(model.config, model.inputs, batch=4)
    assert four.macs == 4 * one.macs
    statistics = 4 * one.activation_bytes - four.activation_bytes  # of batch norm: the same for any batch
    assert 0 <= statistics < 0.05 * four.activation_bytes
    assert four.parameters == one.parameters


def test_activation_bytes_of_a_net_that_one_can_count_by_hand() -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 2), nn.Flatten())
    assert record(net, [torch.zeros(3, 4)]).activation_bytes == 4 * 3 * (8 + 2)


def test_attention_weights_that_the_fused_kernel_never_writes_are_not_counted() -> None:
    recording = record(nets.Attention(), [torch.zeros(1, 16, dtype=torch.long)])
    tokens, positions, added, qkv, mixture, merged, logits = 8, 8, 8, 24, 8, 8, 11
    numbers = 16 * (tokens + positions + added + qkv + mixture + merged + logits)
    order = 8 * 16  # the positions themselves are integers
    assert recording.activation_bytes == 4 * numbers + order


class Reusing(nn.Module):
    """The same layer twice, and one that is never called."""

    class Config(ModelConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)
        self.unused = nn.Linear(6, 2)
        self.scale = nn.Parameter(torch.ones(6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(self.layer(x)) * self.scale


def test_a_layer_that_is_called_twice_is_one_row_with_the_work_of_both_calls() -> None:
    found = cost(Reusing.Config(), Inputs(shape=(6,)))
    rows = {row.path: row for row in found.layers}
    assert (rows["layer"].parameters, rows["layer"].macs) == (42, 72)
    assert (rows["unused"].parameters, rows["unused"].macs, rows["unused"].output_shape) == (14, 0, ())
    assert rows[""].parameters == 6
    assert found.parameters == 42 + 14 + 6


def test_tied_weights_count_once() -> None:
    net = nets.Attention()
    recording = record(net, [torch.zeros(1, 16, dtype=torch.long)])
    assert sum(p.numel() for p in recording.model.parameters()) == sum(p.numel() for p in net.parameters())
    head = next(part for part in recording.root.walk() if part.id == "head")
    assert head.parameters == 0
    assert head.macs == 16 * 8 * 11
