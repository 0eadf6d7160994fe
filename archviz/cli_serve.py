"""The command `serve`: the app on this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from archviz.cli_print import fail

PORT = 8501


def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Without it 8501, or the next free one.")] = None,
) -> None:
    """Start the app on this machine and print its address."""
    page = Path(__file__).resolve().parents[1] / "app" / "main.py"
    if not page.exists():
        fail(f"The app is not beside the library ({page} is missing); install archviz from its repository.")
    if port is not None and not _free(port):
        fail(f"Port {port} is taken; choose another one with --port, or leave it out.")
    if port is None:
        port = next((number for number in range(PORT, PORT + 100) if _free(number)), None)
        if port is None:
            fail(f"No port from {PORT} to {PORT + 99} is free; choose one with --port.")
    print(f"archviz is at http://localhost:{port} (Ctrl-C ends it)", flush=True)
    options = ["--server.port", str(port), "--logger.hideWelcomeMessage", "true"]
    command = [sys.executable, "-m", "app", *options]
    os.chdir(page.parents[1])  # where .streamlit/config.toml lies
    if os.name == "posix":
        os.execv(sys.executable, command)  # so that signals reach the server itself
    raise typer.Exit(subprocess.call(command))


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError:
            return False
    return True
