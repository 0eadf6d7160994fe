"""Inside: looks into the trained networks of one run with one example, arm beside arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from archviz.runs import examples, inspection, limits, trained
from archviz.runs.examples import Example
from archviz.runs.inspection import Inspection, NotInspectable, Subject, Watch
from archviz.runs.store import Run, Store, TrialState

if TYPE_CHECKING:
    from archviz.core.setup import DatasetConfig

Given = Callable[["DatasetConfig"], Example]
"""Makes the example for the dataset of an arm: arms may differ in their datasets."""
Looks = Mapping[str, Inspection]
"""By arm."""


def inspect(
    store: Store,
    chosen: tuple[TrialState, ...],
    given: Given,
    *,
    layers: Mapping[str, str] | None = None,
    watch: Watch = lambda text, share: None,
    seen: Callable[[Looks], None] = lambda found: None,
) -> Looks:
    """Look into each of these trials' networks; `layers` says by arm whose maps are drawn, `seen` is given each stage.

    Raises NotKept, NotInspectable, NoExample or OverLimit with a sentence.
    """
    found: dict[str, Inspection] = {}

    def one_arm(state: TrialState) -> None:
        def stage(partly: Inspection) -> None:
            seen({**found, state.arm: partly})

        prefix = f"{state.arm}: " if len(chosen) > 1 else ""

        def told(text: str, share: float | None) -> None:
            watch(prefix + text, share)

        found[state.arm] = _look(store, state, given, (layers or {}).get(state.arm), told, stage)
        stage(found[state.arm])

    with inspection.alone(watch):
        for state in chosen:
            one_arm(state)
    return found


def _look(
    store: Store, state: TrialState, given: Given, layer: str | None, watch: Watch, seen: inspection.Seen
) -> Inspection:
    watch("loading the weights", None)
    network = trained.load(store, state)
    dataset = network.trial.setup.recipe.dataset
    limits.check_look(network.trial.setup.model, dataset.inputs)
    watch("loading the example", None)
    example = given(dataset)
    about = Subject(
        name=f"{state.arm} of run {state.run_id}",
        weights="trained",
        source=described(store.run(state.run_id), state, network.step),
        note=example.note,
        truth=example.truth,
        classes=tuple(examples.named(dataset, output) for output in range(dataset.outputs)),
    )
    if dataset.inputs.tokens:
        spelling = examples.spelling(dataset, example.inputs[0])
        return inspection.of_text(network.net, example.inputs, spelling, about, layer=layer, watch=watch)
    if len(dataset.inputs.shape) != 3:
        raise NotInspectable(f"{about.name} reads neither pictures nor text; there is nothing of it to draw.")
    from archviz.probes import attribution

    picture = attribution.drawable(example.inputs)
    return inspection.of_picture(network.net, example.inputs, picture, about, layer=layer, watch=watch, seen=seen)


def described(run: Run, state: TrialState, step: int) -> str:
    """A trained network as one would name it: experiment, tweaks, place on the axis, seed, steps."""
    parts = [run.experiment, f"{state.arm} {arm_words(run, state.arm)}"]
    if state.x is not None:
        parts.append(f"at {state.x:g}")
    parts.append(f"seed {state.seed}")
    whole = f"trained for {step} steps" if step >= state.steps else f"after {step} of {state.steps} steps"
    return ", ".join([*parts, whole])


def arm_words(run: Run, arm: str) -> str:
    """What an arm of a run is, by its tweaks."""
    return f"({' + '.join(run.lanes.get(arm, ())) or 'as it is'})"
