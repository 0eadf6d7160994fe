"""The Build page: designs and sheets, and the story of a model that is put together, mended, trained and taken away."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import onnx
import pytest
from playwright.sync_api import Page, expect

from app import designs, workbench
from app.canvas.builder import Block, Design, InsertBlock, Wire
from app.jobs import Refused
from archviz import catalog
from archviz.blocks.assembly.sheet import GraphGroup, Sheet
from archviz.data.digits import Digits
from archviz.data.mnist5k import Mnist5k
from archviz.data.python_docs import PythonDocs
from archviz.engine.evaluate_graph import evaluate_graph
from archviz.export.link import to_link
from archviz.export.spec_file import to_spec
from archviz.models.assembled import MODELS, of
from archviz.runs.designs import Designs, Unsaved
from archviz.runs.own import IDENTITY
from archviz.runs.store import Store
from tests.app.test_builder import badge, put, wire

MAIN = Path(__file__).parents[2] / "app" / "main.py"
LOADED = 300_000
SOON = 60_000
RESIDUAL = MODELS[0].config.sheet


# --- without a browser -----------------------------------------------------------------------------------------------


def test_every_block_is_on_the_palette_with_fields_that_the_canvas_can_edit() -> None:
    kinds = [kind for group in workbench.palette() for kind in group.kinds]
    assert [group.title for group in workbench.palette()][:3] == ["Input", "Convolution", "Pooling"]
    assert len({kind.kind for kind in kinds}) == len(kinds) >= 40
    for kind in kinds:
        assert kind.hint and all("description" in schema for schema in kind.parameters.values())


def test_a_design_is_a_sheet_and_back() -> None:
    design = workbench.design_of(RESIDUAL)
    sheet, refused = workbench.sheet_of(design)
    assert not refused and of(sheet) == MODELS[0].config
    assert workbench.design_of(sheet) == design
    places = {(block.x, block.y) for block in design.blocks}
    assert len(places) == len(design.blocks)


def test_a_value_that_a_block_does_not_take_is_said_at_the_block() -> None:
    design = Design(
        (Block("image1", "image"), Block("conv1", "conv", parameters={"kernel": 0})), (Wire("image1", "conv1"),)
    )
    sheet, refused = workbench.sheet_of(design)
    assert "kernel" in refused["conv1"]
    assert workbench.statuses(evaluate_graph(sheet), refused)["conv1"].error == refused["conv1"]


def test_a_fix_reaches_the_canvas() -> None:
    design = Design((Block("image1", "image"), Block("linear1", "linear")), (Wire("image1", "linear1"),))
    sheet, refused = workbench.sheet_of(design)
    fix = workbench.statuses(evaluate_graph(sheet), refused)["linear1"].fix
    assert fix is not None and fix.label == "Insert Flatten"
    assert fix.repairs == (InsertBlock("flatten", Wire("image1", "linear1"), {}),)


def test_groups_go_to_the_canvas_and_back() -> None:
    grouped = RESIDUAL.replace(
        nodes=tuple(n.replace(group="twice") if n.id in ("conv2", "relu2") else n for n in RESIDUAL.nodes),
        groups=(GraphGroup(id="twice", title="Layer", times=2, folded=True),),
    )
    sheet, _ = workbench.sheet_of(workbench.design_of(grouped))
    assert of(sheet) == of(grouped) != of(RESIDUAL)
    assert sheet.groups == grouped.groups


def test_a_model_is_fitted_to_data_and_says_why_it_does_not_fit() -> None:
    image = RESIDUAL.nodes[0].replace(block=RESIDUAL.nodes[0].block.replace(height=14, width=14))
    large = RESIDUAL.replace(nodes=(image, *RESIDUAL.nodes[1:]))
    digits = Digits.Config()
    assert workbench.misfit(RESIDUAL, evaluate_graph(RESIDUAL), digits) is None
    assert "images of 1×8×8" in (workbench.misfit(large, evaluate_graph(large), digits) or "")
    assert workbench.fitted(large, digits) == RESIDUAL
    assert "tokens" in (workbench.misfit(RESIDUAL, evaluate_graph(RESIDUAL), PythonDocs.Config()) or "")


def test_data_come_in_the_size_that_the_model_takes_where_they_have_it() -> None:
    model = catalog.model("vit-tiny")
    sheet = designs.opened("vit-tiny").model.sheet
    assert workbench.given(sheet) == model.inputs and workbench.given(Sheet()) is None
    taken = workbench.in_size(Mnist5k.Config(size=28), model.inputs)
    assert taken == Mnist5k.Config(size=16)
    assert workbench.misfit(sheet, evaluate_graph(sheet), taken) is None
    assert model.name in [one.name for one in designs.fitting_models(taken)]
    assert workbench.in_size(Digits.Config(), model.inputs) == Digits.Config()
    assert workbench.in_size(Digits.Config(), None) == Digits.Config()
    text = catalog.model("gpt-nano").inputs
    assert workbench.in_size(PythonDocs.Config(length=12), text).inputs == text


def test_a_file_or_link_that_no_canvas_could_have_drawn_is_refused() -> None:
    back = RESIDUAL.replace(edges=(*RESIDUAL.edges, RESIDUAL.edges[0].replace(source="relu2", target="conv2")))
    with pytest.raises(Refused, match="This is a cycle"):
        designs.sheet_of_link(to_link(back))
    loose = RESIDUAL.replace(edges=(RESIDUAL.edges[0].replace(target="gone"),))
    with pytest.raises(Refused, match="there is no block 'gone'"):
        designs.sheet_of_file(to_spec(loose).encode())
    unfinished = RESIDUAL.replace(edges=RESIDUAL.edges[1:])
    assert designs.sheet_of_link(to_link(unfinished)) == unfinished


def test_designs_are_kept_by_name(tmp_path: Path) -> None:
    kept = Designs(f"sqlite:///{tmp_path / 'history.db'}")
    kept.save("first", "{}")
    kept.save("second", "{}")
    kept.save(" first ", '{"nodes": []}')
    assert kept.names() == ["first", "second"]
    assert kept.load("first").spec == '{"nodes": []}'
    kept.delete("first")
    with pytest.raises(KeyError, match="first"):
        kept.load("first")
    with pytest.raises(Unsaved, match="name"):
        kept.save("  ", "{}")
    kept.close()


def test_an_own_experiment_is_read_back_from_its_run(tmp_path: Path) -> None:
    from archviz.core.setup import Setup
    from archviz.core.spec import Budget
    from archviz.runs.own import own_experiment, ran

    recipe = designs.own_recipe(Digits.Config(), "SGD", 0.1, 20, 16)
    other = of(Sheet(nodes=tuple(n for n in RESIDUAL.nodes if n.id != "relu3"), edges=_without_last_relu()))
    setups = {"A": Setup(model=MODELS[0].config, recipe=recipe), "B": Setup(model=other, recipe=recipe)}
    _, experiment = own_experiment(setups, {"A": "as it was", "B": "the canvas"})
    trials = experiment.trials("build", Budget(seeds=3))
    assert [trial.setup for trial in trials[:2]] == [setups["A"], setups["B"]]
    store = Store(f"sqlite:///{tmp_path / 'history.db'}")
    run = store.create_run(IDENTITY, "A vs B", {"A": ("as it was",), "B": ("the canvas",)}, trials, "custom")
    _, again = ran(store, run)
    assert {arm.name: (arm.title, again.setup(arm)) for arm in again.arms} == {
        "A": ("as it was", setups["A"]),
        "B": ("the canvas", setups["B"]),
    }
    store.close()


def _without_last_relu() -> tuple:
    edges = [edge for edge in RESIDUAL.edges if "relu3" not in (edge.source, edge.target)]
    return (*edges, RESIDUAL.edges[0].replace(source="add1", target="mean1"))


def test_onnx_is_made_in_a_process_of_its_own_and_says_why_it_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    config = MODELS[0].config
    assert onnx.load_from_string(designs.onnx(config)).graph.output[0].name == "output"
    monkeypatch.setattr("archviz.export.spec_file.to_spec", lambda sheet, init: "no spec")
    with pytest.raises(Refused, match="This is no JSON file"):
        designs.onnx(config)


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str]) -> str:
    return serve(MAIN)


@pytest.fixture
def visit(page: Page, address: str) -> Iterator[Callable[[str], Page]]:
    """Open a path of the app; no script of the page may fail meanwhile."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": 1900, "height": 1100})

    def go(path: str) -> Page:
        page.goto(f"{address}/{path}")
        expect(page.get_by_test_id("drawing")).to_be_visible(timeout=LOADED)
        page.wait_for_timeout(1500)
        return page

    yield go
    assert not errors
    expect(page.get_by_test_id("stException")).to_have_count(0)


def own_runs() -> set[str]:
    store = Store()
    found = {run.id for run in store.runs(experiment=IDENTITY)}
    store.close()
    return found


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_a_residual_network_is_built_broken_mended_trained_and_exported(
    visit: Callable[[str], Page], tmp_path: Path
) -> None:
    page = visit("build")
    for kind, x, y in (
        ("image", 60, 70),
        ("conv", 300, 70),
        ("relu", 540, 70),
        ("conv", 60, 350),
        ("add", 300, 350),
        ("linear", 540, 350),
    ):
        put(page, kind, x, y)
        page.wait_for_timeout(150)
    page.get_by_role("button", name="All", exact=True).click()
    page.wait_for_timeout(700)
    for source, target in (
        ("image1", "conv1"),
        ("conv1", "relu1"),
        ("relu1", "conv2"),
        ("conv2", "add1"),
        ("relu1", "add1"),
        ("add1", "linear1"),
    ):
        wire(page, source, target)
    expect(badge(page, "add1")).to_contain_text("16×8×8", timeout=SOON)
    expect(badge(page, "linear1")).to_contain_text("Linear needs a row of numbers, and gets an image of 16×8×8.")
    page.get_by_role("button", name="Insert Flatten").click()
    expect(badge(page, "linear1")).to_contain_text("10", timeout=SOON)
    page.get_by_test_id("undo").click()
    expect(badge(page, "linear1")).to_contain_text("Linear needs a row of numbers", timeout=SOON)
    page.get_by_test_id("redo").click()
    expect(badge(page, "flatten1")).to_contain_text("1024", timeout=SOON)
    expect(page.get_by_test_id("source")).to_contain_text("nn.Linear(1024, 10)", timeout=SOON)

    page.get_by_role("tab", name="Export and share").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Python file").click()
    path = tmp_path / "model.py"
    waiting.value.save_as(path)
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "output (1, 10)"

    with page.expect_download(timeout=SOON) as waiting:
        page.get_by_role("button", name="ONNX", exact=True).click(timeout=LOADED)
    waiting.value.save_as(tmp_path / "model.onnx")
    onnx.checker.check_model(str(tmp_path / "model.onnx"))

    train = page.locator(".st-key-train-button button").first
    expect(train).to_be_enabled(timeout=LOADED)
    before = own_runs()
    train.dblclick()  # the second click starts nothing
    expect(page).to_have_url(re.compile("run=[0-9a-f]+"), timeout=SOON)
    run = page.url.partition("run=")[2].partition("&")[0]
    expect(page.get_by_test_id("stProgress")).to_contain_text(", done", timeout=LOADED)
    assert own_runs() - before == {run}
    store = Store()
    scores = [row.value for row in store.observations(run) if (row.arm, row.metric) == ("B", "test_accuracy")]
    store.close()
    assert len(scores) == 3 and min(scores) > 0.9
    expect(page.locator(".st-key-verdict")).to_contain_text(re.compile("supported|contradicted|inconclusive"))


@pytest.mark.browser
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "shape"), [("efficientnet_b7", "1000"), ("gpt2", "1024×50257")])
def test_the_largest_models_of_the_book_open_as_blocks(visit: Callable[[str], Page], name: str, shape: str) -> None:
    page = visit(f"build?open={name}")
    expect(page.get_by_test_id("whole")).to_contain_text("parameters", timeout=SOON)
    expect(page.get_by_test_id("whole")).to_contain_text(f"gives {shape}")
    expect(page.get_by_test_id("source")).to_contain_text("class Model(nn.Module)", timeout=SOON)


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_a_link_that_was_cut_leaves_a_sentence_and_an_empty_canvas(visit: Callable[[str], Page]) -> None:
    page = visit("build?graph=1eNpVjk0KgzA")
    expect(page.get_by_text("This link is cut off or changed; copy the whole of it.")).to_be_visible(timeout=SOON)
    expect(page.get_by_test_id("whole")).to_contain_text("The canvas is empty")


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_what_cannot_be_trained_is_said_at_the_button_until_the_canvas_changes(visit: Callable[[str], Page]) -> None:
    page = visit("build")
    train = page.locator(".st-key-train-button button").first
    expect(train).to_be_enabled(timeout=LOADED)
    train.click()
    refusal = page.get_by_test_id("stAlert").filter(has_text="The canvas is empty")
    expect(refusal).to_be_visible(timeout=SOON)
    assert "run=" not in page.url
    page.get_by_test_id("shelf-image").press("Enter")
    expect(badge(page, "image1")).to_contain_text("1×8×8", timeout=SOON)
    expect(refusal).to_have_count(0, timeout=SOON)


def start_from(page: Page, name: str) -> None:
    box = page.get_by_role("combobox", name="Start from")
    expect(box).to_have_count(1)  # it is another one after each choice
    box.fill(name)
    page.get_by_role("option", name=name, exact=True).click()


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_what_is_opened_replaces_what_stood_there_and_what_stands_there_outlives_another_page_and_a_save(
    visit: Callable[[str], Page],
) -> None:
    page = visit("build")
    start_from(page, "resnet20")
    expect(page.get_by_test_id("whole")).to_contain_text("68,600 parameters", timeout=SOON)
    start_from(page, "vit-tiny")
    expect(page.get_by_test_id("whole")).not_to_contain_text("68,600 parameters", timeout=SOON)
    start_from(page, "blank canvas")
    expect(page.get_by_test_id("whole")).to_contain_text("The canvas is empty", timeout=SOON)
    for kind in ("image", "conv"):
        page.get_by_test_id(f"shelf-{kind}").press("Enter")
    expect(badge(page, "conv1")).to_contain_text("16×8×8", timeout=SOON)
    page.get_by_role("link", name="Runs").first.click()
    expect(page.get_by_test_id("drawing")).to_have_count(0, timeout=SOON)
    page.get_by_role("link", name="Build").first.click()
    expect(badge(page, "conv1")).to_contain_text("16×8×8", timeout=SOON)
    page.get_by_test_id("undo").click()
    expect(badge(page, "conv1")).to_have_count(0, timeout=SOON)
    expect(badge(page, "image1")).to_contain_text("1×8×8", timeout=SOON)
    name = page.get_by_role("textbox", name="Save as")
    name.fill("an image alone")
    name.press("Enter")
    expect(page.get_by_test_id("stToast")).to_contain_text('Saved as "an image alone"', timeout=SOON)
    start_from(page, "blank canvas")
    expect(page.get_by_test_id("whole")).to_contain_text("The canvas is empty", timeout=SOON)
    page.get_by_role("combobox", name="Saved designs").fill("an image alone")
    page.get_by_role("option", name="an image alone", exact=True).click()
    expect(badge(page, "image1")).to_contain_text("1×8×8", timeout=SOON)
