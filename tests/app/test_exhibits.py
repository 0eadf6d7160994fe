"""Exhibits in a browser: the window follows the pointer, a bad file is refused in a sentence."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

WAIT = 60_000


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str]) -> str:
    return serve(Path(__file__).with_name("exhibits_app.py"))


def total(tab: Page) -> str:
    return tab.get_by_text(re.compile(r"^sum = ")).first.text_content() or ""


def choose(tab: Page, label: str, option: str) -> None:
    tab.get_by_test_id("stSelectbox").filter(has_text=label).get_by_role("combobox").click()
    tab.get_by_role("option", name=option).click()


def test_the_window_follows_the_pointer_without_the_server(tab: Page, address: str) -> None:
    tab.goto(address)
    expect(tab.get_by_text(re.compile(r"^sum = ")).first).to_be_visible(timeout=WAIT)
    expect(tab.get_by_text("Output 26 × 26")).to_be_visible()
    chart = tab.locator("svg.marks").first
    box = chart.bounding_box()
    assert box is not None
    seen = set()
    for down in range(60, 220, 12):
        tab.mouse.move(box["x"] + box["width"] - 110, box["y"] + down)
        tab.mouse.move(box["x"] + box["width"] - 108, box["y"] + down + 1)
        seen.add(total(tab))
    assert len(seen) > 4
    assert not tab.locator("[data-testid=stStatusWidget]").is_visible(), "no round trip to the server"
    by_pointer = total(tab)
    row = tab.locator(".vega-bind", has_text="row of the output").locator("input")
    for _ in range(8):
        row.press("ArrowUp")
        row.press("ArrowUp")
        if total(tab) != by_pointer:
            break
    assert total(tab) != by_pointer, "the keys move it as well"


def test_another_picture_and_an_own_kernel(tab: Page, address: str) -> None:
    tab.goto(address)
    expect(tab.get_by_text("Output 26 × 26")).to_be_visible(timeout=WAIT)
    choose(tab, "Kernel", "own 5 x 5")
    expect(tab.get_by_text("Output 24 × 24")).to_be_visible(timeout=WAIT)
    expect(tab.get_by_text("Your kernel")).to_be_visible()


def test_a_file_that_is_no_picture_is_refused_and_a_picture_is_shown(tab: Page, address: str, tmp_path: Path) -> None:
    tab.goto(address)
    expect(tab.get_by_text("Output 26 × 26")).to_be_visible(timeout=WAIT)
    choose(tab, "Picture", "your own picture")
    expect(tab.get_by_text("Choose a picture file, or one of the pictures in the list.")).to_be_visible(timeout=WAIT)
    wrong = tmp_path / "wrong.png"
    wrong.write_bytes(b"no picture")
    tab.locator("input[type=file]").set_input_files(wrong)
    expect(tab.get_by_text("This file cannot be read as a picture")).to_be_visible(timeout=WAIT)
    from PIL import Image

    right = tmp_path / "right.png"
    Image.linear_gradient("L").save(right)
    tab.locator("input[type=file]").set_input_files(right)
    expect(tab.get_by_text("Output 26 × 26")).to_be_visible(timeout=WAIT)


@pytest.mark.parametrize("chapter", ["introduction", "convolution"])
def test_every_exhibit_of_a_chapter_opens(tab: Page, address: str, chapter: str) -> None:
    tab.goto(f"{address}/?chapter={chapter}")
    buttons = tab.get_by_role("radiogroup", name="Part").get_by_role("radio")
    expect(buttons.first).to_be_visible(timeout=WAIT)
    for index in range(buttons.count()):
        buttons.nth(index).click()
        expect(tab.locator("svg.marks, canvas, table").first).to_be_visible(timeout=WAIT)
        expect(tab.locator("[data-testid=stException], [data-testid=stAlertContentError]")).to_have_count(0)
