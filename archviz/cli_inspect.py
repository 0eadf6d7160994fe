"""The command `inspect`: a network looked into with the reader's own picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archviz.cli_print import AsJson, fail, from_here, print_json, reason, sentences, shaped, table_of, terminal

if TYPE_CHECKING:
    from archviz.core.results import Images


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
        fail(f"Weights are published or untrained, not {weights!r}.")
    try:
        content = image.read_bytes()
    except OSError as error:
        fail(f"{image} cannot be read ({reason(error)}).")
    with sentences():
        from archviz import catalog
        from archviz.core.picture import opened

        model, picture = catalog.model(name), opened(content)
        from archviz.runs import inspection

        with terminal(stderr=True).status("loading") as status:

            def watch(text: str, share: float | None) -> None:
                status.update(text if share is None else f"{text}: {share:.0%}")

            found = inspection.inspect(
                model, picture, weights="untrained" if weights == "untrained" else "published", layer=layer, watch=watch
            )
        if found.note:
            typer.echo(found.note, err=True)
        files = _write_pictures(found.pictures, output) if output else []
    if as_json:
        print_json({**inspection.summary(found), "files": [str(file) for file in files]})
        return
    out = terminal()
    out.print(f"[bold]{name}[/], {found.source}, {found.size} x {found.size} pixels", highlight=False)
    if found.guesses:
        answers = table_of("Class", "Probability", right=1)
        for guess in found.guesses:
            answers.add_row(guess.name, f"{guess.probability:.1%}")
        out.print(answers)
    layers = table_of("Layer", "Shape", *(profile.label.capitalize() for profile in found.activations), right=2)
    for row in found.layers:
        values = (dict(zip(one.layers, one.values, strict=True)).get(row.path) for one in found.activations)
        layers.add_row(row.path, shaped(row.shape), *("" if value is None else f"{value:.3g}" for value in values))
    out.print(layers)
    for file in files:
        print(f"{from_here(file)} written")


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
