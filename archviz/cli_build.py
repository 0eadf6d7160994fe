"""The commands `build` and `spec`: models that are put together from blocks, without a browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archviz.cli_print import USAGE, AsJson, counted, fail, print_json, reason, shaped, table_of, terminal

if TYPE_CHECKING:
    from archviz.blocks.assembly.sheet import Sheet
    from archviz.engine.evaluate_graph import GraphReport
    from archviz.models.assembled import Assembled


def build(
    file: Annotated[
        str, typer.Argument(metavar="SPEC", help="A JSON file of blocks and lines; - reads it from stdin.")
    ],
    as_json: AsJson = False,
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
        fail(str(error))
    from archviz.engine.evaluate_graph import evaluate_graph

    report = evaluate_graph(sheet)
    if as_json:
        print_json(_told(sheet, report))
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
        fail(f"{name} cannot be opened as blocks: {error}" if isinstance(error, NotAssemblable) else str(error))
    sys.stdout.write(to_spec(arranged(parts.model.sheet), parts.model.init))
    if parts.left_out:
        typer.echo(parts.left_out, err=True)


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        fail(f"{file} is no text file; give the JSON that `archviz spec` writes.")
    except OSError as error:
        fail(f"{file} cannot be read ({reason(error)}).")


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
    table = table_of("Block", "Kind", "Output", "Parameters", "MACs", right=2)
    blocks = {node.id: node.block for node in sheet.nodes}
    for node in report.nodes:
        times = f" × {node.times}" if node.times > 1 else ""
        shape = node.error or shaped(node.shape or ())
        table.add_row(node.id + times, blocks[node.id].title, shape, counted(node.parameters), counted(node.macs))
    table.add_section()
    table.add_row("total", "", "", f"{report.parameters:,}", f"{report.macs:,}", style="bold")
    terminal().print(table)


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
        from archviz.engine.evaluate_graph import evaluate_graph
        from archviz.engine.initialize import initialize
        from archviz.export.weights import NotExportable, batch_of, to_onnx, to_safetensors
        from archviz.runs.limits import OverLimit, check_file

        try:
            check_file(evaluate_graph(config.sheet).parameters)
            model = config.build()
            initialize(model, seed)
            if weights is not None:
                _save(weights, to_safetensors(model))
            if onnx is not None:
                _save(onnx, to_onnx(model, batch_of(config.inputs)))
        except (NotExportable, OverLimit) as error:
            fail(str(error))
    if svg is not None:
        from archviz.engine.trace import overview, trace
        from archviz.export.dot import NoGraphviz, to_svg

        try:
            _save(svg, to_svg(overview(trace(config, config.inputs, title))).encode())
        except NoGraphviz as error:
            fail(str(error))


def _save(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(f"{path} cannot be written ({reason(error)}).")
    typer.echo(f"{path} written", err=True)
