"""Anatomy: what the graphs of a page can be coloured by, and what there is inside a node; made when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import jobs
from app.background import Background, soon
from archviz.core.record import fingerprint

if TYPE_CHECKING:
    from app.canvas.component import Measure
    from archviz.core.graph import Graph
    from archviz.core.results import Result
    from archviz.core.setup import Inputs, ModelConfig, Setup
    from archviz.runs.store import TrialState

TIME, GRADIENT, MEMORY = "time", "gradient norm", "activation memory"
RUNS = 5
"""Runs that are looked through for the newest trained network."""
BATCH = 8
"""Made-up examples that a pass is timed with."""


@dataclass(frozen=True)
class Subject:
    """A network whose graph is drawn: one of the book, or an arm, which learns from data and may have been trained."""

    model: ModelConfig
    inputs: Inputs
    setup: Setup | None = None
    trained: TrialState | None = None

    @property
    def identity(self) -> str:
        """Other for another network, and for other weights."""
        whole = fingerprint(self.model) if self.setup is None else fingerprint(self.setup)
        return f"{whole} {self.trained.id if self.trained else 'untrained'}"

    @property
    def weights(self) -> str:
        """Which weights it has, in words."""
        return f"after run {self.trained.run_id}" if self.trained else "before training"


def of_arms(setups: Mapping[str, Setup], experiment: str, run: str | None, viewer: str) -> dict[str, Subject]:
    """The arms of an experiment, with the weights of this run, or of the newest that has left any of equal models.

    The history is asked only when something in this viewer shows weights.
    """
    kept = st.session_state.get(viewer) or {}
    runs: list[str] = []
    if kept.get("clicked") or kept.get("coloured") == GRADIENT:
        runs = [run] if run else [found.id for found in jobs.runs(experiment=experiment, limit=RUNS)]
    return {
        arm: Subject(setup.model, setup.recipe.dataset.inputs, setup, _trained(runs, arm, setup))
        for arm, setup in setups.items()
    }


def _trained(runs: list[str], arm: str, setup: Setup) -> TrialState | None:
    from archviz.runs import trained

    for run in runs:
        try:
            for state in trained.choices(jobs.store(), run):
                if (
                    state.arm == arm
                    and trained.there(state)
                    and jobs.store().trial(state.id).setup.model == setup.model
                ):
                    return state
        except (trained.NotKept, KeyError, ValueError):
            continue
    return None


def measures(graphs: Mapping[str, Graph], subjects: Mapping[str, Subject], wanted: str | None) -> list[Measure]:
    """What the nodes can be coloured by besides parameters and MACs; what takes a while is begun when it is wanted."""
    from app.canvas.component import Measure
    from archviz.engine import anatomy

    memory = {arm: anatomy.memory(graph) for arm, graph in graphs.items()}
    found = [Measure(MEMORY, memory, "B", note="There are no activations.")]
    slow = [(TIME, "ms", time), (GRADIENT, "", gradients)]
    for name, unit, begin in slow:
        if name == GRADIENT and any(subject.setup is None for subject in subjects.values()):
            continue
        work = {arm: begin(subjects[arm]) for arm in graphs} if name == wanted else {}
        failed = next((str(one.error) for one in work.values() if one.error is not None), "")
        values = {arm: _by_node(graphs[arm], one.value, name) for arm, one in work.items() if one.value is not None}
        found.append(Measure(name, values, unit, log=name == GRADIENT, note=failed or "being measured"))
    return found


def going(subjects: Mapping[str, Subject], wanted: str | None) -> list[Background[dict[str, float]]]:
    """The work behind a wanted measure that is not over yet."""
    begin = {TIME: time, GRADIENT: gradients}.get(wanted or "")
    work = [begin(subject) for subject in subjects.values() if wanted != GRADIENT or subject.setup] if begin else []
    return [one for one in work if not one.over]


def _by_node(graph: Graph, values: Mapping[str, float], name: str) -> dict[str, float]:
    """A repeat that is drawn once takes the time of all together."""
    return {node.id: values[node.id] * (node.count if name == TIME else 1) for node in graph.nodes if node.id in values}


def time(subject: Subject) -> Background[dict[str, float]]:
    """Milliseconds of each module on this machine, for a few made-up examples."""
    from archviz.engine import anatomy
    from archviz.engine.example import example

    def measure() -> dict[str, float]:
        return anatomy.milliseconds(_network(subject), example(subject.inputs, BATCH if subject.setup else 1))

    return soon(f"time {fingerprint(subject.model)} {subject.inputs}", measure)


def gradients(subject: Subject) -> Background[dict[str, float]]:
    """Gradient norm of each module, over the first training examples, with the weights that the subject has."""
    from archviz.engine import anatomy

    def measure() -> dict[str, float]:
        assert subject.setup is not None
        return anatomy.gradient_norms(_network(subject), anatomy.loss_of(subject.setup))

    return soon(f"gradients {subject.identity}", measure)


def values(subject: Subject, node: str) -> Background[tuple[Result, ...]]:
    """What a module gives for the first test example (of a model of the book: for noise); nothing for an operation."""
    from archviz.engine import anatomy
    from archviz.engine.example import example

    def look() -> tuple[Result, ...]:
        from archviz.runs import examples

        given = examples.of_test(subject.setup.recipe.dataset, 0).inputs if subject.setup else example(subject.inputs)
        found = anatomy.value(_network(subject), node, given)
        return () if found is None else anatomy.drawn(found, node)

    return soon(f"values {subject.identity} {node}", look)


def _network(subject: Subject) -> Any:
    """The network with its weights: those of its run, or as it begins. Raises OverLimit or NotKept with a sentence."""
    from archviz.engine.initialize import initialize
    from archviz.runs import limits, trained

    limits.check_look(subject.model, subject.inputs)
    if subject.trained is not None:
        return trained.load(jobs.store(), subject.trained).net
    net = subject.model.build()
    initialize(net, 0)
    return net
