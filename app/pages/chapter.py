"""Chapter: one renderer for every chapter of the book.

The text and the committed reference result are drawn first; they need no torch. Graph, demonstration, lanes and
controls follow when the browser has drawn these and the library is loaded, in places that were kept for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app import anatomy, jobs, progress, state
from app.background import Background
from app.jobs import Order, Refused
from app.state import Choices, Selection
from app.ui import controls, exhibits, inside, live, parts, prose, sources, views, waiting
from archviz.core import book
from archviz.core.spec import Chapter, Experiment, NotApplicable, Tweak
from archviz.runs.reference import Card, Reference

GRAPH_HEIGHT = 540
PICTURE_HEIGHT = 300
LANES_HEIGHT = 230
CONTROL_HEIGHT = 40
VERDICTS_HEIGHT = 220
ARMS = "arms"
"""The graph that compares the arms of the experiment, as the address names it."""


def render(slug: str) -> None:
    """Draw the page of one chapter."""
    _render(book.page(slug))


def _render(page: book.Page) -> None:
    text = prose.split(page.prose)
    built = page.slug in jobs.built()
    parts.header(f"Chapter {page.number}" if page.number else "Introduction", page.title, page.summary)
    if not built:
        st.info("This chapter is not built yet: there is its text, but nothing to run.", icon=":material/construction:")
        parts.prose(page.prose)
        return

    chapter = None if waiting.first_paint() else jobs.chapter(page.slug)
    references = jobs.references(page.slug)
    slugs = tuple(e.slug for e in chapter.experiments) if chapter else tuple(references)
    read = _read(page.slug, chapter, slugs)
    parts.problems(read.problems)
    if jobs.library.error is not None:
        st.error(f"The library could not be loaded: {jobs.library.error}", icon=":material/error:")

    beside_text, beside_graph = st.columns([5, 7], gap="large")
    with beside_text:
        parts.prose(text.introduction)
        chosen = _experiment_choice(page.slug, slugs, read.selection)
        if chosen is not None:
            paragraph = text.experiments[slugs.index(chosen)] if len(text.experiments) == len(slugs) else ""
            _question(page.slug, chosen, chapter, references.get(chosen), paragraph)
    graph_place = beside_graph.container(key="graph", height=GRAPH_HEIGHT, border=False)
    inside_place = beside_graph.container(key="inside")
    exhibits_place = st.container(key="exhibits")
    if chosen is None:
        views.skeleton(PICTURE_HEIGHT)
    else:
        _evidence(page.slug, chosen, chapter, references.get(chosen))
    with exhibits_place:
        exhibits.panel(page.slug, chapter.exhibits if chapter else None)

    if chapter is None or chosen is None:
        with graph_place:
            views.skeleton(GRAPH_HEIGHT - 20)
        _heading("Try it yourself")
        views.skeleton(LANES_HEIGHT)
        waiting.until([jobs.library])
    else:
        declared = next(one for one in chapter.experiments if one.slug == chosen)
        graph = _Laboratory(page.slug, chapter, declared, read).render(graph_place, inside_place)
        waiting.until([graph, jobs.demonstration(f"{page.slug}/{chosen}")])
    if len(text.experiments) != len(slugs):
        parts.prose("\n\n".join(text.experiments))
    st.caption(text.source)


# --- the selection ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Read:
    """What the address said, and how often a new one has been opened in this session."""

    selection: Selection
    problems: tuple[str, ...]
    visit: int


def _read(slug: str, chapter: Chapter | None, slugs: tuple[str, ...]) -> _Read:
    """The selection of the address. A run in it decides everything that the address leaves open."""
    query = dict(st.query_params)
    visit_key, written_key = f"{slug}.visit", f"{slug}.written"
    if query != st.session_state.get(written_key):
        st.session_state[visit_key] = st.session_state.get(visit_key, 0) + 1
        st.session_state[written_key] = query
    visit = st.session_state[visit_key]
    if chapter is None:
        return _Read(*state.read(query, Choices()), visit)

    first, _ = state.read(query, Choices(experiments=slugs))
    problems: list[str] = []
    run = jobs.run(first.run) if first.run else None
    if first.run and (run is None or run.experiment.partition("/")[0] != slug):
        problems.append(
            f'The run "{first.run}" is not in the history of this archviz. Here is the experiment with its recorded '
            "reference result."
        )
        query.pop("run")
        run = None
    ran = run.experiment.partition("/")[2] if run else None
    chosen = ran or first.experiment or slugs[0]
    declared = next((one for one in chapter.experiments if one.slug == chosen), chapter.experiments[0])
    selection, more = state.read(
        query,
        Choices(
            experiments=slugs,
            graphs=(ARMS, *(model.name for model in chapter.architectures)),
            arms=tuple(arm.name for arm in declared.arms),
            tweaks=tuple(tweak.slug for tweak in chapter.tweaks),
            values=declared.axis.values if declared.axis else (),
            devices=jobs.devices(),
        ),
    )
    if run is not None:
        selection = state.with_run(selection, run.experiment.partition("/")[2], run.lanes)
    return _Read(selection, (*problems, *more), visit)


def _experiment_choice(slug: str, slugs: tuple[str, ...], selection: Selection) -> str | None:
    """The experiment that is shown; none when the address names one that only the library knows."""
    if selection.experiment is not None and selection.experiment not in slugs:
        return None
    if not slugs:
        return None
    chosen = selection.experiment or slugs[0]
    if waiting.first_paint():
        views.skeleton(CONTROL_HEIGHT)
        return chosen
    return controls.experiment(slugs, chosen, f"{slug}.experiment")


# --- one experiment: demonstration and reference ---------------------------------------------------------------------


def _card(slug: str, chapter: Chapter | None, recorded: Reference | None) -> Card | None:
    """What is known of an experiment: as it is declared now, or as it was when it was measured."""
    if chapter is None:
        return recorded.card if recorded else None
    return jobs.card(chapter, next(one for one in chapter.experiments if one.slug == slug))


def _question(
    chapter_slug: str, slug: str, chapter: Chapter | None, recorded: Reference | None, paragraph: str
) -> None:
    card = _card(slug, chapter, recorded)
    if card is not None:
        parts.html(f'<p class="az-question">{parts.escape(card.ask)}</p>')
    if paragraph:
        parts.prose(paragraph)


def _evidence(chapter_slug: str, slug: str, chapter: Chapter | None, recorded: Reference | None) -> None:
    """The exact demonstration beside the measured reference, and below what the measurement says of each claim."""
    exact, measured = st.columns(2, gap="large")
    card = _card(slug, chapter, recorded)
    with measured:
        parts.section("Measured reference")
        if recorded is None or card is None:
            st.info(
                "There is no committed reference result yet. Train it below, or measure it with "
                f"`archviz reproduce {chapter_slug}/{slug}`.",
                icon=":material/science:",
            )
        else:
            key = f"reference-{card.id.replace('/', '-')}"
            views.measured(card, recorded.estimates, recorded.observations, key, PICTURE_HEIGHT)
            parts.html(f'<p class="az-quiet">{_origin(recorded)}</p>')
    with exact:
        parts.section("Exact, without training")
        if chapter is None:
            views.skeleton(PICTURE_HEIGHT)
        else:
            _demonstration(chapter_slug, next(one for one in chapter.experiments if one.slug == slug))
    if recorded is not None and card is not None:
        parts.section("What the reference says")
        if waiting.first_paint():
            views.skeleton(VERDICTS_HEIGHT)
            return
        views.verdicts(card, recorded.verdicts, f"verdicts-{slug}")
        if card.note:
            parts.html(f'<p class="az-quiet"><b>Read with care:</b> {parts.escape(card.note)}</p>')


def _origin(recorded: Reference) -> str:
    """How a reference was measured, as HTML."""
    return (
        f"<code>{parts.escape(recorded.command)}</code> · {len(recorded.seeds)} seeds · {recorded.date} · "
        f"{parts.escape(recorded.hardware)} · {recorded.seconds:.0f} s · "
        f"torch {parts.escape(recorded.versions.get('torch', '?'))}"
    )


def _demonstration(chapter_slug: str, declared: Experiment) -> None:
    shown = declared.demonstration
    titles = {arm.name: arm.title for arm in declared.arms}
    results = jobs.demonstration(f"{chapter_slug}/{declared.slug}")
    if results.error is not None:
        st.error(f"This could not be computed: {results.error}", icon=":material/error:")
    elif results.value is None:
        views.skeleton(PICTURE_HEIGHT)
    else:
        height = PICTURE_HEIGHT if len(results.value) == 1 else 240
        for index, result in enumerate(results.value):
            views.result(result, f"demonstration-{declared.slug}-{index}", titles, height)
    parts.html(f'<p class="az-note"><b>{parts.escape(shown.title)}.</b> {parts.escape(shown.text)}</p>')


# --- the laboratory --------------------------------------------------------------------------------------------------


class _Laboratory:
    """Lanes, controls, Train, and what comes of it."""

    def __init__(self, slug: str, chapter: Chapter, declared: Experiment, read: _Read) -> None:
        self.slug, self.chapter, self.declared = slug, chapter, declared
        self.read, self.selection = read, read.selection
        self.key = f"{slug}.{declared.slug}.{read.visit}"
        self.tweaks = {tweak.slug: tweak for tweak in chapter.tweaks}
        run = jobs.run(self.selection.run) if self.selection.run else None
        self.run_id = run.id if run and run.experiment == f"{slug}/{declared.slug}" else None
        self.active = run is not None and self.run_id is not None and run.status in ("queued", "running")

    def render(
        self, graph_place: st.delta_generator.DeltaGenerator, inside_place: st.delta_generator.DeltaGenerator
    ) -> Background[Any]:
        """Draw all of it, the graph and what is inside it in their places; gives the graph, on its way or there."""
        _heading("Try it yourself")
        experiment = self._with(self._lanes())
        problems = _problems(experiment)
        order, problem = self._controls(experiment)
        with graph_place:
            chosen, graph = self._graph(experiment, problems, inside_place)
        self._write(experiment, order, chosen)
        self._train(order, next(iter(problems.values()), None) or problem or _nothing_to_compare(experiment))
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
                Chip(tweak.slug, tweak.title, parts.first_sentences(tweak.text), _reason(tweak, self.declared))
                for tweak in self.chapter.tweaks
            ],
            given,
            key=f"lanes.{self.slug}.{self.declared.slug}",
            revision=f"{self.key}",
            locked="The lanes are fixed while the run goes on." if self.active else None,
            problems=lambda now: _problems(self._with(now)),
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
        self, experiment: Experiment, problems: Mapping[str, str], inside_place: st.delta_generator.DeltaGenerator
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
        self._put(state.write(selection))

    def _put(self, query: dict[str, str]) -> None:
        if query != dict(st.query_params):
            st.query_params.from_dict(query)
        st.session_state[f"{self.slug}.written"] = query

    def _train(self, order: Order, problem: str | None) -> None:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="train"):
            ready = jobs.engine_ready()
            estimated = jobs.prepare(order) if problem is None and ready and not self.active else None
            st.button(
                "Train",
                type="primary",
                icon=":material/play_arrow:",
                key="train-button",
                disabled=estimated is None,
                help="Train every arm with every seed, in processes of their own. You can stop at any time.",
                on_click=self._pressed,
                args=(order, self._settings(), estimated),
            )
            if problem is not None:
                st.markdown(problem)
            elif self.active:
                st.markdown("Training goes on below.")
            elif not ready:
                waiting.engine()
            else:
                st.markdown(_size(order))
        if self._key("wanted") in st.session_state:
            with st.spinner("Handing the trials to the engine", show_time=True):
                self._submit(order)
        if self._key("started") in st.session_state:
            self._show_started()
            st.rerun()
        if self._key("refused") in st.session_state:
            st.warning(st.session_state[self._key("refused")], icon=":material/front_hand:")

    def _key(self, what: str) -> str:
        return f"{self.slug}.{what}"

    def _settings(self) -> dict[str, object]:
        """What lanes and controls say at the moment."""
        controls_ = [f"{name}.{self.key}" for name in ("predict", "seeds", "values", "device")]
        keys = (f"lanes.{self.slug}.{self.declared.slug}", *controls_)
        return {key: st.session_state.get(key) for key in keys}

    def _pressed(self, order: Order, settings: Mapping[str, object], estimated: Background[Any]) -> None:
        """Start at once what the page shows, so that the page is drawn anew only once: with its run.

        What needs a moment first (an estimate, controls that were changed together with the press) is left to the page.
        """
        st.session_state[self._key("wanted")] = True
        if estimated.over and settings == self._settings():
            self._submit(order)
            if self._key("started") in st.session_state:
                self._show_started()

    def _submit(self, order: Order) -> None:
        """Start the run. The page may be drawn anew at any of Streamlit's own calls; what was pressed and what was
        started is therefore written down in between, so that a run is started once and never lost sight of."""
        del st.session_state[self._key("wanted")]
        try:
            st.session_state[self._key("started")] = jobs.submit(order)
        except Refused as error:
            st.session_state[self._key("refused")] = str(error)
        else:
            st.session_state.pop(self._key("refused"), None)

    def _show_started(self) -> None:
        """Put the run into the address."""
        run_id = st.session_state[self._key("started")]
        self._put({**st.query_params.to_dict(), "run": run_id, "experiment": self.declared.slug})
        del st.session_state[self._key("started")]


def _size(order: Order) -> str:
    runs = len(order.experiment.arms) * order.budget.seeds * len(order.experiment.values(order.budget))
    return f"`{runs}` trials of `{_steps(order)}` steps"


def _steps(order: Order) -> int:
    return order.budget.steps or order.experiment.base.recipe.steps


def _problems(experiment: Experiment) -> dict[str, str]:
    """What is wrong with the lanes, by arm."""
    found: dict[str, str] = {}
    for arm in experiment.arms:
        try:
            for x in experiment.values(experiment.live):
                experiment.setup(arm, x)
        except NotApplicable as error:
            found[arm.name] = str(error)
    return found


def _nothing_to_compare(experiment: Experiment) -> str | None:
    """That two arms of a claim are the same, or none."""
    setups = {arm.name: experiment.setup(arm) for arm in experiment.arms}
    for claim in experiment.claims:
        if setups[claim.variant] == setups[claim.baseline]:
            return f"{claim.baseline} and {claim.variant} are the same: put a tweak on one of them."
    return None


def _reason(tweak: Tweak, experiment: Experiment) -> str | None:
    """Why a tweak cannot be used in this experiment, or none."""
    try:
        tweak(experiment.base)
    except NotApplicable as error:
        return str(error)
    return None


def _heading(text: str) -> None:
    st.subheader(text, anchor=False, divider="gray")
