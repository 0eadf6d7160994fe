"""The tweak lanes: their rule in Python, and dragging in a real browser."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.canvas.lanes import Chip, current, describe

PALETTE = (Chip("plain", "No identity path"), Chip("clip", "Clip gradients at 1"))
GIVEN = {"A": (), "B": ("plain",)}


def test_given_lanes_count_until_the_reader_moves_something():
    assert current(GIVEN, 1, None, PALETTE) == {"A": [], "B": ["plain"]}


def test_the_readers_lanes_count_within_a_revision():
    placed = {"revision": "1", "lanes": {"A": ["clip"], "B": []}}
    assert current(GIVEN, 1, placed, PALETTE) == {"A": ["clip"], "B": []}
    assert current(GIVEN, 2, placed, PALETTE) == {"A": [], "B": ["plain"]}


@pytest.mark.parametrize(
    ("lanes", "expected"),
    [
        ({"A": ["clip", "no-such-tweak"], "B": []}, {"A": ["clip"], "B": []}),
        ({"A": ["clip", "clip"], "C": ["plain"]}, {"A": ["clip"], "B": []}),
        ({"A": "clip", "B": [["plain"], 3, None]}, {"A": [], "B": []}),
        (["A", "B"], {"A": [], "B": ["plain"]}),
    ],
)
def test_nothing_from_the_browser_is_believed(lanes: Any, expected: dict[str, list[str]]):
    assert current(GIVEN, 1, {"revision": "1", "lanes": lanes}, PALETTE) == expected


def test_the_front_end_is_told_what_its_types_say():
    told = describe(PALETTE, {"A": [], "B": ["plain"]}, 3, None, {"B": "It diverges."})
    assert told["palette"][0] == {"slug": "plain", "title": "No identity path", "hint": "", "reason": None}
    assert told["lanes"][1] == {"name": "B", "tweaks": ["plain"], "problem": "It diverges."}
    assert (told["revision"], told["locked"]) == ("3", None)


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str]) -> str:
    return serve(Path(__file__).with_name("lanes_app.py"))


@pytest.fixture
def lanes(tab: Page, address: str) -> Page:
    tab.goto(address)
    expect(tab.get_by_test_id("palette")).to_be_visible(timeout=90_000)
    return tab


def python_sees(page: Page, a: list[str], b: list[str]) -> None:
    expect(page.get_by_test_id("stCode")).to_have_text(json.dumps({"A": a, "B": b}))


def drag(page: Page, chip: Locator, target: Locator, *, x: float = 0.5) -> None:
    chip.hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * 0.7, steps=8)
    page.mouse.up()


def tweak(page: Page, slug: str) -> Locator:
    return page.get_by_test_id(f"tweak-{slug}")


def lane(page: Page, name: str) -> Locator:
    return page.get_by_test_id(f"lane-{name}")


def chip(page: Page, name: str, slug: str) -> Locator:
    return page.get_by_test_id(f"chip-{name}-{slug}")


@pytest.mark.browser
def test_drag_by_mouse_copies_moves_orders_and_takes_off(lanes: Page):
    python_sees(lanes, [], ["plain"])
    drag(lanes, tweak(lanes, "plain"), lane(lanes, "A"))
    python_sees(lanes, ["plain"], ["plain"])
    drag(lanes, tweak(lanes, "clip"), lane(lanes, "B"), x=0.01)
    python_sees(lanes, ["plain"], ["clip", "plain"])
    expect(chip(lanes, "B", "plain")).to_have_text("2No identity path")
    drag(lanes, chip(lanes, "A", "plain"), lanes.get_by_test_id("palette"))
    python_sees(lanes, [], ["clip", "plain"])
    drag(lanes, chip(lanes, "B", "clip"), lane(lanes, "A"))
    python_sees(lanes, ["clip"], ["plain"])
    expect(chip(lanes, "B", "plain")).to_have_text("No identity path")


@pytest.mark.browser
def test_a_drop_beside_the_lanes_changes_nothing(lanes: Page):
    drag(lanes, chip(lanes, "B", "plain"), lanes.get_by_role("button", name="Preset"))
    drag(lanes, tweak(lanes, "clip"), lanes.get_by_role("button", name="Preset"))
    drag(lanes, tweak(lanes, "no-norm"), lane(lanes, "A"))
    python_sees(lanes, ["no-norm"], ["plain"])


@pytest.mark.browser
def test_drag_by_touch(browser: Browser, address: str):
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_test_id("palette")).to_be_visible(timeout=90_000)
    source, target = tweak(page, "clip").bounding_box(), lane(page, "B").bounding_box()
    assert source is not None
    assert target is not None
    start = (source["x"] + 20, source["y"] + 12)
    end = (target["x"] + target["width"] * 0.9, target["y"] + target["height"] * 0.7)
    touch = context.new_cdp_session(page)

    def finger(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    finger("touchStart", start)
    page.wait_for_timeout(250)  # a press that is held: a short one scrolls the page
    for part in (0.25, 0.5, 0.75, 1.0):
        finger("touchMove", tuple(s + (e - s) * part for s, e in zip(start, end, strict=True)))
        page.wait_for_timeout(30)
    finger("touchEnd")
    python_sees(page, [], ["plain", "clip"])
    context.close()


@pytest.mark.browser
def test_move_by_keyboard_is_announced_and_keeps_the_focus(lanes: Page):
    said = lanes.get_by_role("status").and_(lanes.locator(".unseen"))
    tweak(lanes, "clip").focus()
    lanes.keyboard.press("Space")
    expect(said).to_contain_text("Clip gradients at 1 picked up. Move it with the arrow keys")
    lanes.keyboard.press("ArrowDown")
    expect(said).to_have_text("Clip gradients at 1: lane A, position 1 of 1.")
    lanes.keyboard.press("ArrowDown")
    expect(said).to_have_text("Clip gradients at 1: lane B, position 1 of 2.")
    lanes.keyboard.press("ArrowRight")
    expect(said).to_have_text("Clip gradients at 1: lane B, position 2 of 2.")
    lanes.keyboard.press("Space")
    expect(said).to_have_text("Clip gradients at 1 dropped on lane B, position 2 of 2.")
    python_sees(lanes, [], ["plain", "clip"])
    expect(chip(lanes, "B", "clip")).to_be_focused()

    lanes.keyboard.press("Enter")
    lanes.keyboard.press("ArrowUp")
    lanes.keyboard.press("Escape")
    expect(said).to_have_text("Cancelled: Clip gradients at 1 is back where it was.")
    expect(chip(lanes, "B", "clip")).to_be_focused()
    lanes.keyboard.press("a")
    python_sees(lanes, ["clip"], ["plain", "clip"])
    lanes.keyboard.press("Delete")
    python_sees(lanes, ["clip"], ["plain"])
    expect(tweak(lanes, "clip")).to_be_focused()


@pytest.mark.browser
def test_click_opens_a_menu_that_does_the_same(lanes: Page):
    tweak(lanes, "no-norm").click()
    lanes.get_by_role("menuitem", name="Put on B", exact=True).click()
    python_sees(lanes, [], ["plain", "no-norm"])
    chip(lanes, "B", "no-norm").click()
    lanes.get_by_role("menuitem", name="Apply earlier").click()
    python_sees(lanes, [], ["no-norm", "plain"])
    chip(lanes, "B", "plain").click()
    expect(lanes.get_by_role("menuitem")).to_have_text(["Put on A too", "Apply earlier", "Take off B"])
    lanes.keyboard.press("Escape")
    expect(lanes.get_by_test_id("chip-menu")).to_have_count(0)
    lanes.get_by_role("button", name="Take No identity path off lane B").click()
    python_sees(lanes, [], ["no-norm"])


@pytest.mark.browser
def test_a_tweak_that_cannot_apply_stays_and_says_why(lanes: Page):
    post_ln = tweak(lanes, "post-ln")
    expect(post_ln).to_have_attribute("aria-disabled", "true")
    reason = "it needs layer norm in a residual block, and this network has none."
    expect(post_ln).to_have_accessible_description(f"Cannot be used here: {reason}")
    post_ln.hover()
    expect(lanes.get_by_test_id("hint")).to_contain_text("cannot be used here: it needs layer norm")
    drag(lanes, post_ln, lane(lanes, "B"))
    post_ln.focus()
    lanes.keyboard.press("b")
    lanes.keyboard.press("Space")
    lanes.keyboard.press("ArrowDown")
    lanes.keyboard.press("Space")
    post_ln.click(force=True)
    expect(lanes.get_by_test_id("chip-menu")).to_have_count(0)
    tweak(lanes, "clip").focus()
    lanes.keyboard.press("b")
    python_sees(lanes, [], ["plain", "clip"])


@pytest.mark.browser
def test_lanes_stay_across_reruns_and_follow_a_new_revision(lanes: Page):
    tweak(lanes, "clip").focus()
    lanes.keyboard.press("a")
    python_sees(lanes, ["clip"], ["plain"])
    lanes.get_by_role("button", name="Again").click()
    expect(lanes.get_by_text("run again")).to_be_visible()
    python_sees(lanes, ["clip"], ["plain"])
    expect(chip(lanes, "A", "clip")).to_be_visible()
    lanes.get_by_role("button", name="Preset").click()
    python_sees(lanes, [], ["no-norm", "clip"])
    expect(chip(lanes, "B", "no-norm")).to_be_visible()
    expect(chip(lanes, "A", "clip")).to_have_count(0)
    chip(lanes, "B", "clip").focus()
    lanes.keyboard.press("Delete")
    python_sees(lanes, [], ["no-norm"])


@pytest.mark.browser
def test_nothing_moves_while_a_run_is_on_its_way(lanes: Page):
    lanes.get_by_text("Running").click()
    expect(lanes.get_by_test_id("hint")).to_have_text("A run is on its way; stop it to change the lanes.")
    drag(lanes, tweak(lanes, "clip"), lane(lanes, "A"))
    chip(lanes, "B", "plain").focus()
    lanes.keyboard.press("Delete")
    lanes.get_by_text("Running").click()
    expect(lanes.get_by_test_id("hint")).to_contain_text("Drag a tweak")
    python_sees(lanes, [], ["plain"])


@pytest.mark.browser
def test_what_is_wrong_with_a_lane_is_said_at_once(lanes: Page):
    for slug in ("no-norm", "bottleneck"):
        tweak(lanes, slug).focus()
        lanes.keyboard.press("b")
    expect(lane(lanes, "B").get_by_role("alert")).to_have_text("Without batch norm this diverges.")
    chip(lanes, "B", "no-norm").focus()
    lanes.keyboard.press("Delete")
    expect(lane(lanes, "B").get_by_role("alert")).to_have_count(0)
