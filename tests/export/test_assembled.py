"""Models from the canvas: whatever the reader does nothing raises, and what is valid is the same everywhere."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from archviz.blocks.assembly.catalogue import BLOCKS
from archviz.blocks.assembly.sheet import GraphEdge, GraphGroup, GraphNode, Sheet
from archviz.core.record import reason
from archviz.core.setup import ModelConfig
from archviz.data.digits import Digits
from archviz.engine.cost import cost
from archviz.engine.evaluate_graph import evaluate_graph, mended
from archviz.engine.initialize import initialize
from archviz.export.difference import config_text, difference
from archviz.export.link import BrokenLink, from_link, to_link
from archviz.export.source import imports, to_source
from archviz.export.spec_file import BrokenSpec, from_spec, to_spec
from archviz.export.weights import batch_of, to_onnx, to_safetensors
from archviz.models.assembled import MODELS, Assembled, of
from tests.graphs import edits, models

RESIDUAL = MODELS[0].config
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck], derandomize=True)


def chain(*blocks: str, **fields: object) -> Sheet:
    """Blocks by name, each joined to the one before; `conv=dict(...)` changes the first of that name."""
    nodes = [GraphNode(id=f"{name}{n}", block=BLOCKS[name](**fields.pop(name, {}))) for n, name in enumerate(blocks)]  # type: ignore[arg-type]
    lines = [GraphEdge(source=a.id, target=b.id, port=b.block.ports[0]) for a, b in itertools.pairwise(nodes)]
    return Sheet(nodes=tuple(nodes), edges=tuple(lines))


def run_source(text: str) -> type[torch.nn.Module]:
    space: dict[str, object] = {"__name__": "exported"}
    exec(compile(text, "exported.py", "exec"), space)
    return space["Model"]  # type: ignore[return-value]


@QUICK
@given(edits())
def test_no_edit_raises_and_what_is_called_valid_is_a_model(sheet: Sheet) -> None:
    report = evaluate_graph(sheet)
    assert from_link(to_link(sheet)) == sheet
    assert from_spec(to_spec(sheet))[0] == sheet
    if report.sentence is None:
        assume(report.parameters < 3_000_000)
        model = of(sheet).build()
        assert tuple(model.eval()(batch_of(of(sheet).inputs)).shape[1:]) == report.output
    else:
        with pytest.raises(ValueError, match=r"\w"):
            of(sheet)
        assert all(len(node.error.split(". ")) <= 2 and node.error.endswith(".") for node in report.nodes if node.error)


@QUICK
@given(models())
def test_a_valid_sheet_builds_runs_and_survives_json_link_and_source(sheet: Sheet) -> None:
    report = evaluate_graph(sheet)
    assert report.sentence is None, report.sentence
    config = of(sheet)
    assert ModelConfig.model_validate_json(config.model_dump_json()) == config
    assert of(from_link(to_link(sheet))) == config
    model = config.build()
    initialize(model, 1)
    inputs = batch_of(config.inputs, 3)
    out = model.train()(inputs)
    assert tuple(out.shape[1:]) == report.output
    if any(parameter.requires_grad for parameter in model.parameters()):
        out.square().sum().backward()
        assert sum(parameter.numel() for parameter in model.parameters()) == report.parameters
    text = to_source(config)
    assert set(imports(text)) <= {"torch", "math"}
    other = run_source(text)()
    other.load_state_dict(model.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(other.eval()(inputs), model.eval()(inputs), equal_nan=True, rtol=0, atol=0)


def test_costs_agree_with_those_of_the_whole_model() -> None:
    report, whole = evaluate_graph(RESIDUAL.sheet), cost(RESIDUAL, RESIDUAL.inputs)
    assert (report.parameters, report.macs) == (whole.parameters, whole.macs)
    assert report.output == (10,)


def test_a_repeated_group_counts_and_runs_every_copy() -> None:
    sheet = chain("image", "conv", "conv", "relu", "mean", "linear")
    nodes = tuple(n.replace(group="twice") if n.id in ("conv2", "relu3") else n for n in sheet.nodes)
    config = of(Sheet(nodes=nodes, edges=sheet.edges, groups=(GraphGroup(id="twice", title="Layer", times=4),)))
    report = evaluate_graph(config.sheet)
    assert report.parameters == 160 + 4 * 2320 + 170
    assert sum(parameter.numel() for parameter in config.build().parameters()) == report.parameters
    assert "for _ in range(4)" in to_source(config)


@pytest.mark.parametrize(
    ("sheet", "says", "label"),
    [
        (chain("image", "linear"), "Linear needs a row of numbers, and gets an image of 1×8×8.", "Insert Flatten"),
        (chain("image", "conv", "mean", conv={"kernel": 11, "padding": 0}), "larger than the image", "Use padding 2"),
        (chain("image", "attention", image={"channels": 2}), "needs a row of vectors", "Insert Image to vectors"),
        (chain("text", "relu"), "real numbers", "Insert Token embedding"),
        (chain("image", "conv", "groupnorm", conv={"channels": 12}), "do not divide into 8 groups", "Use 6 groups"),
    ],
)
def test_a_fault_is_said_at_its_block_with_a_fix_that_mends_it(sheet: Sheet, says: str, label: str) -> None:
    faulty = next(node for node in evaluate_graph(sheet).nodes if node.error)
    assert says in (faulty.error or "")
    assert faulty.fix is not None and faulty.fix.label == label
    assert evaluate_graph(mended(sheet, faulty.fix)).sentence is None


def test_a_skip_path_that_does_not_fit_is_offered_its_projection() -> None:
    nodes = [
        GraphNode(id="image1", block=BLOCKS["image"](channels=64)),
        GraphNode(id="conv1", block=BLOCKS["conv"](channels=128, stride=2)),
        GraphNode(id="add1", block=BLOCKS["add"]()),
    ]
    edges = [
        GraphEdge(source="image1", target="conv1"),
        GraphEdge(source="conv1", target="add1", port="terms"),
        GraphEdge(source="image1", target="add1", port="terms"),
    ]
    sheet = Sheet(nodes=tuple(nodes), edges=tuple(edges))
    faulty = next(node for node in evaluate_graph(sheet).nodes if node.error)
    assert faulty.id == "add1" and faulty.fix is not None
    assert faulty.fix.label == "Project 64 -> 128 on the skip path at stride 2"
    assert evaluate_graph(mended(sheet, faulty.fix)).sentence is None


@pytest.mark.parametrize(
    ("sheet", "says"),
    [
        (Sheet(), "The canvas is empty"),
        (chain("conv", "relu"), "no input"),
        (Sheet(nodes=chain("image", "relu").nodes), "Nothing comes in"),
        (
            Sheet(
                nodes=chain("image", "conv", "relu").nodes,
                edges=(*chain("image", "conv", "relu").edges, GraphEdge(source="image0", target="relu2")),
            ),
            "takes one line",
        ),
        (
            Sheet(
                nodes=chain("image", "conv", "relu").nodes,
                edges=(GraphEdge(source="relu2", target="conv1"), GraphEdge(source="conv1", target="relu2")),
            ),
            "This is a cycle: conv1 → relu2 → conv1",
        ),
        (Sheet(nodes=chain("image").nodes, edges=(GraphEdge(source="image0", target="gone"),)), "no block 'gone'"),
        (chain("image", "add"), "needs at least two lines"),
        (chain("image", "flatten", "linear", image={"height": 4096}, linear={"features": 1_000_000}), "500,000,000"),
    ],
)  # fmt: skip
def test_what_is_no_model_is_said_in_a_sentence(sheet: Sheet, says: str) -> None:
    report = evaluate_graph(sheet)
    assert says in " ".join((report.sentence or "", report.fault or "", *(node.error or "" for node in report.nodes)))
    with pytest.raises(ValueError, match=r"\w") as caught:
        of(sheet)
    assert reason(caught.value).endswith(".")


def tied(width: int = 32, source: str = "tokens1") -> Sheet:
    """A language model whose head shares the matrix of its embedding."""
    sheet = chain("text", "tokens", "positions", "linear", "tied", linear={"features": width})
    return sheet.replace(edges=(*sheet.edges, GraphEdge(source=source, target="tied4", port="embedding")))


def test_a_tied_head_has_no_weights_of_its_own_and_trains_those_of_the_embedding() -> None:
    config = of(tied())
    model = config.build()
    assert not [name for name, _ in model.named_parameters() if name.startswith("tied4")]
    assert evaluate_graph(config.sheet).parameters == sum(parameter.numel() for parameter in model.parameters())
    initialize(model, 0)
    model(batch_of(config.inputs)).square().sum().backward()
    gradient = model.get_parameter("tokens1.weight").grad
    assert gradient is not None and bool(gradient.abs().sum(1).gt(0).all())  # of tokens that are not in the batch, too
    assert "F.linear(x, self.tokens1.weight)" in to_source(config)


def test_a_tied_head_says_what_it_needs() -> None:
    elsewhere = {node.id: node for node in evaluate_graph(tied(source="positions2")).nodes}["tied4"]
    assert elsewhere.error == "Tied head shares a matrix; draw this line from a token embedding."
    narrow = next(node for node in evaluate_graph(tied(width=24)).nodes if node.error)
    assert narrow.error and "as wide as the token embedding (32)" in narrow.error
    assert narrow.fix is not None and narrow.fix.label == "Project 24 -> 32"
    assert evaluate_graph(mended(tied(width=24), narrow.fix)).sentence is None


def test_grid_attention_needs_a_square() -> None:
    square = chain("image", "patches", "classtoken", "grid", "first", "linear", patches={"size": 2})
    assert evaluate_graph(square).sentence is None
    sentence = evaluate_graph(chain("text", "tokens", "grid", text={"length": 40})).sentence
    assert sentence is not None and "perhaps with a class token, and 40 vectors make none." in sentence


def test_evaluation_goes_up_to_the_fault() -> None:
    report = {node.id: node for node in evaluate_graph(chain("image", "conv", "linear", "relu")).nodes}
    assert report["conv1"].shape == (16, 8, 8) and report["linear2"].error
    assert report["relu3"].shape is None and report["relu3"].error is None


@pytest.mark.parametrize("kind", [*BLOCKS.values()], ids=lambda kind: kind.name)
def test_every_block_is_offered_with_title_ports_and_defaults(kind: type) -> None:
    block = kind()
    assert block.title and block.name.isidentifier()
    assert Sheet.model_validate_json(Sheet(nodes=(GraphNode(id="a1", block=block),)).model_dump_json()).nodes


def test_a_link_of_twenty_blocks_is_short_and_a_cut_one_is_refused() -> None:
    names = ["image", *(["conv", "batchnorm", "relu"] * 6)[:17], "mean", "linear"]
    sheet = chain(*names, conv={"channels": 24, "bias": False})
    placed = sheet.replace(nodes=tuple(n.replace(at=(37 * i, 61 * (i % 5))) for i, n in enumerate(sheet.nodes)))
    link = to_link(placed)
    assert len(sheet.nodes) == 20 and len(link) <= 2000
    assert from_link(link) == placed
    for end in range(len(link)):
        with pytest.raises(BrokenLink, match=r"^This link .*\.$"):
            from_link(link[:end])


@QUICK
@given(st.text(max_size=200))
def test_no_text_breaks_the_reader_of_links_and_specs(text: str) -> None:
    for read in (from_link, from_spec, lambda t: from_link(f"1{t}"), lambda t: from_spec(json.dumps({"nodes": [t]}))):
        with pytest.raises((BrokenLink, BrokenSpec)):
            read(text)


def test_a_spec_from_elsewhere_is_refused_in_a_sentence() -> None:
    for text in ("[]", "{}", '{"nodes": [], "cells": []}', '{"kind": "ResNet", "nodes": []}', '{"nodes": [{"id": 3}]}'):
        with pytest.raises(BrokenSpec, match=r"no model spec.*\.$"):
            from_spec(text)


def test_the_exported_file_runs_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(to_source(RESIDUAL, 'A "quoted" name'), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["output (1, 10)", "parameters 4970"]


def test_onnx_gives_what_torch_gives() -> None:
    model = RESIDUAL.build()
    initialize(model, 0)
    written = to_onnx(model, batch_of(RESIDUAL.inputs))
    import onnxruntime

    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    inputs = batch_of(RESIDUAL.inputs, 5)
    found = session.run(None, {"input": inputs.numpy()})[0]
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(found), model.eval()(inputs), rtol=1e-4, atol=1e-5)


ON_IMAGES = (
    "conv", "depthwise", "rectangular", "batchnorm", "groupnorm", "instancenorm", "rmsnorm", "lrn", "dropout",
    "dropbranch", "relu", "gelu", "silu", "leakyrelu", "relu6", "elu", "selu", "mish", "tanh", "sigmoid", "residual",
    "maxpool", "meanpool", "fit",
)  # fmt: skip
ON_VECTORS = (
    "waves", "positions", "segments", "layernorm", "attention", "grid", "windows", "transformer", "lstm", "gru", "rnn",
    "statespace",
)  # fmt: skip


def test_onnx_holds_every_block() -> None:
    image = chain("image", *ON_IMAGES, "flatten", "linear", image={"channels": 8}, fit={"size": 2})
    vectors = chain("text", "tokens", *ON_VECTORS, "merge", "classtoken", "first", "linear", windows={"shift": 2})
    gated = chain("image", "conv", "concat", "mean", "sigmoid", "multiply", "sequence", "last", "linear")
    more = [("image0", "concat2", "parts"), ("concat2", "multiply5", "input")]
    lines = [line.replace(port="gate") if line.target == "multiply5" else line for line in gated.edges]
    lines += [GraphEdge(source=source, target=target, port=port) for source, target, port in more]
    sheets = (image, vectors, tied(), gated.replace(edges=tuple(lines)), chain("image", "patches", "mean", "linear"))
    assert {node.block.name for sheet in sheets for node in sheet.nodes} == set(BLOCKS) - {"add"}
    for sheet in sheets:
        config = of(sheet)
        model = config.build()
        initialize(model, 0)
        assert to_onnx(model, batch_of(config.inputs))  # which compares with torch


def test_weights_come_back_from_safetensors() -> None:
    from safetensors.torch import load

    model = RESIDUAL.build()
    initialize(model, 3)
    state = load(to_safetensors(model))
    other = run_source(to_source(RESIDUAL))()
    other.load_state_dict(state)
    inputs = batch_of(RESIDUAL.inputs)
    with torch.no_grad():
        assert torch.equal(other.eval()(inputs), model.eval()(inputs))


def test_the_notebook_trains_what_it_says() -> None:
    from archviz.blocks.optimizers import SGD
    from archviz.core.setup import Recipe
    from archviz.engine.tasks import Classification
    from archviz.export.retrain import to_notebook

    recipe = Recipe(
        dataset=Digits.Config(),
        task=Classification.Config(),
        optimizer=SGD.Config(lr=0.1, momentum=0.9),
        steps=150,
        batch_size=32,
        schedule="cosine",
        clip=1.0,
    )
    notebook = json.loads(to_notebook(RESIDUAL, recipe, "Residual"))
    assert notebook["nbformat"] == 4
    space: dict[str, object] = {"__name__": "notebook"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), space)
    assert space["accuracy"] > 0.3  # type: ignore[operator]


def test_a_difference_shows_what_changed_and_leaves_out_the_rest() -> None:
    a, b = config_text(RESIDUAL), config_text(RESIDUAL.replace(init=RESIDUAL.init.replace(fan="fan_in")))
    lines = difference(a, b)
    assert [line.text.strip() for line in lines if line.where == "A"] == ["fan='fan_out',"]
    assert [line.text.strip() for line in lines if line.where == "B"] == ["fan='fan_in',"]
    assert any(line.where == "gap" for line in lines)


def test_a_model_is_the_same_without_what_only_the_canvas_knows() -> None:
    placed = RESIDUAL.sheet.replace(nodes=tuple(n.replace(at=(1, 2)) for n in RESIDUAL.nodes))
    assert of(placed) == of(RESIDUAL.sheet)
    assert isinstance(of(placed), Assembled.Config)
