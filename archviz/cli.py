"""The command line: list, look at, run and reproduce everything without a browser. Imports torch only when needed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from archviz import cli_build, cli_inspect, cli_look, cli_run, cli_serve

app = typer.Typer(
    name="archviz",
    help="See why neural architectures are built the way they are.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        try:
            print(f"archviz {version('archviz')}")
        except PackageNotFoundError:
            print("archviz (from a checkout that is not installed)")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """See why neural architectures are built the way they are."""


app.command("list")(cli_look.list_everything)
for command in (
    cli_look.summary,
    cli_look.graph,
    cli_inspect.inspect,
    cli_run.run,
    cli_run.reproduce,
    cli_serve.serve,
    cli_build.build,
    cli_build.spec,
):
    app.command()(command)


if __name__ == "__main__":
    app()
