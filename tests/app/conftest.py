"""A browser, and Streamlit servers for it to look at."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.install_browser import system_browser

QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = system_browser()
    found = {"executable_path": path} if path else {}
    return {**browser_type_launch_args, **found, "args": ["--no-sandbox", "--disable-gpu", "--disable-quic", *QUIET]}


@pytest.fixture(scope="module")
def warm(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that keeps Streamlit's own files from page to page: a page opens in a third of the time."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def tab(warm: BrowserContext) -> Iterator[Page]:
    """A fresh page, and with it a fresh session of the app. An uncaught error in its scripts fails the test."""
    errors: list[str] = []
    page = warm.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert not errors


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Start a Streamlit server for a script; gives its address. All servers end with the session."""
    servers: list[subprocess.Popen[bytes]] = []

    def start(script: Path) -> str:
        port = free_port()
        options = ["--server.port", str(port), "--server.headless", "true", "--server.fileWatcherType", "none"]
        what = (
            ["app"] if script.parent.name == "app" and script.name == "main.py" else ["streamlit", "run", str(script)]
        )
        command = [sys.executable, "-m", *what, *options]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        servers.append(server)
        address = f"http://localhost:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                    return address
            except OSError:
                if server.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(f"the server of {script.name} did not start; run: {' '.join(command)}")

    yield start
    for server in servers:
        server.terminate()
    for server in servers:
        server.wait(10)
