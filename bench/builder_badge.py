"""How soon a block that was put on the canvas of the Build page says what comes out of it: 95th percentile of 50.

    python -m bench.builder_badge

From the click on the shelf to the badge with its shape, in Chromium, with torch imported and the engine at
rest (target 150 ms). Each block is put behind the last one and taken away again.
"""

import os
import tempfile

from playwright.sync_api import sync_playwright

from bench.first_paint import ROOT, server
from bench.graph_viewer import REPEATS, line
from tests.install_browser import system_browser

PAGE = ROOT / "app" / "main.py"

ADD = """
(number) => new Promise((done, fail) => {
  const shadows = [...document.querySelectorAll("*")].map((element) => element.shadowRoot);
  const root = shadows.find((shadow) => shadow?.querySelector(".builder"));
  const start = performance.now();
  const look = () => {
    const badge = root.querySelector('[data-testid="badge-relu1"]');
    if (badge && badge.textContent.includes("16×8×8")) done(performance.now() - start);
    else if (performance.now() - start > 20000) fail(new Error("no badge"));
    else requestAnimationFrame(look);
  };
  const shelf = root.querySelector('[data-testid="shelf-relu"]');
  shelf.click();
  look();
})
"""


def main() -> None:
    """Measure, and print the figures."""
    with tempfile.TemporaryDirectory() as home, server(PAGE, home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_browser(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(f"{address}/build")
        page.get_by_test_id("drawing").wait_for(timeout=180_000)
        page.locator(".st-key-train-button button:enabled").first.wait_for(timeout=180_000)
        for kind in ("image", "conv"):
            page.get_by_test_id(f"shelf-{kind}").press("Enter")
        page.get_by_test_id("badge-conv1").get_by_text("16×8×8").wait_for()
        took: list[float] = []
        for number in range(REPEATS):
            page.wait_for_timeout(250)
            took.append(page.evaluate(ADD, number))
            page.get_by_test_id("undo").click()
            page.get_by_test_id("badge-relu1").wait_for(state="detached")
        print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        print(line("block added -> its shape", took))
        browser.close()


if __name__ == "__main__":
    main()
