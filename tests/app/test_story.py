"""What a new user does, in a real browser: from the book to a verdict, and what may go wrong on the way."""

import csv
import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app import jobs
from archviz.core import book

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

MAIN = Path(__file__).parents[2] / "app" / "main.py"
LOADED = 300_000
"""Milliseconds that PyTorch and the engine may take to load on a machine that is busy with other tests."""
SOON = 60_000
SHORT = "values=8"
"""Of chapter 2's first experiment, only the shallow stacks: 6 trials of a few seconds."""
SHORTEST = {
    "introduction": "experiment=sample-efficiency&values=100",
    "convolution": "experiment=relu&values=4",
    "multiscale": "experiment=cardinality",
    "efficient": "experiment=linear-bottleneck",
    "vision-transformer": "experiment=shifted-windows",
    "transformer": "experiment=scaling",
}
"""The experiment of each chapter that is soonest through; that of chapter 2 has a story of its own."""
WITH_ATTENTION = ("vision-transformer", "transformer")
OUTCOME = re.compile("supported|contradicted|inconclusive")


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str]) -> Iterator[str]:
    """The app, with a history of its own and a limit that a test can reach."""
    os.environ["ARCHVIZ_MAX_TRIALS_PER_SESSION"] = "60"
    try:
        yield serve(MAIN)
    finally:
        del os.environ["ARCHVIZ_MAX_TRIALS_PER_SESSION"]


@pytest.fixture
def visit(page: Page, address: str) -> Iterator[Callable[[str], Page]]:
    """Open a path of the app; no script of the page may fail meanwhile."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": 1440, "height": 1000})

    def go(path: str) -> Page:
        page.goto(f"{address}/{path}")
        return page

    yield go
    assert not errors
    expect(page.get_by_test_id("stException")).to_have_count(0)


def train_button(page: Page) -> Locator:
    return page.locator(".st-key-train-button button").first


def settle(page: Page) -> None:
    """Wait until the library and the engine are there and the page has come to rest."""
    expect(train_button(page)).to_be_enabled(timeout=LOADED)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=LOADED)
    expect(page.get_by_test_id("pane-A")).to_be_visible(timeout=SOON)
    page.wait_for_timeout(500)


def train(page: Page) -> str:
    """Press Train; gives the id of the run."""
    settle(page)
    train_button(page).click()
    expect(page).to_have_url(re.compile("run=[0-9a-f]+"), timeout=SOON)
    return page.url.partition("run=")[2].partition("&")[0]


def progress(page: Page) -> Locator:
    return page.get_by_test_id("stProgress")


def lines(page: Page) -> Locator:
    """The lines of the learning curves."""
    return page.locator("[class*='st-key-losses-'] svg .mark-line path[d*='L']")


def drawn(page: Page) -> str:
    """What the learning curves look like now."""
    return "|".join(path.get_attribute("d") or "" for path in lines(page).all())


def test_home_shows_the_book_and_opens_a_chapter(visit: Callable[[str], Page]):
    page = visit("")
    expect(page.locator("[class*='st-key-card-']")).to_have_count(len(book.pages()), timeout=SOON)
    page.locator(".st-key-card-residual").get_by_role("link").click()
    expect(page.get_by_role("heading", name=book.page("residual").title)).to_be_visible(timeout=SOON)
    assert page.url.endswith("/residual")


def test_a_chapter_shows_text_reference_graph_and_demonstration(visit: Callable[[str], Page]):
    page = visit("residual")
    expect(page.locator(".az-question")).to_contain_text("56-layer", timeout=SOON)
    reference = page.locator(".st-key-reference-residual-identity-measured").get_by_role("img")
    expect(reference.first).to_be_visible(timeout=SOON)
    expect(page.locator(".st-key-verdicts-identity-0")).to_contain_text(OUTCOME)
    expect(page.get_by_text("archviz reproduce residual/identity")).to_be_visible()
    settle(page)
    expect(page.get_by_test_id("pane-B")).to_be_visible()
    expect(page.locator("[class*='st-key-demonstration-identity-0']").first).to_be_visible()


def test_the_whole_story(visit: Callable[[str], Page], browser: Browser, address: str):
    page = visit(f"residual?{SHORT}&seeds=4")
    settle(page)

    # The lanes: without the tweak there is nothing to compare; dragged onto B there is.
    page.get_by_role("button", name="Take No identity path off lane B").click()
    expect(page.locator(".st-key-train")).to_contain_text("A and B are the same", timeout=SOON)
    expect(train_button(page)).to_be_disabled()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SOON)
    page.wait_for_timeout(500)  # the page has come to rest: nothing moves under the mouse
    drag(page, page.get_by_test_id("tweak-no-identity-path"), page.get_by_test_id("lane-B"))
    settle(page)

    # Prediction, Train, and curves that move.
    page.get_by_text("no difference", exact=True).click()
    page.wait_for_timeout(500)
    run = train(page)
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=SOON)
    expect(lines(page).first).to_be_attached(timeout=SOON)
    first = drawn(page)
    deadline = time.monotonic() + 20
    while drawn(page) == first and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert drawn(page) != first

    # A reload loses nothing.
    page.reload()
    expect(progress(page)).to_be_visible(timeout=LOADED)
    assert f"run={run}" in page.url
    expect(lines(page).first).to_be_attached(timeout=SOON)

    # To the end: a verdict in one sentence, with interval and n, that answers the prediction.
    expect(progress(page)).to_contain_text("8 of 8 trials, done", timeout=LOADED)
    verdict = page.locator(".st-key-verdict")
    expect(verdict).to_contain_text("95 % interval")
    expect(verdict).to_contain_text("n = 4 paired seeds")
    expect(page.get_by_test_id("answer")).to_contain_text("You predicted: no difference.")
    expect(train_button(page)).to_be_enabled(timeout=SOON)

    # The address shows the same to somebody else.
    context = browser.new_context()
    colleague = context.new_page()
    colleague.goto(page.url)
    expect(colleague.locator(".az-question")).to_contain_text("56-layer", timeout=SOON)
    expect(colleague.locator(".st-key-verdict")).to_have_text(verdict.inner_text(), timeout=LOADED, use_inner_text=True)
    context.close()


def drag(page: Page, chip: Locator, target: Locator) -> None:
    chip.scroll_into_view_if_needed()
    chip.hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.7, steps=8)
    page.mouse.up()


@pytest.mark.parametrize("slug", sorted(jobs.built() - {"residual"}))
def test_every_chapter_runs_an_experiment_to_its_verdict(visit: Callable[[str], Page], slug: str):
    page = visit(f"{slug}?{SHORTEST[slug]}&seeds=3")
    expect(page.get_by_role("heading", name=book.page(slug).title)).to_be_visible(timeout=SOON)
    train(page)
    expect(progress(page)).to_contain_text(re.compile(r"(\d+) of \1 trials, done"), timeout=LOADED)
    verdict = page.locator(".st-key-verdict")
    expect(verdict).to_contain_text(OUTCOME)
    expect(verdict).to_contain_text(re.compile("n = 3 paired seeds|this run leaves out"))
    if slug in WITH_ATTENTION:
        page.get_by_text("What else was seen while they trained").click()
        page.locator("[class*='st-key-probe-']").get_by_text("Attention", exact=True).click()
        maps = page.locator("[class*='-attention-A-picture'] svg .mark-rect path")
        expect(maps.first).to_be_visible(timeout=SOON)


@pytest.mark.parametrize(("slug", "model"), [("residual", "resnet50"), ("vision-transformer", "swin_t")])
def test_a_published_network_is_looked_around_in_and_opened_as_blocks(
    visit: Callable[[str], Page], slug: str, model: str
):
    page = visit(f"{slug}?graph={model}")
    pane = page.get_by_test_id(f"pane-{model}")
    expect(pane).to_be_visible(timeout=LOADED)
    nodes = pane.locator("[data-testid^='node-']")
    expect(nodes.nth(3)).to_be_visible(timeout=SOON)
    assert nodes.count() <= 30
    page.get_by_text("All", exact=True).first.click()  # only nodes on the screen are drawn
    closed = pane.locator("[data-testid^='toggle-'][aria-expanded='false']").first
    module = closed.get_attribute("data-testid")
    closed.click()
    expect(pane.get_by_test_id(str(module))).to_have_attribute("aria-expanded", "true", timeout=SOON)
    page.get_by_role("link", name=f"Open {model} in the builder").click()
    expect(page.get_by_test_id("whole")).to_contain_text("gives 1000", timeout=LOADED)
    expect(page.get_by_test_id("source")).to_contain_text("class Model(nn.Module)", timeout=SOON)


@pytest.mark.parametrize("path", ["catalog", "residual"])
def test_the_first_visit_may_go_to_any_page(serve: Callable[[Path], str], page: Page, path: str):
    page.goto(f"{serve(MAIN)}/{path}")
    title = "Catalog" if path == "catalog" else book.page(path).title
    expect(page.get_by_role("heading", name=title)).to_be_visible(timeout=SOON)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_stop_ends_a_run_and_keeps_what_was_measured(visit: Callable[[str], Page]):
    page = visit("residual?seeds=5")
    run = train(page)
    expect(lines(page).first).to_be_attached(timeout=SOON)
    page.get_by_role("button", name="Stop").click()
    expect(progress(page)).to_contain_text("stopped", timeout=SOON)
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(lines(page).first).to_be_attached()
    assert f"run={run}" in page.url


def test_a_killed_worker_is_said_and_its_trial_goes_on(visit: Callable[[str], Page]):
    from archviz.runs.cluster import Engine

    page = visit("residual?values=56&seeds=1")
    train(page)
    expect(lines(page).first).to_be_attached(timeout=SOON)
    engine = Engine().connect()
    try:
        for worker in engine.workers():
            os.kill(worker, signal.SIGKILL)
        expect(page.locator(".st-key-run-status")).to_contain_text("its worker was lost", timeout=LOADED)
        expect(progress(page)).to_contain_text("2 of 2 trials, done", timeout=LOADED)
        expect(page.locator(".st-key-verdict")).to_contain_text(OUTCOME)
    finally:
        engine.close()


def test_a_request_over_the_limit_is_refused_in_a_sentence(visit: Callable[[str], Page]):
    page = visit("residual?seeds=20")
    settle(page)
    train_button(page).click()
    refusal = page.get_by_test_id("stAlert")
    expect(refusal).to_contain_text("120 trials", timeout=SOON)
    expect(refusal).to_contain_text("limit of 60")
    assert "run=" not in page.url
    expect(page.get_by_role("spinbutton", name="Seeds")).to_have_value("20")


def test_an_address_that_asks_for_nothing_known_says_so(visit: Callable[[str], Page]):
    page = visit("residual?experiment=identitty&run=0000")
    settle(page)
    alerts = page.get_by_test_id("stAlert")
    expect(alerts.filter(has_text='run "0000" is not in the history')).to_be_visible()
    expect(alerts.filter(has_text='Did you mean "identity"?')).to_be_visible()
    expect(page.locator(".az-question")).to_contain_text("56-layer")


def test_runs_are_listed_filtered_compared_exported_and_deleted(visit: Callable[[str], Page], tmp_path: Path):
    page = visit(f"residual?{SHORT}&seeds=1&experiment=identity")
    run = train(page)
    expect(progress(page)).to_contain_text("2 of 2 trials, done", timeout=LOADED)

    page = visit(f"runs?open={run}")
    expect(page.get_by_text("1 run", exact=True)).to_be_visible(timeout=LOADED)
    expect(page.get_by_role("link", name="Open in its chapter")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV", exact=True).click()
    saved.value.save_as(tmp_path / "run.csv")
    rows = list(csv.DictReader((tmp_path / "run.csv").read_text().splitlines()))
    assert {row["arm"] for row in rows} == {"A", "B"}
    assert {row["run"] for row in rows} == {run}
    with page.expect_download() as saved:
        page.get_by_role("button", name="JSON", exact=True).click()
    saved.value.save_as(tmp_path / "run.json")
    assert json.loads((tmp_path / "run.json").read_text())[0]["experiment"] == "residual/identity"

    page = visit("runs?q=no-such-words")
    expect(page.get_by_text("No run matches these filters.")).to_be_visible(timeout=SOON)

    page = visit(f"runs?q={run}&open={run}")
    expect(page.get_by_text("1 run", exact=True)).to_be_visible(timeout=SOON)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(
        page.get_by_text("No run matches these filters.").or_(page.get_by_text("Nothing has been run yet"))
    ).to_be_visible(timeout=SOON)


def test_the_catalog_is_searched(visit: Callable[[str], Page]):
    page = visit("catalog?q=identity&section=Tweaks")
    entry = page.locator(".st-key-entry-Tweaks-no-identity-path")
    expect(entry).to_contain_text("used in residual/identity", timeout=LOADED)
    expect(page.locator(".st-key-entry-Tweaks-no-batch-norm")).to_have_count(0)
    page.get_by_role("textbox", name="Search").fill("no such thing at all")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing in the catalog has the words")).to_be_visible(timeout=SOON)


@pytest.mark.parametrize("path", ["", "residual", "transformer?experiment=pre-ln", "runs", "catalog", "optimizer"])
def test_no_page_is_wider_than_a_telephone(visit: Callable[[str], Page], path: str):
    page = visit(path)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("heading").first).to_be_visible(timeout=SOON)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=LOADED)
    page.wait_for_timeout(500)
    wide = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth")
    assert wide <= 0
