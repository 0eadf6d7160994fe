"""What the commands share: how they print, and how they end with a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

USAGE = 2
"""The exit code of a command that was not understood or could not run."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@contextmanager
def sentences() -> Iterator[None]:
    """Our own exceptions carry a sentence for the reader: print it instead of a traceback."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith("archviz."):
            raise
        fail(str(error))


def fail(sentence: str) -> NoReturn:
    """End the command with a sentence that says what to do."""
    typer.echo(sentence, err=True)
    raise typer.Exit(USAGE)


def reason(error: OSError) -> str:
    """Why a file could not be read or written, as it stands in a sentence."""
    return (error.strerror or str(error)).lower()


def print_json(value: Any) -> None:
    """A value for scripts, on stdout."""
    print(json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False))


def terminal(stderr: bool = False) -> Console:
    """Rich output; where nobody looks at it live, lines are as long as they need to be."""
    from rich.console import Console

    console = Console(stderr=stderr)
    if not console.is_terminal:
        console.width = 200
    return console


def table_of(*columns: str, right: int = 0) -> Table:
    """A table whose last `right` columns hold numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for index, column in enumerate(columns):
        number = index >= len(columns) - right
        table.add_column(column, justify="right" if number else "left", no_wrap=number)
    return table


def shaped(shape: Sequence[int]) -> str:
    """A shape as tables show it: 3×32×32."""
    return "×".join(map(str, shape))


def counted(number: int) -> str:
    """A number of parameters or MACs as tables show it; nothing where there are none."""
    return f"{number:,}" if number else ""


def from_here(path: Path) -> str:
    """A path as short as the folder one is in allows."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
