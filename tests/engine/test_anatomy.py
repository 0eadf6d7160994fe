"""Anatomy: numbers by the nodes of a graph."""

import pytest
import torch
from torch import nn

from archviz import catalog
from archviz.blocks.attention import DotProduct, MultiHeadAttention
from archviz.blocks.window_attention import WindowAttention
from archviz.core.results import Histogram, Images
from archviz.engine import anatomy
from archviz.engine.cost import cost
from archviz.engine.demonstrate import untrained
from archviz.engine.formulas import formula
from archviz.engine.trace import fold, trace


@pytest.mark.parametrize("name", ["resnet20", "gpt-nano", "mobilenet_v2-tiny"])
def test_activation_memory_is_that_of_the_whole_but_for_what_layers_write_inside(name: str) -> None:
    model = catalog.model(name)
    graph = fold(trace(model.config, model.inputs, name))
    found = anatomy.memory(graph)
    whole = sum(found.get(node.id, 0.0) for node in graph.nodes if node.parent is None)
    exact = cost(model.config, model.inputs).activation_bytes
    assert 0.9 * exact < whole <= exact


def test_a_repeat_that_is_drawn_once_holds_what_all_hold() -> None:
    model = catalog.model("resnet20")
    whole = trace(model.config, model.inputs, "")
    folded, unfolded = anatomy.memory(fold(whole)), anatomy.memory(whole)
    outer = [node.id for node in fold(whole).nodes if node.parent is None]
    assert sum(folded.get(node, 0) for node in outer) == sum(
        unfolded.get(node.id, 0) for node in whole.nodes if node.parent is None
    )


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.act = nn.Linear(3, 4), nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.act(self.first(x)) - 1)


def test_time_and_values_are_told_by_the_calls_that_the_graph_shows() -> None:
    net, inputs = Twice(), torch.ones(2, 3)
    times = anatomy.milliseconds(net, inputs)
    assert set(times) == {"", "first", "act", "act@2"} and min(times.values()) > 0
    assert times[""] >= times["first"]
    expected = net.act(net.first(inputs))
    found = anatomy.value(net, "act", inputs)
    assert found is not None and torch.equal(found, expected)
    again = anatomy.value(net, "act@2", inputs)
    assert again is not None and torch.equal(again, (expected - 1).relu())
    assert anatomy.value(net, "/add", inputs) is None
    assert not any(module._forward_hooks for module in net.modules())


def test_gradient_norm_is_the_root_mean_square_over_all_parameters_inside() -> None:
    net = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    nn.init.constant_(net[0].weight, 2.0)
    nn.init.constant_(net[1].weight, 3.0)
    outer = nn.Sequential(net)
    found = anatomy.gradient_norms(outer, lambda model: model(torch.ones(1, 1)).sum())
    assert found == pytest.approx({"0": (13 / 2) ** 0.5, "0.0": 3.0, "0.1": 2.0})


def test_what_a_node_gives_is_drawn_and_written() -> None:
    _, experiment = catalog.experiment("residual/identity")
    setup = experiment.setup(experiment.arms[0], 8)
    net, (inputs, _) = untrained(setup)
    given = anatomy.value(net, "stem", inputs[:1])
    assert given is not None
    maps, bars = anatomy.drawn(given, "stem")
    assert isinstance(maps, Images) and len(maps.pictures) == len(maps.captions) == 8
    assert isinstance(bars, Histogram) and sum(bars.counts) == given.numel()
    (flat,) = anatomy.drawn(torch.zeros(1, 5), "flat")
    assert isinstance(flat, Histogram) and sum(flat.counts) == 5
    assert anatomy.source(net.get_submodule("stem")).startswith("class SmallStem")
    assert anatomy.source(nn.Linear(2, 3)) == "nn.Linear(in_features=2, out_features=3, bias=True)"


def test_formulas_are_those_of_the_layer_or_of_the_operation() -> None:
    assert "W x" in formula(nn.Linear(1, 1), "Linear")
    assert formula(None, "add") == "y = a + b"
    assert formula(nn.Linear(1, 1, bias=False), "Linear") == "y = W x"
    assert "b_c" in formula(nn.Conv2d(4, 4, 3), "") and "b_c" not in formula(nn.Conv2d(4, 4, 3, bias=False), "")
    assert "G(c)" in formula(nn.Conv2d(4, 4, 3, groups=2), "")
    assert r"\sqrt{d}" in formula(MultiHeadAttention.Config(heads=1).build(4), "")
    assert r"\sqrt{d}" not in formula(MultiHeadAttention.Config(heads=1, scale=DotProduct.Config()).build(4), "")
    assert "+ B" in formula(WindowAttention.Config(head_width=4).build(4), "")
    assert formula(nn.Sequential(), "layer1") == ""
