"""The builder: what is believed of the browser, and assembling in a real one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.canvas.builder import (
    LARGEST,
    MOST_COPIES,
    Block,
    Design,
    Fix,
    Group,
    InsertBlock,
    Kind,
    SetParameters,
    Status,
    Wire,
    current,
    describe,
    edit_of,
)
from archviz.blocks.assembly.sheet import GraphGroup
from archviz.export.disassemble import MOST_PARTS

CANVAS = Path(__file__).parents[2] / "app" / "canvas"
PALETTE = (Group("All", (Kind("Image", "Image", inputs=()), Kind("Conv", "Convolution", parameters={"channels": {}}))),)
GIVEN = Design((Block("image1", "Image"),))
CONV = {"id": "conv1", "kind": "Conv", "x": 1, "y": 2.5, "parameters": {"channels": 8}}


def designed(**told: Any) -> dict[str, Any]:
    return {"revision": "1", "edit": 3, "blocks": [], "wires": [], **told}


def test_the_front_end_and_the_library_take_as_many_blocks_and_copies():
    told = (CANVAS / "frontend/src/builder/design.ts").read_text(encoding="utf-8")
    copies = (CANVAS / "frontend/src/builder/GroupCard.tsx").read_text(encoding="utf-8")
    assert f"const MOST = {LARGEST};" in told and LARGEST == MOST_PARTS
    assert f"const MOST_COPIES = {MOST_COPIES};" in copies
    assert any(getattr(rule, "le", None) == MOST_COPIES for rule in GraphGroup.model_fields["times"].metadata)


def test_the_readers_design_counts_within_a_revision():
    assert current(GIVEN, 1, None, PALETTE) == GIVEN
    assert current(GIVEN, 2, designed(), PALETTE) == GIVEN
    assert current(GIVEN, 1, designed(blocks=[CONV]), PALETTE) == Design(
        (Block("conv1", "Conv", 1, 2.5, {"channels": 8}),)
    )
    assert (edit_of(designed(), 1), edit_of(designed(), 2), edit_of(None, 1)) == (3, 0, 0)


@pytest.mark.parametrize(
    "told",
    [
        {"blocks": "many"},
        {"blocks": [None, 3, {}, {**CONV, "kind": "Exec"}, {**CONV, "id": 7}, {**CONV, "x": "left"}]},
        {"wires": [{"source": "conv1", "target": "conv1"}, "wire", None]},
    ],
)
def test_what_makes_no_sense_is_dropped(told: dict[str, Any]):
    assert current(GIVEN, 1, designed(**told), PALETTE) == Design()


def test_doubles_and_loose_ends_are_dropped():
    image = {"id": "image1", "kind": "Image", "x": 0, "y": 0, "parameters": None}
    odd = {**CONV, "parameters": {"channels": 8, "unknown": 1}}
    wire = {"source": "image1", "target": "conv1", "input": "input"}
    loose = [{**wire, "source": "gone"}, {**wire, "input": "mask"}, {**wire, "target": ["conv1"]}]
    found = current(GIVEN, 1, designed(blocks=[image, odd, {**CONV, "x": 9}], wires=[wire, wire, *loose]), PALETTE)
    assert found == Design(
        (Block("image1", "Image"), Block("conv1", "Conv", 1, 2.5, {"channels": 8})), (Wire("image1", "conv1"),)
    )


def test_a_fix_is_told_as_the_front_end_reads_it():
    fix = Fix("Mend", (SetParameters("conv1", {"channels": 4}), InsertBlock("Flatten", Wire("a", "b"))))
    assert describe(Status(error="It does not fit.", fix=fix))["fix"] == {
        "label": "Mend",
        "repairs": [
            {"set": "conv1", "parameters": {"channels": 4}},
            {"insert": "Flatten", "parameters": {}, "into": {"source": "a", "target": "b", "input": "input"}},
        ],
    }


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str]) -> str:
    return serve(Path(__file__).with_name("builder_app.py"))


@pytest.fixture
def builder(tab: Page, address: str) -> Page:
    tab.goto(address)
    expect(tab.get_by_test_id("drawing")).to_be_visible(timeout=90_000)
    return tab


def python_sees(page: Page, blocks: str, *wires: str) -> None:
    expect(page.get_by_test_id("stCode")).to_have_text(json.dumps({"blocks": blocks.split(), "wires": list(wires)}))


def badge(page: Page, block: str) -> Locator:
    return page.get_by_test_id(f"badge-{block}")


def parameter(page: Page, block: str, name: str) -> Locator:
    return page.get_by_test_id(f"parameter-{block}-{name}")


def add(page: Page, *kinds: str) -> None:
    """By keyboard: each is joined to the one before."""
    for kind in kinds:
        page.get_by_test_id(f"shelf-{kind}").press("Enter")


def put(page: Page, kind: str, x: float, y: float) -> None:
    """By mouse, to a place on the canvas."""
    canvas = page.get_by_test_id("drawing").bounding_box()
    assert canvas is not None
    page.get_by_test_id(f"shelf-{kind}").hover()
    page.mouse.down()
    page.mouse.move(canvas["x"] + x, canvas["y"] + y, steps=6)
    page.mouse.up()


def wire(page: Page, source: str, target: str) -> None:
    """By mouse, from port to port."""
    page.get_by_test_id(f"block-{source}").locator(".react-flow__handle.source").hover()
    page.mouse.down()
    end = page.get_by_test_id(f"block-{target}").locator(".react-flow__handle.target").bounding_box()
    assert end is not None
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)
    page.mouse.up()


@pytest.mark.browser
def test_assemble_by_mouse_break_it_take_the_fix_undo_and_redo(builder: Page):
    put(builder, "Image", 120, 120)
    put(builder, "Conv", 420, 120)
    wire(builder, "image1", "conv1")
    python_sees(builder, "image1 conv1", "image1>conv1")
    expect(badge(builder, "conv1")).to_have_text("16×8×8160 parameters1.6 k MACs")

    put(builder, "Linear", 720, 120)
    wire(builder, "conv1", "linear1")
    expect(badge(builder, "linear1")).to_contain_text("Linear needs a row of numbers, not an image.")
    builder.get_by_role("button", name="Insert Flatten").click()
    python_sees(builder, "image1 conv1 linear1 flatten1", "image1>conv1", "conv1>flatten1", "flatten1>linear1")
    expect(badge(builder, "linear1")).to_contain_text("10")
    builder.get_by_test_id("undo").click()
    python_sees(builder, "image1 conv1 linear1", "image1>conv1", "conv1>linear1")
    builder.get_by_test_id("redo").click()
    python_sees(builder, "image1 conv1 linear1 flatten1", "image1>conv1", "conv1>flatten1", "flatten1>linear1")


@pytest.mark.browser
def test_parameters_within_bounds_are_judged_while_typing(builder: Page):
    add(builder, "Image", "Conv")
    channels = parameter(builder, "conv1", "channels")
    channels.fill("32")
    expect(badge(builder, "conv1")).to_contain_text("32×8×8")
    expect(channels).to_be_focused()
    channels.fill("0")
    expect(builder.get_by_role("alert").and_(builder.get_by_text("At least 1.", exact=True))).to_be_visible()
    expect(channels).to_have_attribute("aria-invalid", "true")
    expect(channels).to_have_attribute("title", "At least 1.")
    parameter(builder, "conv1", "kernel").fill("11")
    expect(channels).to_have_value("32")  # what cannot be taken is not kept
    parameter(builder, "conv1", "padding").select_option("valid")
    expect(badge(builder, "conv1")).to_contain_text("The kernel of 11 is larger than the image.")
    builder.get_by_role("button", name="Use padding: same").click()
    expect(parameter(builder, "conv1", "padding")).to_have_value("same")
    expect(badge(builder, "conv1")).to_contain_text("32×8×8")
    parameter(builder, "conv1", "bias").uncheck()
    expect(badge(builder, "conv1")).to_contain_text("3.87 k parameters")


@pytest.mark.browser
def test_by_keyboard_alone(builder: Page):
    builder.get_by_test_id("shelf-search").fill("image")
    builder.keyboard.press("Enter")
    builder.get_by_test_id("shelf-search").fill("relu")
    builder.keyboard.press("Enter")
    python_sees(builder, "image1 relu1", "image1>relu1")
    builder.get_by_test_id("drawing").focus()
    builder.keyboard.press("Control+c")
    builder.keyboard.press("Control+v")
    builder.keyboard.press("Control+v")
    python_sees(builder, "image1 relu1 relu2 relu3", "image1>relu1")
    builder.keyboard.press("Delete")
    python_sees(builder, "image1 relu1 relu2", "image1>relu1")
    builder.keyboard.press("Control+a")
    builder.keyboard.press("Delete")
    python_sees(builder, "")
    for _ in range(2):
        builder.keyboard.press("Control+z")
    python_sees(builder, "image1 relu1 relu2 relu3", "image1>relu1")
    builder.keyboard.press("Control+Shift+z")
    python_sees(builder, "image1 relu1 relu2", "image1>relu1")


@pytest.mark.browser
def test_several_blocks_are_chosen_and_joined_by_keyboard_and_by_mouse(builder: Page):
    add(builder, "Image", "ReLU", "Add")
    python_sees(builder, "image1 relu1 add1", "image1>relu1", "relu1>add1")
    blocks = builder.locator(".react-flow__node")
    for choose_second in (
        lambda: (blocks.nth(2).focus(), builder.keyboard.press("Control+Enter")),
        lambda: blocks.nth(2).click(position={"x": 12, "y": 9}, modifiers=["Control"]),
    ):
        builder.get_by_test_id("drawing").focus()
        builder.keyboard.press("Escape")
        expect(builder.locator(".react-flow__node.selected")).to_have_count(0)
        blocks.nth(0).focus()
        builder.keyboard.press("Enter")
        choose_second()
        expect(builder.locator(".react-flow__node.selected")).to_have_count(2)
        builder.keyboard.press("j")
        python_sees(builder, "image1 relu1 add1", "image1>relu1", "relu1>add1", "image1>add1")
        builder.keyboard.press("Control+z")
        python_sees(builder, "image1 relu1 add1", "image1>relu1", "relu1>add1")


@pytest.mark.browser
def test_a_cycle_is_refused_and_a_residual_connection_is_not(builder: Page):
    add(builder, "Image", "ReLU", "Add")
    builder.get_by_test_id("tidy").click()
    builder.wait_for_timeout(300)
    wire(builder, "add1", "relu1")
    expect(builder.get_by_text("That would be a cycle: relu1 already leads to add1.")).to_be_visible()
    wire(builder, "image1", "add1")
    python_sees(builder, "image1 relu1 add1", "image1>relu1", "relu1>add1", "image1>add1")
    expect(badge(builder, "add1")).to_have_text("1×8×8")


@pytest.mark.browser
def test_a_template_replaces_the_design_and_keeps_the_history_apart(builder: Page):
    add(builder, "Image", "Conv")
    builder.get_by_role("button", name="Template").click()
    python_sees(builder, "image1")
    expect(badge(builder, "image1")).to_have_text("1×16×16")
    expect(builder.get_by_test_id("undo")).to_be_disabled()
    add(builder, "ReLU")
    python_sees(builder, "image1 relu1", "image1>relu1")
    expect(badge(builder, "relu1")).to_have_text("1×16×16")


@pytest.mark.browser
def test_keys_go_on_counting_after_a_click_and_a_deletion(builder: Page):
    add(builder, "Image", "Conv", "Linear")
    builder.get_by_role("button", name="Insert Flatten").click()
    python_sees(builder, "image1 conv1 linear1 flatten1", "image1>conv1", "conv1>flatten1", "flatten1>linear1")
    builder.keyboard.press("Control+z")
    python_sees(builder, "image1 conv1 linear1", "image1>conv1", "conv1>linear1")
    builder.get_by_test_id("block-linear1").locator(".block-title").click()
    builder.keyboard.press("Delete")
    python_sees(builder, "image1 conv1", "image1>conv1")
    builder.keyboard.press("Control+z")
    python_sees(builder, "image1 conv1 linear1", "image1>conv1", "conv1>linear1")


@pytest.mark.browser
def test_a_line_is_taken_away_and_a_block_moved_by_keyboard(builder: Page):
    add(builder, "Image", "Conv")
    line = builder.locator(".react-flow__edge")
    line.focus()
    builder.keyboard.press("Enter")
    expect(line).to_contain_class("selected")
    builder.keyboard.press("Delete")
    python_sees(builder, "image1 conv1")
    builder.keyboard.press("Control+z")
    python_sees(builder, "image1 conv1", "image1>conv1")
    block = builder.locator(".react-flow__node").nth(1)
    block.focus()
    builder.keyboard.press("Enter")
    before = block.bounding_box()
    for _ in range(3):
        builder.keyboard.press("ArrowDown")
    builder.wait_for_timeout(100)
    moved = block.bounding_box()
    assert before is not None and moved is not None and moved["y"] > before["y"] + 10
    builder.keyboard.press("Control+z")
    builder.wait_for_timeout(100)
    assert block.bounding_box() == before


@pytest.mark.browser
def test_a_group_is_named_repeated_moved_folded_and_copied(builder: Page):
    add(builder, "Image", "Conv", "ReLU")
    builder.get_by_test_id("tidy").click()
    builder.wait_for_timeout(400)
    for name, keys in (("conv1", []), ("relu1", ["Control"])):
        builder.get_by_test_id(f"block-{name}").locator(".block-title").click(modifiers=keys)  # type: ignore[arg-type]
    builder.keyboard.press("g")
    builder.get_by_test_id("title-group1").fill("Layer")
    copies = builder.get_by_test_id("times-group1")
    copies.fill("")
    copies.press_sequentially("12")
    expect(copies).to_have_value("12")
    copies.fill("65")
    expect(builder.get_by_text("From 1 to 64 copies.")).to_be_visible()
    copies.blur()
    expect(copies).to_have_value("12")

    frame = builder.get_by_test_id("frame-group1")
    before, inside = frame.bounding_box(), builder.get_by_test_id("block-conv1").bounding_box()
    assert before is not None and inside is not None
    builder.mouse.move(before["x"] + before["width"] * 0.6, before["y"] + 8)
    builder.mouse.down()
    builder.mouse.move(before["x"] + before["width"] * 0.6 + 20, before["y"] + 108, steps=8)
    builder.mouse.up()
    builder.wait_for_timeout(200)
    after, carried = frame.bounding_box(), builder.get_by_test_id("block-conv1").bounding_box()
    assert after is not None and carried is not None
    assert after["y"] - before["y"] == pytest.approx(carried["y"] - inside["y"], abs=1)
    assert carried["y"] > inside["y"] + 60

    builder.get_by_test_id("fold-group1").click()
    card = builder.get_by_test_id("group-group1")
    expect(card).to_contain_text("Layer")
    folded = card.bounding_box()
    assert folded is not None and (folded["x"], folded["y"]) == pytest.approx((after["x"], after["y"]), abs=2)
    card.locator(".block-title").click()
    builder.keyboard.press("Control+d")
    expect(builder.get_by_test_id("group-group2")).to_contain_text("Layer")
    expect(builder.get_by_test_id("times-group2")).to_have_value("12")


@pytest.mark.browser
def test_blocks_go_through_the_clipboard_to_another_tab_and_other_text_is_refused(builder: Page, address: str):
    add(builder, "Image", "Conv")
    builder.get_by_test_id("drawing").focus()
    builder.keyboard.press("Control+a")
    builder.keyboard.press("Control+c")
    other = builder.context.new_page()
    other.goto(address)
    expect(other.get_by_test_id("drawing")).to_be_visible(timeout=90_000)
    other.get_by_test_id("drawing").focus()
    other.keyboard.press("Control+v")
    python_sees(other, "image1 conv1", "image1>conv1")
    search = other.get_by_test_id("shelf-search")
    search.fill("some words")
    search.press("Control+a")
    search.press("Control+c")
    other.get_by_test_id("drawing").focus()
    other.keyboard.press("Control+v")
    expect(other.get_by_text("What was copied last are no blocks of this canvas.")).to_be_visible()
    python_sees(other, "image1 conv1", "image1>conv1")
    other.close()


@pytest.mark.browser
def test_what_stood_there_before_a_reload_or_another_design_can_be_brought_back(builder: Page):
    add(builder, "Image", "Conv")
    parameter(builder, "conv1", "channels").fill("32")
    expect(badge(builder, "conv1")).to_contain_text("32×8×8")
    builder.reload()
    back = builder.get_by_test_id("bring-back")
    expect(back).to_be_visible(timeout=90_000)
    python_sees(builder, "")
    back.click()
    expect(badge(builder, "conv1")).to_contain_text("32×8×8")
    expect(back).to_have_count(0)
    builder.keyboard.press("Control+z")
    python_sees(builder, "")
    builder.keyboard.press("Control+Shift+z")
    python_sees(builder, "image1 conv1", "image1>conv1")
    builder.get_by_role("button", name="Template").click()
    python_sees(builder, "image1")
    back.click()
    python_sees(builder, "image1 conv1", "image1>conv1")
