"""How long until a page shows something worth reading, against an empty Streamlit page on the same machine.

`python bench/first_paint.py` starts both servers, opens their pages in turn in Chromium and prints medians and ratios:

- fresh: the server has just started, the browser's cache is empty (the library is being loaded in the background)
- cold: the server has been used before, the browser's cache is empty
- warm: the same, and the browser has been there before

The promise is a ratio of at most 1.5 in every state. Meaningful is, on the home page, the grid of the book; on a
chapter, its text and the chart of the reference result.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
EMPTY = 'import streamlit as st\n\nst.markdown("hello")\n'
LIMIT = 1.5
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A page and what must be visible on it."""

    name: str
    path: str
    visible: tuple[str, ...]


BASELINE = Target("empty page", "/", ("text=hello",))
PAGES = (
    Target("home", "/", (".st-key-book .st-key-card-optimizer",)),
    Target("chapter", "/residual", (".az-lead", "[data-testid=stVegaLiteChart] svg")),
)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY)
        path = os.environ.get("ARCHVIZ_CHROMIUM") or (
            "/usr/bin/chromium" if Path("/usr/bin/chromium").exists() else None
        )
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        times: dict[tuple[str, str], list[float]] = {}
        for _ in range(rounds):
            for target in (BASELINE, *PAGES):
                with server(empty if target is BASELINE else ROOT / "app" / "main.py", folder) as address:
                    times.setdefault(("fresh", target.name), []).append(first(browser, address, target))
        with server(empty, folder) as bare, server(ROOT / "app" / "main.py", folder) as app:
            for target in (BASELINE, *PAGES):
                first(browser, bare if target is BASELINE else app, target)
            wait_for_engine(browser, app)
            for _ in range(rounds):
                for target in (BASELINE, *PAGES):
                    context = browser.new_context()
                    address = bare if target is BASELINE else app
                    for state in ("cold", "warm"):
                        times.setdefault((state, target.name), []).append(load(context, address, target))
                    context.close()
        report(times, rounds)


def first(browser: Browser, address: str, target: Target) -> float:
    """Seconds to the picture in a browser that knows nothing."""
    context = browser.new_context()
    try:
        return load(context, address, target)
    finally:
        context.close()


def load(context: BrowserContext, address: str, target: Target) -> float:
    """Seconds from asking for the page until all that must be visible is."""
    page = context.new_page()
    started = time.perf_counter()
    page.goto(address + target.path, wait_until="commit")
    for selector in target.visible:
        page.locator(selector).first.wait_for(timeout=60_000)
    seconds = time.perf_counter() - started
    page.close()
    return seconds


def wait_for_engine(browser: Browser, address: str) -> None:
    """Until library and engine are loaded, which would compete with what is measured."""
    page = browser.new_page()
    page.goto(address + PAGES[1].path)
    page.locator(".st-key-train-button button:enabled").first.wait_for(timeout=180_000)
    page.close()


@contextmanager
def server(script: Path, home: str) -> Iterator[str]:
    """A Streamlit server of this script; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "ARCHVIZ_HOME": home, "PYTHONPATH": str(ROOT)}
    what = ["app"] if script == ROOT / "app" / "main.py" else ["streamlit", "run", str(script)]
    command = [sys.executable, "-m", *what, "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://localhost:{port}"
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError(f"the server of {script.name} did not start") from None
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def report(times: dict[tuple[str, str], list[float]], rounds: int) -> None:
    """Medians in seconds, and ratios to the empty page in the same state."""
    print(f"median of {rounds} loads, in seconds; ratio to the empty page (at most {LIMIT})")
    print(f"{'state':8}{BASELINE.name:>12}" + "".join(f"{page.name:>12}{'ratio':>8}" for page in PAGES))
    for state in ("fresh", "cold", "warm"):
        base = statistics.median(times[state, BASELINE.name])
        line = f"{state:8}{base:12.2f}"
        for page in PAGES:
            seconds = statistics.median(times[state, page.name])
            line += f"{seconds:12.2f}{seconds / base:8.2f}"
        print(line)


if __name__ == "__main__":
    main()
