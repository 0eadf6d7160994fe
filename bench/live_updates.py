"""How alive a run is in the browser on a warm engine: first curve after Train, updates a second, time to stop.

    python -m bench.live_updates

Starts the app, opens an experiment of chapter 2 in Chromium, presses Train and counts how often the learning curves are
drawn anew; then presses Stop and asks the history when the last training step was done. Promised: first update within
1 s, at least 4 updates a second, no step later than 0.1 s after Stop reached the engine.
"""

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.first_paint import QUIET, ROOT, server, wait_for_engine
from tests.install_browser import system_browser

ROUNDS, WATCHED = 5, 8.0
COUNT = """
() => {
  window.drawn = [];
  const seen = (lines) => lines.map((line) => line.getAttribute("d")).join();
  const curves = "[class*='st-key-losses-'] svg .mark-line path";
  let last = null;
  const look = () => {
    const now = seen([...document.querySelectorAll(curves)].filter((line) => line.getAttribute("d")?.includes("L")));
    if (now && now !== last) { last = now; window.drawn.push(performance.now()); }
    requestAnimationFrame(look);
  };
  look();
}
"""


def main() -> None:
    """Measure and print."""
    first: list[float] = []
    rates: list[float] = []
    stops: list[float] = []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_browser(), args=list(QUIET))
        with server(ROOT / "app" / "main.py", home) as address:
            wait_for_engine(browser, address)
            for _ in range(ROUNDS):
                page = browser.new_page()
                page.goto(f"{address}/residual?experiment=identity&values=20,56")
                one(page, first, rates, stops)
                page.close()
        browser.close()
    print(f"{ROUNDS} runs of residual/identity, 2 workers; median, worst")
    print(f"first curve after Train   {statistics.median(first):6.2f} s   {max(first):6.2f} s   (at most 1)")
    print(f"updates a second          {statistics.median(rates):6.1f}     {min(rates):6.1f}     (at least 4)")
    print(f"Stop to 'stopped' on page {statistics.median(stops):6.2f} s   {max(stops):6.2f} s")


def one(page: Page, first: list[float], rates: list[float], stops: list[float]) -> None:
    """One run: press Train, watch, stop."""
    train = page.locator(".st-key-train-button button:enabled").first
    train.wait_for(timeout=60_000)
    page.wait_for_timeout(3_000)  # until the page has come to rest
    page.evaluate(COUNT)
    pressed = page.evaluate("() => performance.now()")
    train.click()
    page.wait_for_function("() => window.drawn.length > 0", timeout=60_000)
    page.wait_for_timeout(1_000 * WATCHED)
    drawn = page.evaluate("() => window.drawn")
    first.append((drawn[0] - pressed) / 1000)
    rates.append((len(drawn) - 1) / ((drawn[-1] - drawn[0]) / 1000))
    started = time.perf_counter()
    page.locator(".st-key-stop button").first.click()
    page.get_by_text("trials, stopped").first.wait_for(timeout=30_000)
    stops.append(time.perf_counter() - started)


if __name__ == "__main__":
    assert Path(ROOT, "app").is_dir()
    main()
