"""Laboratory: an experiment to change and run: lanes, controls, graph, Train, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app import anatomy, jobs, objections, progress, state
from app.background import Background
from app.jobs import Order
from app.state import Selection
from app.ui import address, controls, inside, live, parts, sources, train_button, views
from app.ui.address import ARMS, Read
from app.ui.train_button import Offer
from archviz.core.spec import Chapter, Experiment

GRAPH_HEIGHT = 540
LANES_HEIGHT = 230
Place = st.delta_generator.DeltaGenerator


def draw(
    slug: str, chapter: Chapter, declared: Experiment, read: Read, graph_place: Place, inside_place: Place
) -> Background[Any]:
    """Draw all of it, the graph and what is inside it in their places; gives the graph, on its way or there."""
    return _Laboratory(slug, chapter, declared, read).render(graph_place, inside_place)


def skeleton(graph_place: Place) -> None:
    """The place of it, until the library is there."""
    with graph_place:
        views.skeleton(GRAPH_HEIGHT - 20)
    _heading()
    views.skeleton(LANES_HEIGHT)


def _heading() -> None:
    st.subheader("Try it yourself", anchor=False, divider="gray")


class _Laboratory:
    """What the page of one experiment knows while it is drawn."""

    def __init__(self, slug: str, chapter: Chapter, declared: Experiment, read: Read) -> None:
        self.slug, self.chapter, self.declared = slug, chapter, declared
        self.read, self.selection = read, read.selection
        self.key = f"{slug}.{declared.slug}.{read.visit}"
        self.lanes_key = f"lanes.{slug}.{declared.slug}"
        self.tweaks = {tweak.slug: tweak for tweak in chapter.tweaks}
        run = jobs.run(self.selection.run) if self.selection.run else None
        self.run_id = run.id if run and run.experiment == f"{slug}/{declared.slug}" else None
        self.active = run is not None and self.run_id is not None and run.status in ("queued", "running")

    def render(self, graph_place: Place, inside_place: Place) -> Background[Any]:
        _heading()
        experiment = self._with(self._lanes())
        problems = objections.of_lanes(experiment)
        order, problem = self._controls(experiment)
        with graph_place:
            chosen, graph = self._graph(experiment, problems, inside_place)
        self._write(experiment, order, chosen)
        wrong = next(iter(problems.values()), None) or problem or objections.nothing_to_compare(experiment)
        train_button.draw(self._offer(order, wrong))
        if chosen != ARMS:
            sources.open_in_builder(chosen)
        if not problems:
            at = experiment.claims[0].at
            sources.arms({arm.name: experiment.setup(arm, at) for arm in experiment.arms}, f"sources.{self.key}")
        live.panel(self.run_id, self.slug, progress.expected(experiment, _steps(order)))
        return graph

    def _with(self, lanes: Mapping[str, Sequence[str]]) -> Experiment:
        """The experiment with these tweaks on its lanes."""
        return self.declared.with_lanes(
            {arm: tuple(self.tweaks[slug] for slug in slugs) for arm, slugs in lanes.items()}
        )

    def _lanes(self) -> Mapping[str, Sequence[str]]:
        from app.canvas.component import Chip, lanes

        given = {
            arm.name: self.selection.lanes.get(arm.name, tuple(tweak.slug for tweak in arm.tweaks))
            for arm in self.declared.arms
        }
        return lanes(
            [
                Chip(
                    tweak.slug,
                    tweak.title,
                    parts.first_sentences(tweak.text),
                    objections.to_tweak(tweak, self.declared),
                )
                for tweak in self.chapter.tweaks
            ],
            given,
            key=self.lanes_key,
            revision=self.key,
            locked="The lanes are fixed while the run goes on." if self.active else None,
            problems=lambda now: objections.of_lanes(self._with(now)),
        )

    def _controls(self, experiment: Experiment) -> tuple[Order, str | None]:
        declared, selection = self.declared, self.selection
        predict, seeds_place, values_place, device_place = st.columns([4, 1.4, 3, 1.8], gap="medium")
        claim = experiment.claims[0]
        card = jobs.card(self.chapter, experiment)
        with predict:
            from archviz.core.metrics import metric

            prediction = controls.prediction(
                metric(claim.metric).title, claim.variant, f"predict.{self.key}", self.active
            )
        with seeds_place:
            seeds = controls.seeds(selection.seeds or declared.live.seeds, f"seeds.{self.key}", self.active)
        values = None
        with values_place:
            if declared.axis is not None:
                default = selection.values or declared.live.values or declared.axis.values
                values = controls.values(declared.axis, default, f"values.{self.key}", self.active)
        with device_place:
            device = controls.device(jobs.devices(), selection.device or "auto", f"device.{self.key}", self.active)
        problem = f"Choose at least one {card.axis.lower()}." if card.axis and not values else None
        budget = controls.budget(declared.live, seeds, values or None)
        live_budget = (declared.live.seeds, declared.live.values or (declared.axis.values if declared.axis else None))
        order = Order(
            chapter=self.slug,
            experiment=experiment,
            budget=budget,
            device=device,
            prediction=prediction,
            live=experiment is declared and (seeds, values) == live_budget,
        )
        return order, problem

    def _graph(
        self, experiment: Experiment, problems: Mapping[str, str], inside_place: Place
    ) -> tuple[str, Background[Any]]:
        names = (ARMS, *(model.name for model in self.chapter.architectures))
        chosen = controls.graph(names, self.selection.graph or ARMS, f"graph.{self.slug}.{self.read.visit}")
        if chosen != ARMS:
            drawn = jobs.architecture_graph(chosen)
        else:
            shown = self.declared if problems else experiment
            at = shown.claims[0].at
            drawn = jobs.graphs({arm.name: shown.setup(arm, at) for arm in shown.arms})
        height = GRAPH_HEIGHT - 120
        if drawn.error is not None:
            st.error(f"The graph could not be drawn: {drawn.error}", icon=":material/error:")
        elif drawn.value is None:
            views.skeleton(height)
        else:
            subjects = self._subjects(drawn.value, chosen, experiment, problems, f"graph-{self.slug}")
            inside.graphs(drawn.value, subjects, f"graph-{self.slug}", height, inside_place)
        return chosen, drawn

    def _subjects(
        self, drawn: Mapping[str, Any], chosen: str, experiment: Experiment, problems: Mapping[str, str], viewer: str
    ) -> dict[str, anatomy.Subject]:
        """The networks whose graphs are drawn."""
        if chosen != ARMS:
            model = next(model for model in self.chapter.architectures if model.name == chosen)
            return {name: anatomy.Subject(model.config, model.inputs) for name in drawn}
        shown = self.declared if problems else experiment
        setups = {arm.name: shown.setup(arm, shown.claims[0].at) for arm in shown.arms}
        return anatomy.of_arms(setups, f"{self.slug}/{self.declared.slug}", self.run_id, viewer)

    def _write(self, experiment: Experiment, order: Order, graph: str) -> None:
        """Put what is chosen into the address; what is as declared stays out of it."""
        declared, live_budget = self.declared, self.declared.live
        first = self.chapter.experiments[0]
        everywhere = declared.axis.values if declared.axis else None
        budget = order.budget
        changed = {
            arm.name: tuple(tweak.slug for tweak in arm.tweaks)
            for arm, as_declared in zip(experiment.arms, declared.arms, strict=True)
            if arm.tweaks != as_declared.tweaks
        }
        selection = Selection(
            experiment=None if declared is first and self.run_id is None else declared.slug,
            run=self.run_id,
            graph=None if graph == ARMS else graph,
            lanes=changed,
            seeds=None if budget.seeds == live_budget.seeds else budget.seeds,
            values=None if budget.values in (live_budget.values or everywhere, None) else budget.values,
            device=None if order.device == "auto" else order.device,
        )
        address.put(self.slug, state.write(selection))

    def _offer(self, order: Order, problem: str | None) -> Offer:
        names = ("predict", "seeds", "values", "device")
        runs = len(order.experiment.arms) * order.budget.seeds * len(order.experiment.values(order.budget))
        return Offer(
            page=self.slug,
            order=lambda: order,
            controls=(self.lanes_key, *(f"{name}.{self.key}" for name in names)),
            started=self._started,
            size=f"`{runs}` trials of `{_steps(order)}` steps",
            help="Train every arm with every seed, in processes of their own. You can stop at any time.",
            problem=problem,
            active=self.active,
        )

    def _started(self, run_id: str) -> None:
        """Put the run into the address."""
        query = {**st.query_params.to_dict(), "run": run_id, "experiment": self.declared.slug}
        address.put(self.slug, query)


def _steps(order: Order) -> int:
    return order.budget.steps or order.experiment.base.recipe.steps
