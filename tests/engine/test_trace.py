"""Graphs of awkward modules, of random ones, and of torchvision's models."""

import threading
from collections import defaultdict

import pytest
import torch
import torchview
import torchvision
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archviz import catalog
from archviz.core.graph import Graph, Node
from archviz.core.setup import Inputs, ModelConfig
from archviz.engine.cost import cost
from archviz.engine.recorder import record
from archviz.engine.trace import Untraceable, trace, trace_module

from . import nets


def by_id(graph: Graph) -> dict[str, Node]:
    assert len({node.id for node in graph.nodes}) == len(graph.nodes)
    return {node.id: node for node in graph.nodes}


def wires(graph: Graph) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.edges}


def check(graph: Graph) -> None:
    """What is true of every graph: parents first, edges between innermost nodes, no cycle, sums that add up."""
    nodes = by_id(graph)
    children: dict[str | None, list[Node]] = defaultdict(list)
    seen: set[str] = set()
    for node in graph.nodes:
        assert node.parent is None or node.parent in seen
        seen.add(node.id)
        children[node.parent].append(node)
    for edge in graph.edges:
        assert not children[edge.source]
        assert not children[edge.target]
    assert len(wires(graph)) == len(graph.edges)
    for node in graph.nodes:
        inside = children[node.id]
        if inside and node.count == 1:
            assert node.macs >= sum(child.macs for child in inside)
            assert node.parameters >= sum(child.parameters for child in inside)
    targets: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        targets[edge.source].append(edge.target)
    waiting = {node: sum(edge.target == node for edge in graph.edges) for node in nodes}
    ready = [node for node, count in waiting.items() if count == 0]
    done = 0
    while ready:
        done += 1
        for target in targets[ready.pop()]:
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    assert done == len(nodes), "the graph has a cycle"


def totals(graph: Graph) -> tuple[int, int]:
    outermost = [node for node in graph.nodes if node.parent is None]
    return sum(node.parameters for node in outermost), sum(node.macs for node in outermost)


def test_a_residual_block_shows_its_shortcut_and_not_what_does_nothing() -> None:
    graph = trace_module(nets.Block(8), [torch.zeros(2, 8)], "block")
    check(graph)
    assert wires(graph) == {
        ("/input", "norm"),
        ("norm", "linear"),
        ("linear", "/relu"),
        ("/relu", "/add"),
        ("/input", "/add"),
        ("/add", "/output"),
    }
    linear = by_id(graph)["linear"]
    assert (linear.type, linear.label, linear.output_shape) == ("module", "Linear", (2, 8))
    assert (linear.parameters, linear.macs) == (8 * 8 + 8, 2 * 8 * 8)
    assert "in_features=8" in linear.detail


def test_modules_nest_as_they_call_each_other() -> None:
    graph = trace_module(nets.Stack(depth=2), [torch.zeros(1, 8)], "stack")
    check(graph)
    nodes = by_id(graph)
    assert nodes["blocks.1.linear"].parent == "blocks.1"
    assert nodes["blocks.1/add"].parent == "blocks.1"
    assert nodes["blocks.1"].parent == "blocks"
    assert nodes["blocks"].parent is None
    assert nodes["blocks"].label == "blocks"
    assert ("blocks.0/add", "blocks.1.norm") in wires(graph)


def test_several_inputs_and_outputs_branches_and_parameters_used_directly() -> None:
    graph = trace_module(nets.Branches(), [torch.zeros(3, 4), torch.zeros(3, 5)], "branches")
    check(graph)
    nodes = by_id(graph)
    assert {"/input 1", "/input 2", "/output", "/concat"} <= nodes.keys()
    assert {("/input 2", "/add"), ("left", "/add"), ("/add.2", "branches.2"), ("/add.2", "/output")} <= wires(graph)
    assert {source for source, target in wires(graph) if target == "/concat"} == {f"branches.{i}" for i in range(3)}
    assert nodes["/add.2"].parameters == 5  # the code
    assert totals(graph)[0] == sum(parameter.numel() for parameter in nets.Branches().parameters())


def test_a_module_that_is_called_again_is_another_node_with_the_same_weights() -> None:
    graph = trace_module(nets.Unrolled(), [torch.zeros(1, 5, 3)], "unrolled")
    check(graph)
    nodes = by_id(graph)
    assert [name for name in nodes if name.startswith("cell")] == ["cell", "cell@2", "cell@3", "cell@4", "cell@5"]
    assert nodes["cell"].parameters > 0
    assert nodes["cell@2"].parameters == 0
    assert nodes["cell@2"].macs == nodes["cell"].macs == 4 * 3 + 4 * 4
    assert {("cell", "cell@2"), ("/input", "cell@5"), ("cell@5", "/output")} <= wires(graph)


def test_functional_attention_and_positions_that_come_from_no_input() -> None:
    graph = trace_module(nets.Attention(), [torch.zeros(1, 16, dtype=torch.long)], "attention")
    check(graph)
    nodes = by_id(graph)
    attention = nodes["/attention"]
    assert (attention.label, attention.macs) == ("causal attention", 2 * 2 * 16 * 16 * 4)
    assert attention.output_shape == (1, 2, 16, 4)
    assert {("tokens", "/add"), ("positions", "/add"), ("qkv", "/attention"), ("/attention", "head")} <= wires(graph)
    assert nodes["positions"].parameters == 16 * 8
    assert totals(graph) == (sum(p.numel() for p in nets.Attention().parameters()), attention.macs + 16 * 8 * (24 + 11))


class Steps(nn.Module):
    """In-place changes, an assignment by index, a module that returns a view, a custom activation."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.flatten(x)
        y = self.linear(x)
        y.mul_(2)
        y += 1
        z = torch.zeros(len(y), 5)
        z[:, 1:] = y
        return z.clamp(min=0)


def test_in_place_changes_keep_their_order() -> None:
    graph = trace_module(Steps(), [torch.zeros(2, 3, 4)], "steps")
    check(graph)
    assert wires(graph) == {
        ("/input", "flatten"),
        ("flatten", "linear"),
        ("linear", "/multiply"),
        ("/multiply", "/add"),
        ("/add", "/setitem"),
        ("/setitem", "/clamp"),
        ("/clamp", "/output"),
    }


def test_the_model_is_left_as_it_was() -> None:
    model = nets.Stack().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    trace_module(model, [torch.zeros(1, 8)], "stack")
    assert model.training
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_what_does_not_fit_is_said_with_the_part() -> None:
    model = nn.Sequential(nn.Linear(4, 5), nn.Sequential(nn.ReLU(), nn.Linear(6, 2)))
    with pytest.raises(Untraceable, match=r"^Linear at 1\.1 cannot run on this input: .*\[1, 5\] X \[6, 2\]") as caught:
        trace_module(model, [torch.zeros(1, 4)], "misfit")
    assert caught.value.path == "1.1"
    assert not model[0]._forward_hooks


class Deciding(nn.Module):
    """Looks at values to choose its way."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 1 if x.sum().item() > 0 else x - 1


def test_a_way_that_depends_on_values_is_said_so() -> None:
    with pytest.raises(Untraceable, match="depends on values"):
        trace_module(Deciding(), [torch.zeros(1, 4)], "deciding")


class Measuring(nn.Module):
    """Looks at values when it is built."""

    class Config(ModelConfig):
        pass

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.widths = torch.linspace(1, 3, 3).tolist()


def test_a_model_that_needs_values_to_be_built_is_said_so() -> None:
    with pytest.raises(Untraceable, match=r"^Measuring cannot be built by shape alone"):
        trace(Measuring.Config(), Inputs(shape=(3,)), "measuring")


def test_other_threads_may_use_torch_meanwhile() -> None:
    """torchview replaces torch.zeros and Module.__call__ for everybody while it draws; nothing here may do so."""
    model, expected = nets.Stack(depth=8).eval(), trace_module(nets.Stack(depth=8), [torch.zeros(1, 8)], "stack")
    stop, kinds, outputs = threading.Event(), set(), []

    def use() -> None:
        while not stop.is_set():
            kinds.add(type(torch.zeros(3)))
            with torch.no_grad():
                outputs.append(model(torch.ones(1, 8)).device.type)

    thread = threading.Thread(target=use)
    thread.start()
    try:
        graphs = [trace_module(nets.Stack(depth=8), [torch.zeros(1, 8)], "stack") for _ in range(5)]
    finally:
        stop.set()
        thread.join()
    assert kinds == {torch.Tensor}
    assert set(outputs) == {"cpu"}
    assert all(graph == expected for graph in graphs)


@pytest.mark.parametrize("name", ["resnet50", "resnet20", "bert-base", "gpt2", "gpt-nano"])
def test_the_catalogue_models_add_up_to_their_cost(name: str) -> None:
    model = catalog.model(name)
    graph = trace(model.config, model.inputs, model.title)
    check(graph)
    found = cost(model.config, model.inputs)
    assert totals(graph) == (found.parameters, found.macs)
    innermost = {node.id for node in graph.nodes} - {node.parent for node in graph.nodes}
    assert sum(node.macs for node in graph.nodes if node.id in innermost) == found.macs


VISION = ["squeezenet1_0", "densenet121", "mobilenet_v2", "efficientnet_b0", "vit_b_16", "swin_t", "convnext_tiny"]


@pytest.mark.parametrize("name", VISION)
def test_torchvisions_models(name: str) -> None:
    with torch.device("meta"):
        model = torchvision.models.get_model(name).eval()
        image = torch.empty(1, 3, 224, 224)
        with FlopCounterMode(display=False) as flops:
            model(image)
    graph = trace_module(model, [image], name)
    check(graph)
    assert totals(graph) == (sum(p.numel() for p in model.parameters()), flops.get_total_flops() // 2)


@pytest.mark.filterwarnings("ignore")  # torchview's own
@pytest.mark.parametrize("name", ["resnet18", "densenet121", "googlenet"])
def test_the_same_modules_as_torchview(name: str) -> None:
    """An independent tracer sees the same calls of layers, and the same tensors flowing between them."""
    with torch.device("meta"):
        options = {"init_weights": False} if name == "googlenet" else {}
        model = torchvision.models.get_model(name, **options).eval()
    drawn = torchview.draw_graph(model, input_size=(1, 3, 224, 224), device="meta", depth=20, expand_nested=True)
    seen = [node for pair in drawn.edge_list for node in pair]
    modules = {node.node_id: node.name for node in seen if type(node).__name__ == "ModuleNode"}
    graph = trace_module(model, [torch.empty(1, 3, 224, 224)], name)
    holders = {node.parent for node in graph.nodes}
    leaves = [node for node in graph.nodes if node.type == "module" and node.id not in holders]
    ours = sorted(node.label.split(" ")[0] for node in leaves)
    assert ours == sorted(label for label in modules.values() if not label.startswith("Dropout"))


# --- random modules ---------------------------------------------------------------------------------------------------


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return x + self.inner(x)


class Split(nn.Module):
    def __init__(self, left: nn.Module, right: nn.Module) -> None:
        super().__init__()
        self.left, self.right = left, right

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.left(x), self.right(x)
        return torch.cat([a, b], dim=1).chunk(2, dim=1)[0] * 0.5


class Twice(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.inner(torch.tanh(self.inner(x))))


WIDTH = 4
LEAVES = st.sampled_from(
    [
        lambda: nn.Linear(WIDTH, WIDTH),
        lambda: nn.Linear(WIDTH, WIDTH, bias=False),
        nn.ReLU,
        nn.Identity,
        nn.Dropout,
        lambda: nn.LayerNorm(WIDTH),
        lambda: nets.Block(WIDTH),
    ]
).map(lambda make: make())
MODULES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(lambda parts: nn.Sequential(*parts)),
        inner.map(Residual),
        inner.map(Twice),
        st.tuples(inner, inner).map(lambda pair: Split(*pair)),
    ),
    max_leaves=8,
)


@given(MODULES)
def test_random_modules(module: nn.Module) -> None:
    inputs = [torch.zeros(2, WIDTH)]
    graph = trace_module(module, inputs, "random")
    check(graph)
    recording = record(module, inputs)
    with FlopCounterMode(display=False) as flops:
        module.eval()(*inputs)
    assert recording.macs == flops.get_total_flops() // 2
    parameters = sum(parameter.numel() for parameter in module.parameters())
    called = totals(graph)
    assert called[1] == recording.macs
    assert called[0] == parameters or isinstance(module, nn.Linear | nn.LayerNorm)
    assert any(target == "/output" for _, target in wires(graph))
