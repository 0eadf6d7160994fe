"""The commands `build` and `spec`: models that are put together from blocks, without a browser."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from archviz.blocks.assembly.sheet import Sheet
    from archviz.engine.evaluate_graph import GraphReport
    from archviz.models.assembled import Assembled

USAGE = 2


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(build)
    app.command()(spec)


def build(
    file: Annotated[
        str, typer.Argument(metavar="SPEC", help="A JSON file of blocks and lines; - reads it from stdin.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
    source: Annotated[Path | None, typer.Option(help="Write the model as a Python file that needs only torch.")] = None,
    onnx: Annotated[Path | None, typer.Option(help="Write the model as ONNX, checked by onnxruntime.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Write fresh weights as safetensors.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Write the graph as SVG.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which weights are drawn for --onnx and --weights.")] = 0,
) -> None:
    """Check a model that is put together from blocks: each block's shape, parameters and MACs, or what is wrong.

    Exit code 0: it is a model, 2: it is none (what can be said of each block is printed all the same).
    """
    text = _read(file)
    from archviz.export.spec_file import BrokenSpec, from_spec

    try:
        sheet, init = from_spec(text)
    except BrokenSpec as error:
        _fail(str(error))
    from archviz.engine.evaluate_graph import evaluate_graph

    report = evaluate_graph(sheet)
    if as_json:
        print(json.dumps(_told(sheet, report), indent=1, ensure_ascii=False))
    else:
        _print(sheet, report)
    if report.sentence is not None:
        typer.echo(report.sentence, err=True)
        raise typer.Exit(USAGE)
    from archviz.models.assembled import of

    _write(of(sheet, init), Path(file).stem, source=source, onnx=onnx, weights=weights, svg=svg, seed=seed)


def spec(name: Annotated[str, typer.Argument(help="Name of a model: resnet20, vgg16, swin_t, ...")]) -> None:
    """Print a model of the book as a spec of editable blocks: `archviz spec resnet20 > spec.json`."""
    from archviz import catalog
    from archviz.export.arrange import arranged
    from archviz.export.disassemble import NotAssemblable, disassemble
    from archviz.export.spec_file import to_spec

    try:
        model = catalog.model(name)
        parts = disassemble(model.config, model.inputs)
    except (catalog.NotFound, NotAssemblable) as error:
        _fail(f"{name} cannot be opened as blocks: {error}" if isinstance(error, NotAssemblable) else str(error))
    sys.stdout.write(to_spec(arranged(parts.model.sheet), parts.model.init))


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        _fail(f"{file} is no text file; give the JSON that `archviz spec` writes.")
    except OSError as error:
        _fail(f"{file} cannot be read ({(error.strerror or str(error)).lower()}).")


def _told(sheet: Sheet, report: GraphReport) -> dict[str, Any]:
    blocks = {node.id: node.block for node in sheet.nodes}
    return {
        "nodes": [
            {
                "id": node.id,
                "kind": blocks[node.id].kind,
                "output_shape": None if node.shape is None else list(node.shape),
                "parameters": node.parameters,
                "macs": node.macs,
                "times": node.times,
                "error": node.error,
                "fix": None if node.fix is None else node.fix.label,
            }
            for node in report.nodes
        ],
        "output_shape": None if report.output is None else list(report.output),
        "parameters": report.parameters,
        "macs": report.macs,
        "error": report.sentence,
    }


def _print(sheet: Sheet, report: GraphReport) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console.width = 200
    table = Table("Block", "Kind", "Output", box=box.SIMPLE_HEAD, header_style="bold")
    table.add_column("Parameters", justify="right")
    table.add_column("MACs", justify="right")
    blocks = {node.id: node.block for node in sheet.nodes}
    for node in report.nodes:
        times = f" × {node.times}" if node.times > 1 else ""
        shape = node.error or ("×".join(map(str, node.shape)) if node.shape else "")
        costs = (f"{count:,}" if count else "" for count in (node.parameters, node.macs))
        table.add_row(node.id + times, blocks[node.id].title, shape, *costs)
    table.add_section()
    table.add_row("total", "", "", f"{report.parameters:,}", f"{report.macs:,}", style="bold")
    console.print(table)


def _write(
    config: Assembled.Config,
    title: str,
    *,
    source: Path | None,
    onnx: Path | None,
    weights: Path | None,
    svg: Path | None,
    seed: int,
) -> None:
    if source is not None:
        from archviz.export.source import to_source

        _save(source, to_source(config, title).encode())
    if onnx is not None or weights is not None:
        from archviz.engine.initialize import initialize
        from archviz.export.weights import NotExportable, batch_of, to_onnx, to_safetensors

        model = config.build()
        initialize(model, seed)
        try:
            if weights is not None:
                _save(weights, to_safetensors(model))
            if onnx is not None:
                _save(onnx, to_onnx(model, batch_of(config.inputs)))
        except NotExportable as error:
            _fail(str(error))
    if svg is not None:
        from archviz.engine.trace import overview, trace
        from archviz.export.dot import NoGraphviz, to_svg

        try:
            _save(svg, to_svg(overview(trace(config, config.inputs, title))).encode())
        except NoGraphviz as error:
            _fail(str(error))


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        _fail(f"{path} cannot be written ({(error.strerror or str(error)).lower()}).")
    typer.echo(f"{path} written", err=True)


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(USAGE)
