"""The commands `run` and `reproduce`: experiments on the engine, with progress while they run and their answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from archviz.cli_print import AsJson, fail, from_here, print_json, sentences, table_of, terminal

if TYPE_CHECKING:
    from archviz.core.spec import Budget, Chapter, Experiment
    from archviz.runs.cluster import Engine
    from archviz.runs.follow import Answer, Moment
    from archviz.runs.store import Store

EXIT_CODES = {"supported": 0, "contradicted": 1, "inconclusive": 3}
STOPPED = 130
"""What a shell calls a command that was ended with Ctrl-C."""

Device = Annotated[str, typer.Option(help="Where to train: auto, cpu, cuda, mps.")]


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
    with sentences():
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

        print_json(
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
        fail("Give a chapter or --all, not both.")
    with sentences():
        chosen = _chosen(name)
        _check_device(device)
        from archviz.runs import reference
        from archviz.runs.follow import budget_of

        table = table_of("Experiment", "Seconds", "Verdict", "n", "Sentence")
        with _engine() as (store, engine):
            for chapter, experiment in chosen:
                budget = budget_of(experiment, "live" if live else "reference")
                found = _follow(chapter, experiment, budget, store, engine, device)
                identity, verdict = f"{chapter.slug}/{experiment.slug}", found.verdicts[0]
                lost = [state for state in found.trials if state.status in ("failed", "stopped")]
                if lost:
                    reason = found.failures[0] if found.failures else "They were stopped."
                    fail(f"{identity}: {len(lost)} of {len(found.trials)} trials have no result. {reason}")
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
                    terminal(stderr=True).print(f"{from_here(reference.save(result))} written", highlight=False)
    terminal().print(table)


def _chosen(name: str | None) -> list[tuple[Chapter, Experiment]]:
    from archviz import catalog

    if name and "/" in name:
        chapter, experiment = catalog.experiment(name)
        return [(chapter, experiment)]
    chapters = [catalog.chapter(name)] if name else list(catalog.chapters())
    return [(chapter, experiment) for chapter in chapters for experiment in chapter.experiments]


@contextmanager
def _engine() -> Iterator[tuple[Store, Engine]]:
    """The history and a warm engine."""
    from archviz.runs.cluster import Engine
    from archviz.runs.store import Store

    store = Store()
    engine = Engine(store)
    try:
        with terminal(stderr=True).status("starting the engine"):
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

    console = terminal(stderr=True)
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

    experiment, out = found.experiment, terminal()
    titles = {arm.name: f"{arm.name} {arm.title}" for arm in experiment.arms}
    place = experiment.axis.label if experiment.axis else ""
    table = table_of("Arm", *([place] if place else []), "Metric", "Mean", "95 % interval", "n")
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
        fail(f"{str(error)[:1].upper()}{str(error)[1:]}.")
