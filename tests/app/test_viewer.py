"""The graph viewer: what it is told in Python, and looking around in a real browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.canvas.viewer import Click, chosen, pack, revision
from archviz.core.graph import Edge, Graph, Node

GRAPH = Graph(
    title="two layers",
    nodes=(
        Node(id="block", label="Block", type="module", output_shape=(1, 8), parameters=80, macs=64),
        Node(id="block.fc", label="Linear", type="module", parent="block", detail="8, 8", count=2, changed=True),
        Node(id="head", label="Linear", type="module"),
    ),
    edges=(Edge(source="block.fc", target="head", shape=(1, 8)),),
)


def test_a_graph_is_packed_as_the_front_end_reads_it():
    packed = pack(GRAPH)
    assert packed["nodes"][0] == ["block", "Block", "module", -1, [1, 8], 80, 64, "", 1, False]
    assert packed["nodes"][1] == ["block.fc", "Linear", "module", 0, [], 0, 0, "8, 8", 2, True]
    assert packed["edges"] == [[1, 2]]


def test_the_revision_changes_with_the_graph_only():
    first = revision({"A": pack(GRAPH)})
    assert first == revision({"A": pack(GRAPH.model_copy())})
    assert first != revision({"A": pack(GRAPH.replace(edges=()))})
    assert first != revision({"B": pack(GRAPH)})


@pytest.mark.parametrize(
    ("clicked", "expected"),
    [
        ({"arm": "A", "node": "head"}, Click("A", "head")),
        ({"arm": "B", "node": "head"}, None),
        ({"arm": "A", "node": "no-such-node"}, None),
        ({"arm": ["A"], "node": 3}, None),
        (None, None),
    ],
)
def test_nothing_from_the_browser_is_believed(clicked: Any, expected: Click | None):
    assert chosen(clicked, {"A": GRAPH}) == expected


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str]) -> str:
    return serve(Path(__file__).with_name("viewer_app.py"))


@pytest.fixture
def viewer(tab: Page, address: str) -> Page:
    tab.goto(address)
    expect(node(tab, "A", "stem")).to_be_visible(timeout=90_000)
    return tab


def pane(page: Page, arm: str) -> Locator:
    return page.get_by_test_id(f"pane-{arm}")


def node(page: Page, arm: str, name: str) -> Locator:
    return pane(page, arm).get_by_test_id(f"node-{name}")


def toggle(page: Page, arm: str, name: str) -> Locator:
    return pane(page, arm).get_by_test_id(f"toggle-{name}")


def where(chip: Locator) -> tuple[float, float]:
    box = chip.bounding_box()
    assert box is not None
    return box["x"], box["y"]


@pytest.mark.browser
def test_repeats_are_folded_and_differences_marked(viewer: Page):
    expect(node(viewer, "A", "blocks.0")).to_contain_text("Block × 6")
    expect(node(viewer, "A", "blocks.0.norm")).to_contain_class("differs")  # only A has it
    expect(node(viewer, "A", "blocks.0.conv")).not_to_contain_class("differs")
    viewer.get_by_test_id("depth").fill("0")
    expect(node(viewer, "A", "blocks.0")).to_contain_class("differs many")
    expect(node(viewer, "A", "blocks.0.norm")).to_have_count(0)
    expect(node(viewer, "A", "stem")).not_to_contain_class("differs")
    expect(node(viewer, "A", "stem")).to_have_css("box-shadow", "none")  # a second sheet is for several alike


@pytest.mark.browser
def test_open_and_close_in_both_panes_and_keep_the_place(viewer: Page):
    viewer.get_by_test_id("depth").fill("0")
    before = where(toggle(viewer, "A", "blocks.0"))
    toggle(viewer, "A", "blocks.0").click()
    expect(node(viewer, "A", "blocks.0.norm")).to_be_visible()
    expect(node(viewer, "B", "blocks.0.relu")).to_be_visible()
    expect(node(viewer, "B", "blocks.0.norm")).to_have_count(0)
    assert where(node(viewer, "A", "blocks.0"))[1] == pytest.approx(before[1], abs=12)
    toggle(viewer, "B", "blocks.0").click()
    expect(node(viewer, "A", "blocks.0.norm")).to_have_count(0)


@pytest.mark.browser
def test_the_whole_width_is_seen_until_the_reader_looks_elsewhere_and_all_is_labelled(viewer: Page):
    viewer.get_by_test_id("depth").fill("0")
    for width in (1100, 700, 1400):
        viewer.set_viewport_size({"width": width, "height": 900})
        viewer.wait_for_timeout(400)
        inside, outside = node(viewer, "A", "stem").bounding_box(), pane(viewer, "A").bounding_box()
        assert inside is not None and outside is not None
        middle = inside["x"] + inside["width"] / 2 - outside["x"]
        assert middle == pytest.approx(outside["width"] / 2, abs=20)
        for label in ("Depth", "Colour"):
            expect(viewer.locator(".toolbar").get_by_text(label, exact=True)).to_be_visible()
    viewer.get_by_test_id("colour").select_option("parameters")
    legend, bar = viewer.locator(".legend").bounding_box(), viewer.locator(".toolbar").bounding_box()
    assert legend is not None and bar is not None
    assert legend["x"] + legend["width"] <= bar["x"] + bar["width"]


@pytest.mark.browser
def test_panes_move_together(viewer: Page):
    a, b = where(node(viewer, "A", "stem")), where(node(viewer, "B", "stem"))
    box = pane(viewer, "A").bounding_box()
    assert box is not None
    viewer.mouse.move(box["x"] + 30, box["y"] + 200)
    viewer.mouse.down()
    viewer.mouse.move(box["x"] + 90, box["y"] + 240, steps=6)
    viewer.mouse.up()
    for before, arm in ((a, "A"), (b, "B")):
        after = where(node(viewer, arm, "stem"))
        assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((60, 40), abs=3)


@pytest.mark.browser
def test_a_click_reaches_python_and_stays_across_reruns(viewer: Page):
    code = viewer.get_by_test_id("stCode")
    expect(code).to_have_text("nothing")
    node(viewer, "B", "head").click()
    expect(code).to_have_text("B: head")
    viewer.get_by_role("button", name="Again").click()
    expect(viewer.get_by_text("run again")).to_be_visible()
    expect(code).to_have_text("B: head")
    expect(node(viewer, "B", "head")).to_contain_class("clicked")


@pytest.mark.browser
def test_what_is_open_stays_when_an_arm_changes(viewer: Page):
    viewer.get_by_test_id("depth").fill("1")
    expect(node(viewer, "A", "blocks.0.norm")).to_be_visible()
    viewer.get_by_text("Without norm").click()
    expect(node(viewer, "B", "blocks.0.norm")).to_be_visible()
    expect(pane(viewer, "A").locator(".differs")).to_have_count(0)
    expect(node(viewer, "A", "blocks.0.norm")).to_be_visible()


@pytest.mark.browser
def test_by_keyboard(viewer: Page):
    said = viewer.get_by_role("status").and_(viewer.locator(".unseen"))
    viewer.get_by_test_id("depth").fill("0")
    pane(viewer, "A").focus()
    viewer.keyboard.press("ArrowDown")
    expect(said).to_have_text("Conv2d 3×3: output 16 by 32 by 32, 432 parameters.")
    viewer.keyboard.press("ArrowDown")
    expect(said).to_contain_text("Block × 6: closed, 4 parts")
    expect(said).to_contain_text("differs")
    viewer.keyboard.press("ArrowRight")
    viewer.keyboard.press("ArrowRight")
    expect(said).to_contain_text("conv: output 64 by 32 by 32")
    viewer.keyboard.press("Enter")
    expect(viewer.get_by_test_id("stCode")).to_have_text("A: blocks.0.conv")
    viewer.keyboard.press("Escape")
    expect(viewer.get_by_test_id("stCode")).to_have_text("nothing")


@pytest.mark.browser
def test_search_opens_what_hides_a_layer(viewer: Page):
    viewer.get_by_test_id("depth").fill("0")
    viewer.get_by_test_id("search").fill("norm")
    expect(viewer.get_by_test_id("found")).to_have_text("1")
    viewer.keyboard.press("Enter")
    expect(viewer.get_by_test_id("found")).to_have_text("1 of 1")
    expect(node(viewer, "A", "blocks.0.norm")).to_be_in_viewport()
    viewer.get_by_test_id("search").fill("transformer")
    expect(viewer.get_by_test_id("found")).to_have_text("none")


@pytest.mark.browser
def test_colours_by_what_python_gives(viewer: Page):
    viewer.get_by_test_id("colour").select_option("gradient norm")
    expect(node(viewer, "A", "stem")).to_have_css("background-color", "rgb(0, 34, 78)")
    expect(node(viewer, "A", "head")).to_have_css("background-color", "rgb(254, 232, 56)")
    expect(viewer.locator(".legend")).to_have_text("1.0e-41")
    viewer.get_by_test_id("colour").select_option("parameters")
    expect(viewer.locator(".legend")).to_have_text("036.9 k parameters")


@pytest.mark.browser
def test_a_large_graph_starts_closed_and_opens(tab: Page, address: str):
    page = tab
    page.goto(f"{address}/?large=1")
    expect(node(page, "A", "stem")).to_be_visible(timeout=90_000)
    expect(node(page, "A", "blocks.0.conv0")).to_have_count(0)
    page.get_by_test_id("depth").fill("1")
    page.get_by_role("button", name="All", exact=True).click()
    expect(pane(page, "A").locator(".react-flow__node")).to_have_count(552)
    page.get_by_role("button", name="Width", exact=True).click()
    expect(node(page, "A", "blocks.0.conv0")).to_be_visible()
    assert pane(page, "A").locator(".react-flow__node").count() < 40  # only what is in sight
    expect(pane(page, "A").locator(".react-flow__minimap")).to_be_visible()
