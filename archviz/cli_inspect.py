"""The command `inspect`: a network of the book, or what a run has trained, looked into with one example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archviz.cli_print import AsJson, fail, from_here, print_json, reason, sentences, shaped, table_of, terminal

if TYPE_CHECKING:
    from archviz.core.results import Images
    from archviz.core.setup import DatasetConfig
    from archviz.runs.examples import Example
    from archviz.runs.inspection import Inspection, Watch


def inspect(
    name: Annotated[
        str | None, typer.Argument(help="Name of a network of pictures: resnet50, vit_b_16, ... (or give --run).")
    ] = None,
    image: Annotated[Path | None, typer.Option("--image", help="Your picture: PNG, JPEG, GIF, BMP or WebP.")] = None,
    weights: Annotated[
        str, typer.Option(help="published (downloaded once if need be) or untrained.", metavar="WEIGHTS")
    ] = "published",
    layer: Annotated[str | None, typer.Option(help="The layer whose feature maps are drawn; --json lists all.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A folder for the pictures: maps, attention, attribution.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Look into what this run of the history has trained.")] = None,
    arm: Annotated[str | None, typer.Option(help="With --run: one arm alone; otherwise all of them.")] = None,
    at: Annotated[float | None, typer.Option(help="With --run: the place on the axis; otherwise the last.")] = None,
    example: Annotated[
        int | None, typer.Option(min=0, help="With --run: the number of a test example; otherwise 0.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="With --run, where it read text: your own text.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look into a network with your own picture: its answer, activations, attention, and what the answer depends on.

    With --run the networks that a run has trained are looked into, with an example of its test split or your own.
    """
    if run is not None:
        if name is not None:
            fail(f"Give either the name of a network or --run, not both {name!r} and {run!r}.")
        _of_run(run, arm, at, example, image, text, layer, output, as_json)
        return
    if name is None:
        fail("Give the name of a network with --image FILE, or --run with the id of a run.")
    if image is None:
        fail(f"Give the picture that {name} is to look at: --image FILE.")
    if weights not in ("published", "untrained"):
        fail(f"Weights are published or untrained, not {weights!r}.")
    content = _content(image)
    with sentences():
        from archviz import catalog
        from archviz.core.picture import opened

        model, picture = catalog.model(name), opened(content)
        from archviz.runs import inspection

        with _watched() as watch:
            found = inspection.inspect(
                model, picture, weights="untrained" if weights == "untrained" else "published", layer=layer, watch=watch
            )
        if found.note:
            typer.echo(found.note, err=True)
        files = _write_pictures(found.pictures, output) if output else []
    if as_json:
        print_json({**inspection.summary(found), "files": [str(file) for file in files]})
        return
    _print(name, found)
    for file in files:
        print(f"{from_here(file)} written")


def _of_run(
    run: str,
    arm: str | None,
    at: float | None,
    example: int | None,
    image: Path | None,
    text: str | None,
    layer: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    if sum(given is not None for given in (example, image, text)) > 1:
        fail("Give one of --example, --image and --text.")
    content = None if image is None else _content(image)
    with sentences():
        from archviz import catalog
        from archviz.runs import examples, inside, inspection, trained
        from archviz.runs.store import Store

        catalog.chapters()  # so that what the history names can be read
        picture = None
        if content is not None:
            from archviz.core.picture import opened

            picture = opened(content)

        def given(dataset: DatasetConfig) -> Example:
            if picture is not None:
                return examples.own_picture(dataset, picture)
            return examples.of_test(dataset, example or 0) if text is None else examples.own_text(dataset, text)

        store = Store()
        try:
            chosen = trained.choose(store, run, arm, at)
            layers = {} if layer is None else {state.arm: layer for state in chosen}
            with _watched() as watch:
                looks = inside.inspect(store, chosen, given, layers=layers, watch=watch)
        finally:
            store.close()
        files = {
            one: _write_pictures(found.pictures, output / one if len(looks) > 1 else output) if output else []
            for one, found in looks.items()
        }
    for note in dict.fromkeys(found.note for found in looks.values() if found.note):
        typer.echo(note, err=True)
    if as_json:
        arms = {
            one: {**inspection.summary(found), "files": [str(file) for file in files[one]]}
            for one, found in looks.items()
        }
        print_json({"run": run, "example": None if image or text is not None else example or 0, "arms": arms})
        return
    for one, found in looks.items():
        _print(found.architecture, found)
        for file in files[one]:
            print(f"{from_here(file)} written")


def _content(image: Path) -> bytes:
    try:
        return image.read_bytes()
    except OSError as error:
        fail(f"{image} cannot be read ({reason(error)}).")


@contextmanager
def _watched() -> Iterator[Watch]:
    """Say on the terminal what is being done."""
    with terminal(stderr=True).status("loading") as status:

        def watch(text: str, share: float | None) -> None:
            status.update(text if share is None else f"{text}: {share:.0%}")

        yield watch


def _print(name: str, found: Inspection) -> None:
    """The answer and the layers of one network."""
    out = terminal()
    size = f"{found.size} tokens" if found.tokens else f"{found.size} x {found.size} pixels"
    out.print(f"[bold]{name}[/], {found.source}, {size}", highlight=False)
    if found.truth:
        out.print(f"The right answer is {found.truth}.", highlight=False, markup=False)
    if found.guesses:
        answers = table_of("Next token" if found.tokens else "Class", "Probability", right=1)
        for guess in found.guesses:
            answers.add_row(guess.name, f"{guess.probability:.1%}")
        out.print(answers)
    layers = table_of("Layer", "Shape", *(profile.label.capitalize() for profile in found.activations), right=2)
    for row in found.layers:
        values = (dict(zip(one.layers, one.values, strict=True)).get(row.path) for one in found.activations)
        layers.add_row(row.path, shaped(row.shape), *("" if value is None else f"{value:.3g}" for value in values))
    out.print(layers)


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
        fail(f"{folder} cannot be written ({reason(error)}); choose another place with -o.")
    return files
