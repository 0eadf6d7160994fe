"""Folding, collapsing and comparing graphs, on traced modules and on random ones."""

from itertools import pairwise

import torch
from hypothesis import given
from torch import nn

from archviz import catalog
from archviz.blocks.norm import BatchNorm, NoNorm
from archviz.blocks.residual import NoSkip, SkipConfig
from archviz.core.config import swap
from archviz.core.graph import Edge, Graph, Node
from archviz.core.setup import ModelConfig
from archviz.engine.fold import collapse, compare_graphs, fold, overview
from archviz.engine.trace import trace, trace_module

from . import nets
from .test_trace import MODULES, WIDTH, by_id, check, totals, wires


def stack(depth: int = 6) -> Graph:
    return trace_module(nets.Stack(depth), [torch.zeros(1, 8)], "stack")


def chain(*labels: str, **details: str) -> Graph:
    """Operations one after the other."""
    nodes = tuple(
        Node(id=f"{i}", label=label, type="operation", detail=details.get(label, "")) for i, label in enumerate(labels)
    )
    return Graph(title="", nodes=nodes, edges=tuple(Edge(source=a.id, target=b.id) for a, b in pairwise(nodes)))


def test_equal_blocks_in_a_row_become_one() -> None:
    whole, folded = stack(), fold(stack())
    check(folded)
    block = by_id(folded)["blocks.0"]
    assert (block.label, block.count) == ("Block × 6", 6)
    assert block.parameters == 6 * by_id(whole)["blocks.0"].parameters
    assert "blocks.1" not in by_id(folded)
    assert by_id(folded)["blocks.0.linear"].parameters == by_id(whole)["blocks.0.linear"].parameters
    assert ("blocks.0/add", "head") in wires(folded)  # from the last of the six
    assert totals(folded) == totals(whole)


def test_equal_branches_side_by_side_become_one() -> None:
    folded = fold(trace_module(nets.Branches(), [torch.zeros(3, 4), torch.zeros(3, 5)], "branches"))
    check(folded)
    assert by_id(folded)["branches.0"].label == "Linear × 3"
    assert {("/add.2", "branches.0"), ("branches.0", "/concat")} <= wires(folded)


def test_a_loop_over_time_becomes_one_cell() -> None:
    folded = fold(trace_module(nets.Unrolled(), [torch.zeros(1, 5, 3)], "unrolled"))
    check(folded)
    assert [node.label for node in folded.nodes] == ["input", "RNNCell × 5", "output"]


def test_what_differs_in_a_setting_stays_apart() -> None:
    modules = [nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8, bias=False), nn.LayerNorm(8), nn.LayerNorm(8, eps=0.1)]
    folded = fold(trace_module(nn.Sequential(*modules), [torch.zeros(1, 8)], "settings"))
    assert [node.label for node in folded.nodes[1:-1]] == ["Linear × 2", "Linear", "LayerNorm", "LayerNorm"]


def test_equal_neighbours_that_are_wired_differently_stay_apart() -> None:
    a = Node(id="a", label="cell", type="operation")
    nodes = (a, *(a.model_copy(update={"id": name}) for name in "bc"), Node(id="x", label="x", type="input"))
    edges = (("x", "a"), ("a", "b"), ("x", "b"), ("x", "c"))
    graph = Graph(title="", nodes=nodes, edges=tuple(Edge(source=s, target=t) for s, t in edges))
    assert [node.label for node in fold(graph).nodes] == ["cell × 2", "cell", "x"]


def test_folding_again_changes_nothing() -> None:
    folded = fold(stack())
    assert fold(folded) == folded


def test_resnet50_folds_as_its_paper_draws_it() -> None:
    model = catalog.model("resnet50")
    folded = fold(trace(model.config, model.inputs, model.title))
    blocks = [node.label for node in folded.nodes if node.label.startswith("Bottleneck")]
    assert blocks == [text for n in (2, 3, 5, 2) for text in ("Bottleneck", f"Bottleneck × {n}")]


def test_collapse_keeps_the_outer_levels_and_lifts_the_edges() -> None:
    outer = collapse(stack(), 1)
    assert [node.id for node in outer.nodes] == ["/input", "blocks", "head", "/output"]
    assert wires(outer) == {("/input", "blocks"), ("blocks", "head"), ("head", "/output")}
    assert totals(outer) == totals(stack())
    assert collapse(stack(), 0) == outer
    assert collapse(stack(), 99) == stack()


def test_an_overview_is_small_and_opens_as_deep_as_it_can() -> None:
    for name in ("resnet50", "resnet56", "bert-base", "gpt2"):
        model = catalog.model(name)
        graph = overview(trace(model.config, model.inputs, model.title))
        check(graph)
        assert 10 <= len(graph.nodes) <= 30
    assert [node.label for node in overview(stack(), limit=5).nodes] == ["input", "Block × 6", "Linear", "output"]
    assert "blocks.0.linear" in by_id(overview(stack()))


def graph_of(name: str, config: ModelConfig) -> Graph:
    model = catalog.model(name)
    return trace(config, model.inputs, name)


def changed(graph: Graph) -> set[str]:
    return {node.id for node in graph.nodes if node.changed}


def test_a_graph_does_not_differ_from_itself() -> None:
    a, b = compare_graphs(stack(), stack())
    assert a == b == stack()


def test_what_only_one_has_is_marked_there_and_its_place_in_the_other() -> None:
    config = catalog.model("resnet20").config
    a, b = compare_graphs(graph_of("resnet20", config), graph_of("resnet20", swap(config, SkipConfig, _no_skip)))
    skips = {node.id for node in a.nodes if node.id.endswith(".skip")}
    assert len(skips) == 9
    assert changed(a) >= skips
    assert {node.parent for node in a.nodes if node.id in skips} == changed(b)
    assert not {node.id for node in a.nodes if node.label.startswith(("Conv2d", "ReLU"))} & (
        changed(a) - _inside(a, skips)
    )


def _no_skip(_skip: SkipConfig) -> NoSkip.Config:
    return NoSkip.Config()


def _inside(graph: Graph, holders: set[str]) -> set[str]:
    found = set(holders)
    for node in graph.nodes:
        if node.parent in found:
            found.add(node.id)
    return found


def test_layers_next_to_a_removed_one_are_marked_only_if_they_changed_themselves() -> None:
    config = catalog.model("resnet20").config
    without = swap(config, BatchNorm.Config, lambda _norm: NoNorm.Config())
    a, b = compare_graphs(graph_of("resnet20", config), graph_of("resnet20", without))
    assert {node.label for node in a.nodes if node.changed} == {
        "BatchNorm",
        "Conv2d 3×3",
        "Conv2d 3×3 /2",
        "Conv2d 1×1 /2",
    }
    assert all("bias=False" in node.detail for node in a.nodes if node.changed and node.label.startswith("Conv2d"))
    assert not any(node.changed for node in b.nodes if node.label in ("ReLU", "Linear"))


def test_other_settings_of_an_operation_are_a_difference() -> None:
    a, b = compare_graphs(
        chain("x", "attention", attention="scale=0.5"), chain("x", "attention", attention="scale=1.0")
    )
    assert changed(a) == changed(b) == {"1"}


def test_the_same_parts_in_another_order_are_a_difference() -> None:
    a = trace_module(Ordered("first", "second"), [torch.zeros(1, 4)], "")
    b = trace_module(Ordered("second", "first"), [torch.zeros(1, 4)], "")
    marked, _ = compare_graphs(a, b)
    assert changed(marked) == {"first", "second", "/output"}


class Ordered(nn.Module):
    def __init__(self, *order: str) -> None:
        super().__init__()
        self.first, self.second, self.order = nn.Linear(4, 4), nn.LayerNorm(4), order

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for name in self.order:
            x = self.get_submodule(name)(x)
        return x


def test_a_module_that_hides_a_difference_counts_as_different() -> None:
    a = stack()
    b = trace_module(_with_tanh(nets.Stack()), [torch.zeros(1, 8)], "stack")
    marked, _ = compare_graphs(a, b)
    assert changed(marked) == {"blocks.3.norm"}
    assert changed(collapse(marked, 1)) == {"blocks"}
    folded = fold(marked)
    assert [n.label for n in folded.nodes if n.label.startswith("Block")] == ["Block × 3", "Block", "Block × 2"]


def _with_tanh(model: nets.Stack) -> nets.Stack:
    block = model.blocks[3]
    assert isinstance(block, nets.Block)
    block.norm = nn.Tanh()  # type: ignore[assignment]
    return model


@given(MODULES)
def test_random_graphs_fold_and_collapse_to_valid_ones(module: nn.Module) -> None:
    graph = trace_module(module, [torch.zeros(2, WIDTH)], "random")
    folded = fold(graph)
    check(folded)
    assert totals(folded) == totals(graph)
    assert sum(node.count for node in folded.nodes if node.parent is None) == sum(
        1 for node in graph.nodes if node.parent is None
    )
    for depth in (1, 2, 3):
        shut = collapse(folded, depth)
        check(shut)
        assert totals(shut) == totals(graph)
        assert len(shut.nodes) <= len(folded.nodes)
    a, b = compare_graphs(graph, folded)
    check(a)
    check(b)
