"""From Train to a look inside, in a browser: the networks that a run has trained, arm beside arm."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

MAIN = Path(__file__).parents[2] / "app" / "main.py"
LOADED = 300_000
"""Milliseconds that PyTorch and the engine may take to load on a machine that is busy with other tests."""
SOON = 90_000

pytestmark = pytest.mark.browser


def test_train_then_look_inside(serve: Callable[[Path], str], tab: Page) -> None:
    address = serve(MAIN)
    tab.set_viewport_size({"width": 1280, "height": 1000})
    tab.goto(f"{address}/residual?values=8&seeds=1")
    button = tab.locator(".st-key-train-button button").first
    expect(button).to_be_enabled(timeout=LOADED)
    expect(tab.get_by_test_id("stSkeleton")).to_have_count(0, timeout=LOADED)
    tab.wait_for_timeout(500)
    button.click()
    expect(tab.get_by_test_id("stProgress")).to_contain_text("2 of 2 trials, done", timeout=LOADED)
    run = tab.url.partition("run=")[2].partition("&")[0]

    # From the live panel: both arms, their answers, and pictures of what these depend on.
    tab.get_by_role("link", name="Look inside").click()
    expect(tab).to_have_url(re.compile(rf"inspect\?.*run={run}"), timeout=SOON)
    for arm in "AB":
        answer = tab.locator(f".st-key-inspect-answer-{arm}")
        expect(answer.get_by_test_id("says")).to_contain_text("Says", timeout=LOADED)
        expect(answer.get_by_text(re.compile(r"^Integrated Gradients( \(\d images\))?$"))).to_be_visible(timeout=LOADED)
        assert answer.locator(".az-pictures img").count() == 4
        maps = tab.get_by_test_id(f"inspect-features-pictures-{arm}").locator("img")
        expect(maps.first).to_be_visible(timeout=SOON)
        assert maps.first.evaluate("image => image.naturalWidth") > 1
    expect(tab.get_by_test_id("stException")).to_have_count(0)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280

    # The address shows the same: one arm, another example.
    tab.goto(f"{address}/inspect?run={run}&arm=B&example=5")
    expect(tab.locator(".st-key-inspect-answer-B").get_by_test_id("says")).to_be_visible(timeout=LOADED)
    expect(tab.locator(".st-key-inspect-answer-A")).to_have_count(0)
    expect(tab.get_by_test_id("stNumberInputField")).to_have_value("5", timeout=SOON)
    assert "example=5" in tab.url

    # A run that is gone is said in a sentence.
    tab.goto(f"{address}/inspect?run=nowhere")
    expect(tab.get_by_text("There is no run 'nowhere' in the history; it may have been deleted.")).to_be_visible(
        timeout=LOADED
    )
