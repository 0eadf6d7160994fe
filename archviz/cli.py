"""The command line: list, look at, run and reproduce everything without a browser. Imports torch only when needed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from archviz import cli_build

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from archviz.core.graph import Graph
    from archviz.core.results import Images
    from archviz.core.spec import Budget, Chapter, Experiment
    from archviz.runs.cluster import Engine
    from archviz.runs.follow import Answer, Moment
    from archviz.runs.store import Store

EXIT_CODES = {"supported": 0, "contradicted": 1, "inconclusive": 3}
USAGE = 2
STOPPED = 130
"""What a shell calls a command that was ended with Ctrl-C."""
PORT = 8501

app = typer.Typer(
    name="archviz",
    help="See why neural architectures are built the way they are.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Device = Annotated[str, typer.Option(help="Where to train: auto, cpu, cuda, mps.")]


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


@app.command("list")
def list_everything(as_json: AsJson = False) -> None:
    """Chapters with their experiments, models, datasets and probes."""
    from archviz import catalog

    with _sentences():
        chapters, models = catalog.chapters(), catalog.models()
        if as_json:
            _print_json(
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

        table = _table("", "Chapter", "Experiments", "Tweaks")
        built = {chapter.slug: chapter for chapter in chapters}
        for page in book.pages():
            if page.slug in built:
                chapter = built[page.slug]
                experiments = "\n".join(f"{chapter.slug}/{experiment.slug}" for experiment in chapter.experiments)
                tweaks = "\n".join(tweak.slug for tweak in chapter.tweaks)
                table.add_row(str(page.number), page.title, experiments, tweaks, end_section=True)
            else:
                table.add_row(str(page.number), page.title, "not built yet", "", style="dim", end_section=True)
        out = _console()
        out.print(table)
        for scale in ("paper", "playground"):
            names = [model.name for model in models if model.scale == scale]
            out.print(f"[bold]models, {scale} scale[/]  {', '.join(names)}", soft_wrap=True)
        out.print(f"[bold]datasets[/]  {', '.join(dataset.slug for dataset in catalog.datasets())}", soft_wrap=True)
        out.print(f"[bold]probes[/]  {', '.join(probe.slug for probe in catalog.probes())}", soft_wrap=True)


@app.command()
def summary(
    name: Annotated[str, typer.Argument(help="Name of a model: resnet50, bert-base, ...")], as_json: AsJson = False
) -> None:
    """Every layer of a model with its output shape, parameters and multiply-accumulates (MACs), at batch 1."""
    with _sentences():
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
        _print_json({**totals, "layers": layers})
        return
    table = _table("Layer", "Type", "Output shape", "Parameters", "MACs", right=2)
    for row in found.layers:
        path, shown = row.path or "(the model itself)", _shape(row.output_shape)
        table.add_row(path, row.type, shown, _count(row.parameters), _count(row.macs))
    table.add_section()
    table.add_row("total", "", f"from {_shape(shape)}", _count(found.parameters), _count(found.macs), style="bold")
    _console().print(table)
    print("MACs are those of convolutions, matrix products and attention; elementwise work is not counted.")


@app.command()
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
        _fail(f"A graph is written as .svg, .dot or .json, not as {suffix or 'a file without an ending'}.")
    with _sentences():
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
        _fail(f"{output} cannot be written ({(error.strerror or str(error)).lower()}); choose another place with -o.")
    _console(stderr=True).print(f"{output} written", highlight=False)


def _drawn(graph: Graph, suffix: str, dark: bool) -> str:
    from archviz.export.dot import to_dot, to_svg

    if suffix == ".json":
        return graph.model_dump_json(indent=1) + "\n"
    return (to_svg if suffix == ".svg" else to_dot)(graph, "dark" if dark else "light")


@app.command()
def inspect(
    name: Annotated[str, typer.Argument(help="Name of a network of pictures: resnet50, vit_b_16, ...")],
    image: Annotated[Path, typer.Option("--image", help="Your picture: PNG, JPEG, GIF, BMP or WebP.")],
    weights: Annotated[
        str, typer.Option(help="published (downloaded once if need be) or untrained.", metavar="WEIGHTS")
    ] = "published",
    layer: Annotated[str | None, typer.Option(help="The layer whose feature maps are drawn; --json lists all.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A folder for the pictures: maps, attention, attribution.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look into a network with your own picture: its answer, activations, attention, and what the answer depends on."""
    if weights not in ("published", "untrained"):
        _fail(f"Weights are published or untrained, not {weights!r}.")
    try:
        content = image.read_bytes()
    except OSError as error:
        _fail(f"{image} cannot be read ({(error.strerror or str(error)).lower()}).")
    with _sentences():
        from archviz import catalog
        from archviz.core.picture import opened

        model, picture = catalog.model(name), opened(content)
        from archviz.runs import inspection

        with _console(stderr=True).status("loading") as status:

            def watch(text: str, share: float | None) -> None:
                status.update(text if share is None else f"{text}: {share:.0%}")

            found = inspection.inspect(
                model, picture, weights="untrained" if weights == "untrained" else "published", layer=layer, watch=watch
            )
        if found.note:
            typer.echo(found.note, err=True)
        files = _write_pictures(found.pictures, output) if output else []
    if as_json:
        _print_json({**inspection.summary(found), "files": [str(file) for file in files]})
        return
    out = _console()
    out.print(f"[bold]{name}[/], {found.source}, {found.size} x {found.size} pixels", highlight=False)
    if found.guesses:
        answers = _table("Class", "Probability", right=1)
        for guess in found.guesses:
            answers.add_row(guess.name, f"{guess.probability:.1%}")
        out.print(answers)
    layers = _table("Layer", "Shape", *(profile.label.capitalize() for profile in found.activations), right=2)
    for row in found.layers:
        values = (dict(zip(one.layers, one.values, strict=True)).get(row.path) for one in found.activations)
        layers.add_row(row.path, _shape(row.shape), *("" if value is None else f"{value:.3g}" for value in values))
    out.print(layers)
    for file in files:
        print(f"{_short(file)} written")


def _write_pictures(found: Sequence[Images], folder: Path) -> list[Path]:
    """Every picture as a PNG file, named after its title and caption."""
    from archviz.core.colour import png

    files = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for images in found:
            for caption, picture in zip(images.captions, images.pictures, strict=True):
                words = "".join(letter if letter.isalnum() else "-" for letter in f"{images.title} {caption}".lower())
                files.append(folder / f"{'-'.join(filter(None, words.split('-')))}.png")
                files[-1].write_bytes(png(picture))
    except OSError as error:
        _fail(f"{folder} cannot be written ({(error.strerror or str(error)).lower()}); choose another place with -o.")
    return files


@app.command()
def run(
    identity: Annotated[str, typer.Argument(metavar="ID", help="An experiment: residual/identity, ...")],
    seeds: Annotated[int | None, typer.Option(min=1, help="How many seeds each arm is trained with.")] = None,
    reference: Annotated[
        bool, typer.Option("--reference/--live", help="The long budget of the committed result, or the short one.")
    ] = False,
    seed_offset: Annotated[int, typer.Option(min=0, help="Added to every seed: take seeds that nobody used.")] = 0,
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Train all arms of an experiment and say whether its claim holds.

    Exit code 0: supported, 1: contradicted, 3: inconclusive, 2: the command was not understood or could not run.
    """
    with _sentences():
        from archviz import catalog

        chapter, experiment = catalog.experiment(identity)
        _check_device(device)
        from archviz.runs.follow import budget_of

        budget = budget_of(experiment, "reference" if reference else "live", seeds, seed_offset)
        with _engine() as (store, engine):
            found = _follow(chapter, experiment, budget, store, engine, device)
    verdict = found.verdicts[0]
    if as_json:
        from archviz.export.table import rows

        _print_json(
            {
                "id": identity,
                "claim": verdict.claim,
                "verdict": verdict.outcome,
                "effect": verdict.effect,
                "interval": list(verdict.interval) if verdict.interval else None,
                "n": verdict.n,
                "seconds": round(found.seconds, 3),
                "sentence": verdict.sentence,
                "observations": rows(found.observations),
            }
        )
    else:
        _print_answer(found)
    for sentence in found.failures:
        typer.echo(sentence, err=True)
    raise typer.Exit(EXIT_CODES[verdict.outcome])


@app.command()
def reproduce(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="CHAPTER", help="A chapter or an experiment: residual, residual/identity. All without it."
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Run the short budgets, print times and verdicts, and write nothing.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every chapter, as without CHAPTER.")] = False,
    device: Device = "auto",
) -> None:
    """Measure the committed reference results anew and write them to assets/results/."""
    if name and everything:
        _fail("Give a chapter or --all, not both.")
    with _sentences():
        chosen = _chosen(name)
        _check_device(device)
        from archviz.runs import reference
        from archviz.runs.follow import budget_of

        table = _table("Experiment", "Seconds", "Verdict", "n", "Sentence")
        with _engine() as (store, engine):
            for chapter, experiment in chosen:
                budget = budget_of(experiment, "live" if live else "reference")
                found = _follow(chapter, experiment, budget, store, engine, device)
                identity, verdict = f"{chapter.slug}/{experiment.slug}", found.verdicts[0]
                lost = [state for state in found.trials if state.status in ("failed", "stopped")]
                if lost:
                    reason = found.failures[0] if found.failures else "They were stopped."
                    _fail(f"{identity}: {len(lost)} of {len(found.trials)} trials have no result. {reason}")
                table.add_row(identity, f"{found.seconds:.0f}", verdict.outcome, str(verdict.n), verdict.sentence)
                if not live:
                    result = reference.build(
                        chapter,
                        experiment,
                        found.observations,
                        seconds=found.seconds,
                        curves=found.curves,
                        readings=found.readings,
                    )
                    _console(stderr=True).print(f"{_short(reference.save(result))} written", highlight=False)
    _console().print(table)


def _chosen(name: str | None) -> list[tuple[Chapter, Experiment]]:
    from archviz import catalog

    if name and "/" in name:
        chapter, experiment = catalog.experiment(name)
        return [(chapter, experiment)]
    chapters = [catalog.chapter(name)] if name else list(catalog.chapters())
    return [(chapter, experiment) for chapter in chapters for experiment in chapter.experiments]


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Without it 8501, or the next free one.")] = None,
) -> None:
    """Start the app on this machine and print its address."""
    page = Path(__file__).resolve().parents[1] / "app" / "main.py"
    if not page.exists():
        _fail(f"The app is not beside the library ({page} is missing); install archviz from its repository.")
    if port is not None and not _free(port):
        _fail(f"Port {port} is taken; choose another one with --port, or leave it out.")
    if port is None:
        port = next((number for number in range(PORT, PORT + 100) if _free(number)), None)
        if port is None:
            _fail(f"No port from {PORT} to {PORT + 99} is free; choose one with --port.")
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


cli_build.register(app)


# --- running ---------------------------------------------------------------------------------------------------------


@contextmanager
def _engine() -> Iterator[tuple[Store, Engine]]:
    """The history and a warm engine."""
    from archviz.runs.cluster import Engine
    from archviz.runs.store import Store

    store = Store()
    engine = Engine(store)
    try:
        with _console(stderr=True).status("starting the engine"):
            engine.connect()
        yield store, engine
    finally:
        engine.close()
        store.close()


def _follow(
    chapter: Chapter, experiment: Experiment, budget: Budget, store: Store, engine: Engine, device: str
) -> Answer:
    """Run an experiment with a progress bar on stderr; Ctrl-C ends the command."""
    from archviz.runs.follow import answer

    with _progress(f"{chapter.slug}/{experiment.slug}") as watch:
        try:
            return answer(chapter, experiment, budget, store=store, engine=engine, device=device, watch=watch)
        except KeyboardInterrupt:
            typer.echo("Stopped. What was measured is in the history: see Runs in `archviz serve`.", err=True)
            raise typer.Exit(STOPPED) from None


@contextmanager
def _progress(name: str) -> Iterator[Callable[[Moment], None]]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = _console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[trials]}"))
    with Progress(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(name, total=1.0, trials="")

        def watch(moment: Moment) -> None:
            trials = f"{moment.finished} of {len(moment.trials)} trials"
            progress.update(task, completed=moment.share, trials=trials)

        yield watch


def _print_answer(found: Answer) -> None:
    from archviz.core.metrics import metric, significant
    from archviz.engine.compare import estimates

    experiment, out = found.experiment, _console()
    titles = {arm.name: f"{arm.name} {arm.title}" for arm in experiment.arms}
    place = experiment.axis.label if experiment.axis else ""
    table = _table("Arm", *([place] if place else []), "Metric", "Mean", "95 % interval", "n")
    wanted = {*experiment.measure.metrics, *(claim.metric for claim in experiment.claims)}
    for row in estimates(row for row in found.observations if row.metric in wanted):
        of = metric(row.metric)
        scale = 100 if of.percent else 1
        title = f"{of.title}, {'%' if of.percent else of.unit}".removesuffix(", ")
        interval = ""
        if row.low is not None and row.high is not None:
            interval = f"{significant(scale * row.low)} to {significant(scale * row.high)}"
        x = [significant(row.x) if row.x is not None else ""] if place else []
        table.add_row(titles[row.arm], *x, title, significant(scale * row.mean), interval, str(row.n))
    out.print(experiment.ask, style="bold")
    out.print(table)
    for verdict in found.verdicts:
        out.print(f"[bold]{verdict.claim}[/]", highlight=False)
        out.print(f"  {verdict.sentence}", highlight=False)
    out.print(f"{len(found.trials)} trials in {found.seconds:.0f} s; run {found.run_id}", style="dim", highlight=False)


def _check_device(name: str) -> None:
    from archviz.engine.devices import pick

    try:
        pick(name)
    except (ValueError, RuntimeError) as error:
        _fail(f"{str(error)[:1].upper()}{str(error)[1:]}.")


# --- printing --------------------------------------------------------------------------------------------------------


@contextmanager
def _sentences() -> Iterator[None]:
    """Our own exceptions carry a sentence for the reader: print it instead of a traceback."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith("archviz."):
            raise
        _fail(str(error))


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(USAGE)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False))


def _console(stderr: bool = False) -> Console:
    """Rich output; where nobody looks at it live, lines are as long as they need to be."""
    from rich.console import Console

    console = Console(stderr=stderr)
    if not console.is_terminal:
        console.width = 200
    return console


def _table(*columns: str, right: int = 0) -> Table:
    """A table whose last `right` columns hold numbers."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for index, column in enumerate(columns):
        number = index >= len(columns) - right
        table.add_column(column, justify="right" if number else "left", no_wrap=number)
    return table


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


if __name__ == "__main__":
    app()
