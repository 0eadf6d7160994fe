"""The commands `list`, `summary` and `graph`: what there is, and what a model is made of."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archviz.cli_print import AsJson, counted, fail, print_json, reason, sentences, shaped, table_of, terminal

if TYPE_CHECKING:
    from archviz.core.graph import Graph


def list_everything(as_json: AsJson = False) -> None:
    """Chapters with their experiments, models, datasets and probes."""
    from archviz import catalog

    with sentences():
        chapters, models = catalog.chapters(), catalog.models()
        if as_json:
            print_json(
                {
                    "chapters": [
                        {
                            "number": chapter.page.number,
                            "slug": chapter.slug,
                            "title": chapter.page.title,
                            "architectures": [architecture.name for architecture in chapter.architectures],
                            "tweaks": [tweak.slug for tweak in chapter.tweaks],
                            "experiments": [f"{chapter.slug}/{experiment.slug}" for experiment in chapter.experiments],
                        }
                        for chapter in chapters
                    ],
                    "models": [model.name for model in models],
                    "datasets": [dataset.slug for dataset in catalog.datasets()],
                    "probes": [probe.slug for probe in catalog.probes()],
                }
            )
            return
        from archviz.core import book

        table = table_of("", "Chapter", "Experiments", "Tweaks")
        built = {chapter.slug: chapter for chapter in chapters}
        for page in book.pages():
            if page.slug in built:
                chapter = built[page.slug]
                experiments = "\n".join(f"{chapter.slug}/{experiment.slug}" for experiment in chapter.experiments)
                tweaks = "\n".join(tweak.slug for tweak in chapter.tweaks)
                table.add_row(str(page.number), page.title, experiments, tweaks, end_section=True)
            else:
                table.add_row(str(page.number), page.title, "not built yet", "", style="dim", end_section=True)
        out = terminal()
        out.print(table)
        for scale in ("paper", "playground"):
            names = [model.name for model in models if model.scale == scale]
            out.print(f"[bold]models, {scale} scale[/]  {', '.join(names)}", soft_wrap=True)
        out.print(f"[bold]datasets[/]  {', '.join(dataset.slug for dataset in catalog.datasets())}", soft_wrap=True)
        out.print(f"[bold]probes[/]  {', '.join(probe.slug for probe in catalog.probes())}", soft_wrap=True)


def summary(
    name: Annotated[str, typer.Argument(help="Name of a model: resnet50, bert-base, ...")], as_json: AsJson = False
) -> None:
    """Every layer of a model with its output shape, parameters and multiply-accumulates (MACs), at batch 1."""
    with sentences():
        from archviz import catalog

        model = catalog.model(name)
        from archviz.engine.cost import cost

        found = cost(model.config, model.inputs)
    shape = [1, *model.inputs.shape]
    if as_json:
        layers = [
            {
                "path": row.path,
                "kind": row.type,
                "output_shape": list(row.output_shape),
                "parameters": row.parameters,
                "macs": row.macs,
            }
            for row in found.layers
        ]
        totals = {"name": name, "input_shape": shape, "parameters": found.parameters, "macs": found.macs}
        print_json({**totals, "layers": layers})
        return
    table = table_of("Layer", "Type", "Output shape", "Parameters", "MACs", right=2)
    for row in found.layers:
        path, shown = row.path or "(the model itself)", shaped(row.output_shape)
        table.add_row(path, row.type, shown, counted(row.parameters), counted(row.macs))
    table.add_section()
    table.add_row("total", "", f"from {shaped(shape)}", counted(found.parameters), counted(found.macs), style="bold")
    terminal().print(table)
    print("MACs are those of convolutions, matrix products and attention; elementwise work is not counted.")


def graph(
    name: Annotated[str, typer.Argument(help="Name of a model: resnet50, bert-base, ...")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A file .svg, .dot or .json; without it DOT is printed."),
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=1, help="Levels of nested modules to open; without it as many as stay readable.")
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Colours for a dark background.")] = False,
) -> None:
    """Draw a model as nested modules, equal neighbours folded."""
    suffix = output.suffix if output is not None else ".dot"
    if suffix not in (".svg", ".dot", ".json"):
        fail(f"A graph is written as .svg, .dot or .json, not as {suffix or 'a file without an ending'}.")
    with sentences():
        from archviz import catalog

        model = catalog.model(name)
        from archviz.engine.trace import collapse, fold, overview, trace

        whole = trace(model.config, model.inputs, model.title)
        text = _drawn(overview(whole) if depth is None else collapse(fold(whole), depth), suffix, dark)
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{output} cannot be written ({reason(error)}); choose another place with -o.")
    terminal(stderr=True).print(f"{output} written", highlight=False)


def _drawn(graph: Graph, suffix: str, dark: bool) -> str:
    from archviz.export.dot import to_dot, to_svg

    if suffix == ".json":
        return graph.model_dump_json(indent=1) + "\n"
    return (to_svg if suffix == ".svg" else to_dot)(graph, "dark" if dark else "light")
