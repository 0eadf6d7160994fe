"""How fast the graph viewer is in Chromium: 95th percentile over 50 repeats, from the act to the second frame after it.

    python -m bench.graph_viewer

A graph of 552 nodes in 50 modules, none alike, so that nothing is folded or arranged only once: all modules opened
together (target 2 s), one module opened or closed among 50 open ones (target 300 ms), and the frame rate while panning
over the whole graph (target 30 a second). The Streamlit server runs beside it and is idle meanwhile.
"""

import os
import statistics
import tempfile

from playwright.sync_api import Page, sync_playwright

from bench.first_paint import ROOT, server
from tests.install_browser import system_browser

PAGE = ROOT / "tests" / "app" / "viewer_app.py"
REPEATS = 50

FIND = """
() => {
  const shadows = [...document.querySelectorAll("*")].map((element) => element.shadowRoot);
  const root = shadows.find((shadow) => shadow?.querySelector(".viewer"));
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const slider = root.querySelector("[data-testid=depth]");
  window.timed = async (act) => {
    const start = performance.now();
    act();
    await frame();
    await frame();
    return performance.now() - start;
  };
  window.depth = (value) => {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(slider, value);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
  };
  window.press = (id) => root.querySelector(`[data-testid="${id}"]`).click();
}
"""


def line(what: str, milliseconds: list[float]) -> str:
    """The 95th percentile and the median, for the terminal."""
    p95 = statistics.quantiles(milliseconds, n=20)[-1]
    return f"{what:<32} p95 {p95:5.0f} ms, median {statistics.median(milliseconds):5.0f} ms"


def frames_while_panning(page: Page) -> float:
    """Frames a second."""
    page.get_by_role("button", name="All", exact=True).click()
    page.wait_for_timeout(1000)
    box = page.get_by_test_id("pane-A").bounding_box()
    assert box is not None
    page.evaluate(
        "() => { window.frames_at = []; const note = (t) => { frames_at.push(t); requestAnimationFrame(note); };"
        " requestAnimationFrame(note); }"
    )
    page.mouse.move(box["x"] + 100, box["y"] + 300)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(box["x"] + 100 + 3 * step, box["y"] + 300 - step)
        page.wait_for_timeout(8)
    page.mouse.up()
    at: list[float] = page.evaluate("() => frames_at")
    return 1000 * (len(at) - 1) / (at[-1] - at[0])


def main() -> None:
    """Measure, and print the figures."""
    with tempfile.TemporaryDirectory() as home, server(PAGE, home) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_browser(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(f"{address}/?large=1")
        page.get_by_test_id("pane-A").wait_for(timeout=60_000)
        page.evaluate(FIND)
        opened, toggled = [], []
        for _ in range(REPEATS):
            page.evaluate("() => timed(() => depth(0))")
            opened.append(page.evaluate("() => timed(() => depth(1))"))
        for _ in range(REPEATS):
            toggled.append(page.evaluate("() => timed(() => press('toggle-blocks.0'))"))
        print(f"load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        print(line("open 50 modules, 552 nodes", opened))
        print(line("open or close one of them", toggled))
        print(f"panning over all of them         {frames_while_panning(page):.0f} frames a second")
        browser.close()


if __name__ == "__main__":
    main()
