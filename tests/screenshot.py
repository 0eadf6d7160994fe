"""Take the picture in README.md: a chapter with its graph, its exact demonstration and its reference result.

make screenshot
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.app.conftest import QUIET, free_port
from tests.install_browser import system_browser

PICTURE = Path(__file__).parents[1] / "assets" / "screenshot.png"
PAGE = "residual"
SECONDS = 120
"""How long the page may take until everything is drawn."""


def main() -> None:
    """Start the app with an empty history, wait until the page is complete, and take its picture."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "archviz.cli", "serve", "--port", str(port)]
        server = subprocess.Popen(command, env={**os.environ, "ARCHVIZ_HOME": home})
        try:
            _await(f"http://localhost:{port}/_stcore/health")
            _take(f"http://localhost:{port}/{PAGE}")
        finally:
            server.terminate()
            server.wait(30)
    sys.stdout.write(f"{PICTURE.relative_to(Path.cwd())} written\n")


def _await(address: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"nothing answers at {address}")


def _take(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=system_browser(), args=["--no-sandbox", "--disable-gpu", *QUIET]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 1250}, device_scale_factor=1)
        page.goto(address)
        page.locator(".st-key-train-button button:enabled").first.wait_for(timeout=1000 * SECONDS)
        page.wait_for_timeout(3000)  # charts and graph are drawn
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
