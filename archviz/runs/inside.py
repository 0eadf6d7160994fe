"""Inside: looks into the trained networks of one run with one example, arm beside arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from archviz.core.results import Result
from archviz.runs import examples, inspection, limits, trained
from archviz.runs.examples import Example
from archviz.runs.inspection import Inspection, NotInspectable, Subject, Watch
from archviz.runs.store import Run, Store, TrialState
from archviz.runs.trained import NotKept

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
    known: Looks | None = None,
    watch: Watch = lambda text, share: None,
    seen: Callable[[Looks], None] = lambda found: None,
) -> Looks:
    """Look into each of these trials' networks.

    `layers` says by arm whose maps are drawn, `seen` is given each stage, and `known` are earlier looks with the same
    example, whose attribution is not computed again. An arm that has left no network has a note that says why.

    Raises NotKept (where no arm has left one), NotInspectable, NoExample or OverLimit with a sentence.
    """
    found: dict[str, Inspection] = {}
    missing: dict[str, NotKept] = {}

    def one_arm(state: TrialState) -> None:
        def stage(partly: Inspection) -> None:
            seen({**found, state.arm: partly})

        prefix = f"{state.arm}: " if len(chosen) > 1 else ""

        def told(text: str, share: float | None) -> None:
            watch(prefix + text, share)

        before = (known or {}).get(state.arm)
        layer = (layers or {}).get(state.arm)
        found[state.arm] = _look(store, state, given, layer, before.attribution if before else (), told, stage)
        stage(found[state.arm])

    with inspection.alone(watch):
        for state in chosen:
            try:
                one_arm(state)
            except NotKept as error:
                missing[state.arm] = error
    if not found:
        raise next(iter(missing.values()), NotKept("This run has no trials to look into."))
    return {state.arm: found.get(state.arm) or _nothing(state, missing[state.arm]) for state in chosen}


def _nothing(state: TrialState, why: NotKept) -> Inspection:
    """The place of an arm that has left no network."""
    name = f"{state.arm} of run {state.run_id}"
    return Inspection(
        architecture=name, weights="trained", source="", note=str(why), size=0, layers=(), layer="", activations=()
    )


def _look(
    store: Store,
    state: TrialState,
    given: Given,
    layer: str | None,
    known: tuple[Result, ...],
    watch: Watch,
    seen: inspection.Seen,
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
    return inspection.of_picture(
        network.net, example.inputs, picture, about, layer=layer, watch=watch, seen=seen, known=known
    )


LOOKED_THROUGH = 500
"""Test examples that are looked through for one worth a look."""


def worth_a_look(store: Store, chosen: tuple[TrialState, ...], after: int) -> int | None:
    """The next test example (beyond `after`, then from the beginning) that these networks answer differently, or that
    a single one gets wrong; none when there is none near, or where answers are no classes. Raises NotKept."""
    import torch

    networks = [trained.load(store, state) for state in chosen]
    splits = [network.trial.setup.recipe.dataset.build().load().test for network in networks]
    number = min(map(len, splits))
    order = torch.arange(after + 1, after + 1 + min(number, LOOKED_THROUGH)) % number
    for indices in order.split(100):
        answers = []
        for network, samples in zip(networks, splits, strict=True):
            inputs, targets = samples.batch(indices)
            with torch.no_grad():
                logits = network.net(inputs)
            if logits.dim() != 2:
                return None
            answers.append(logits.argmax(1))
        others = answers[1:] or [targets]
        different = torch.stack([answers[0] != other for other in others]).any(0)
        if different.any():
            return int(indices[int(different.int().argmax())])
    return None


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
