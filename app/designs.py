"""Designs: what the Build page asks of the library: sheets from everywhere, their evaluation, exports, own runs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from app import background
from app.background import Background
from app.jobs import Order, Refused
from archviz.core.record import fingerprint, reason

if TYPE_CHECKING:
    from archviz.blocks.assembly.sheet import Sheet
    from archviz.blocks.initialization import InitConfig
    from archviz.core.setup import DatasetConfig, Inputs, ModelConfig, Recipe, Setup
    from archviz.core.spec import Architecture, Dataset
    from archviz.engine.evaluate_graph import GraphReport
    from archviz.export.disassemble import Parts
    from archviz.models.assembled import Assembled
    from archviz.runs.designs import Designs

MOST_RIVALS = 12
"""Models of the book that are offered to compare with, at most."""


# --- sheets from everywhere ------------------------------------------------------------------------------------------


def blank() -> Sheet:
    """An empty canvas."""
    from archviz.blocks.assembly.sheet import Sheet

    return Sheet()


def sheet_of_link(text: str) -> Sheet:
    """The sheet that a link holds. Raises Refused."""
    from archviz.export.link import BrokenLink, from_link

    try:
        return _drawable(from_link(text))
    except BrokenLink as error:
        raise Refused(str(error)) from error


def sheet_of_file(content: bytes) -> tuple[Sheet, InitConfig | None]:
    """The sheet in a JSON file. Raises Refused."""
    from archviz.export.spec_file import BrokenSpec, from_spec

    try:
        sheet, init = from_spec(content.decode("utf-8"))
        return _drawable(sheet), init
    except UnicodeDecodeError as error:
        raise Refused("This is no text file; give the JSON of a model.") from error
    except BrokenSpec as error:
        raise Refused(str(error)) from error


def _drawable(sheet: Sheet) -> Sheet:
    """The same sheet. Raises Refused when the canvas could not have drawn it."""
    from archviz.blocks.assembly.sheet import unsound

    fault = unsound(sheet)
    if fault is not None:
        raise Refused(f"This is no model that can be opened. {fault}")
    return sheet


@lru_cache(maxsize=16)
def opened(name: str) -> Parts:
    """A model of the book as blocks. Raises Refused."""
    from archviz import catalog
    from archviz.export.disassemble import NotAssemblable, disassemble

    try:
        model = catalog.model(name)
        return disassemble(model.config, model.inputs)
    except catalog.NotFound as error:
        raise Refused(str(error)) from error
    except NotAssemblable as error:
        raise Refused(f"{name} cannot be opened as blocks: {error}") from error


@lru_cache(maxsize=16)
def disassembled(model: ModelConfig, inputs: Inputs) -> Parts:
    """Any model as blocks. Raises Refused."""
    from archviz.export.disassemble import NotAssemblable, disassemble

    try:
        return disassemble(model, inputs)
    except NotAssemblable as error:
        raise Refused(f"There is no plain source of this model: {error}") from error


@cache
def openable() -> tuple[str, ...]:
    """Models that are worth trying to open: small ones first."""
    from archviz import catalog

    ordered = sorted(catalog.models(), key=lambda model: model.scale != "playground")
    return tuple(model.name for model in ordered)


@cache
def _designs() -> Designs:
    from archviz.runs.designs import Designs

    return Designs()


def designs() -> list[str]:
    """Names of the saved designs, the newest first."""
    return _designs().names()


def saved_design(name: str) -> tuple[Sheet, InitConfig | None]:
    """A saved design. Raises Refused."""
    try:
        return sheet_of_file(_designs().load(name).spec.encode())
    except KeyError as error:
        raise Refused(str(error.args[0])) from error


def save_design(name: str, sheet: Sheet, init: InitConfig | None) -> None:
    """Keep a design by name. Raises Refused."""
    from archviz.export.spec_file import to_spec
    from archviz.runs.designs import Unsaved

    try:
        _designs().save(name, to_spec(sheet, init))
    except Unsaved as error:
        raise Refused(str(error)) from error


# --- evaluation and exports ------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def graph_report(sheet: Sheet) -> GraphReport:
    """Shapes, parameters and MACs block by block."""
    from archviz.engine.evaluate_graph import evaluate_graph

    return evaluate_graph(sheet)


@lru_cache(maxsize=32)
def assembled(sheet: Sheet, init: InitConfig | None) -> Assembled.Config:
    """The model that stands on a sheet which was found to be one. Raises Refused."""
    from archviz.models.assembled import of

    try:
        return of(sheet, init)
    except ValueError as error:
        raise Refused(f"This is no model yet: {reason(error)}") from error


@lru_cache(maxsize=32)
def source(config: Assembled.Config) -> str:
    """The model as a Python file."""
    from archviz.export.source import to_source

    return to_source(config)


def onnx(config: Assembled.Config) -> bytes:
    """The model in ONNX with fresh weights, checked. Raises Refused.

    In a process of its own: while torch exports, it replaces parts of itself, and a model that is drawn or judged in
    another thread would fail.
    """
    from archviz.export.spec_file import to_spec

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        command = [sys.executable, "-m", "archviz.cli", "build", "-", "--onnx", str(path)]
        spec = to_spec(config.sheet, config.init)
        done = subprocess.run(command, input=spec, capture_output=True, encoding="utf-8", check=False)
        if done.returncode != 0 or not path.exists():
            raise Refused((done.stderr.strip().splitlines() or ["The export to ONNX ended without a word."])[-1])
        return path.read_bytes()


def weights(config: Assembled.Config) -> bytes:
    """Fresh weights as safetensors. Raises Refused."""
    from archviz.engine.initialize import initialize
    from archviz.export.weights import to_safetensors
    from archviz.runs import limits

    try:
        limits.check_file(graph_report(config.sheet).parameters)
    except limits.OverLimit as error:
        raise Refused(str(error)) from error
    model = config.build()
    initialize(model, 0)
    return to_safetensors(model)


def svg(config: Assembled.Config) -> bytes:
    """The graph as SVG. Raises Refused."""
    from archviz.engine.trace import overview, trace
    from archviz.export.dot import NoGraphviz, to_svg

    try:
        return to_svg(overview(trace(config, config.inputs, "Model"))).encode()
    except NoGraphviz as error:
        raise Refused(str(error)) from error


class Export(NamedTuple):
    """A file that takes a moment to make."""

    label: str
    file: str
    make: Callable[[Assembled.Config], bytes]
    icon: str
    help: str

    def begin(self, config: Assembled.Config) -> Background[bytes] | None:
        """Make it in the background, once; none while another file is being made. Its error says why there is none."""
        return background.file(f"{self.file} {fingerprint(config)}", lambda: self.make(config))


EXPORTS = (
    Export("Graph", "model.svg", svg, ":material/schema:", "The graph as SVG."),
    Export("Weights", "model.safetensors", weights, ":material/weight:", "Fresh weights as safetensors, seed 0."),
    Export("ONNX", "model.onnx", onnx, ":material/deployed_code:", "Checked against torch; fresh weights."),
)


def notebook(config: Assembled.Config, recipe: Recipe) -> str:
    """A notebook that trains the model again."""
    from archviz.export.retrain import to_notebook

    return to_notebook(config, recipe)


# --- own runs --------------------------------------------------------------------------------------------------------


@cache
def datasets() -> dict[str, Dataset]:
    """Every dataset that one can classify or continue, by its name."""
    from archviz import catalog

    return {dataset.slug: dataset for dataset in catalog.datasets()}


def own_recipe(dataset: DatasetConfig, optimizer: str, lr: float, steps: int, batch_size: int) -> Recipe:
    """How a model from the canvas is trained."""
    from archviz.blocks.optimizers import SGD, AdamW
    from archviz.core.setup import Recipe
    from archviz.engine.tasks import Classification, NextToken

    return Recipe(
        dataset=dataset,
        task=NextToken.Config() if dataset.inputs.tokens else Classification.Config(),
        optimizer=SGD.Config(lr=lr, momentum=0.9) if optimizer == "SGD" else AdamW.Config(lr=lr),
        steps=steps,
        batch_size=batch_size,
        schedule="cosine",
        warmup=min(10, steps // 10),
        clip=5.0,
    )


def fitting_models(dataset: DatasetConfig) -> tuple[Architecture, ...]:
    """Small models of the book that take these data as they are."""
    from archviz import catalog

    ordered = sorted(catalog.models(), key=lambda model: model.config.kind == "Assembled")
    return tuple(
        model
        for model in ordered
        if model.scale == "playground" and _same(model.inputs, dataset.inputs) and _outputs(model.config, dataset)
    )[:MOST_RIVALS]


def _same(one: Inputs, other: Inputs) -> bool:
    return one.shape == other.shape and (one.vocabulary or 0) == (other.vocabulary or 0)


def _outputs(config: ModelConfig, dataset: DatasetConfig) -> bool:
    classes = getattr(config, "vocabulary" if dataset.inputs.tokens else "classes", dataset.outputs)
    return bool(classes == dataset.outputs)


def own_order(setups: Mapping[str, Setup], titles: Mapping[str, str], seeds: int) -> Order:
    """The run that compares two setups."""
    from archviz.core.spec import Budget
    from archviz.runs.own import own_experiment

    chapter, experiment = own_experiment(dict(setups), dict(titles))
    return Order(
        chapter=chapter.slug,
        experiment=experiment,
        budget=Budget(seeds=seeds),
        device="auto",
        prediction=None,
        live=False,
    )
