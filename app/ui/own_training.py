"""Own training: the recipe for a model from the canvas, what it is compared with, Train, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import designs, jobs, workbench
from app.desk import Desk
from app.jobs import Order, Refused
from app.progress import Expected
from app.ui import controls, live, parts, train_button
from app.ui.train_button import Offer

if TYPE_CHECKING:
    from archviz.core.setup import ModelConfig, Recipe, Setup
    from archviz.core.spec import Dataset

PAGE = "build"
OPTIMIZERS = {"SGD": 0.1, "AdamW": 0.003}
"""With the learning rate that a small model begins well with."""


def outdated(desk: Desk) -> bool:
    """Whether the model has come to take other data than those that the panel was drawn for."""
    return workbench.given(desk.sheet) != desk.taken


def panel(desk: Desk) -> None:
    """Controls, Train and the run; the run stands in the address."""
    run_id = st.query_params.get("run")
    run = jobs.run(run_id) if run_id else None
    if run_id and run is None:
        parts.problems([f'The run "{run_id}" is not in the history of this archviz.'])
    active = run is not None and run.status in ("queued", "running")
    desk.taken = workbench.given(desk.sheet)
    recipe, seeds, recipe_keys = _recipe(desk, active)
    desk.recipe = recipe
    others = _others(desk, recipe.dataset)
    against_key = f"build.against.{desk.revision}.{st.session_state['build.dataset']}"
    against = _against(desk, recipe, others, against_key, active)

    def started(run_id: str) -> None:
        desk.trained, _ = desk.standing()
        st.query_params["run"] = run_id

    train_button.draw(
        Offer(
            page=PAGE,
            order=lambda: _order(desk, recipe, others, against, seeds),
            controls=(*recipe_keys, against_key),
            started=started,
            size=f"`{2 * seeds}` trials of `{recipe.steps}` steps",
            help="Train A and B with every seed, in processes of their own. You can stop at any time.",
            active=active,
        )
    )
    expected = Expected(_titles(desk, against or ""), recipe.steps, math.log(recipe.dataset.outputs))
    live.panel(run.id if run else None, PAGE, expected)


def _recipe(desk: Desk, active: bool) -> tuple[Recipe, int, tuple[str, ...]]:
    """The recipe and the number of seeds that are chosen, and the session keys of both."""
    data, optimizer, rate, steps, batch, seeds = st.columns([3, 1.6, 1.6, 1.4, 1.4, 1.2], gap="medium")
    datasets = designs.datasets()
    with data:
        chosen = st.selectbox(
            "Dataset",
            list(datasets),
            index=_likely(desk, datasets),
            format_func=lambda slug: datasets[slug].title,
            key="build.dataset",
            disabled=active,
            help="What the model learns from. Training, validation and test never overlap.",
        )
    with optimizer:
        kind = st.selectbox(
            "Optimizer", list(OPTIMIZERS), key="build.optimizer", disabled=active,
            help="SGD has momentum 0.9; both let the learning rate fall along a cosine.",
        )  # fmt: skip
    with rate:
        lr = st.number_input(
            "Learning rate", 1e-5, 10.0, OPTIMIZERS[kind], format="%g", key=f"build.lr.{kind}", disabled=active,
            help="Step size of the optimizer at the start.",
        )  # fmt: skip
    with steps:
        count = st.number_input("Steps", 10, 5000, 200, 10, key="build.steps", disabled=active, help="Batches.")
    with batch:
        size = st.number_input("Batch", 2, 1024, 64, key="build.batch", disabled=active, help="Examples in a batch.")
    with seeds:
        number = controls.seeds(3, "build.seeds", active)
    dataset = workbench.in_size(datasets[chosen].config, desk.taken)
    recipe = designs.own_recipe(dataset, kind, float(lr), int(count), int(size))
    keys = ("dataset", "optimizer", f"lr.{kind}", "steps", "batch", "seeds")
    return recipe, number, tuple(f"build.{key}" for key in keys)


def _likely(desk: Desk, datasets: Mapping[str, Dataset]) -> int:
    """The largest dataset here that the model on the canvas fits, else the digits."""
    report = designs.graph_report(desk.sheet)
    slugs = list(datasets)
    fits = [
        slug
        for slug, dataset in datasets.items()
        if workbench.misfit(desk.sheet, report, workbench.in_size(dataset.config, desk.taken)) is None
    ]
    best = max(fits, key=lambda slug: (not datasets[slug].download, datasets[slug].size), default="digits")
    return slugs.index(best)


def _against(desk: Desk, recipe: Recipe, others: Mapping[str, ModelConfig], key: str, active: bool) -> str | None:
    """What A is; and the offer to fit B to the data."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        against = st.selectbox(
            "Compare with (A)",
            list(others),
            key=key,
            disabled=active or not others,
            width=420,
            help="A, the baseline. B is what stands on the canvas. Both see the same batches in the same order.",
        )
        if st.button(
            "Fit the model to these data",
            key="build.fit",
            disabled=active,
            help="Sets the size of the input, and the outputs of a linear block at the end.",
        ):
            desk.open(workbench.fitted(desk.sheet, recipe.dataset), desk.init, desk.title, desk.left_out)
            st.rerun()
    return against


def _others(desk: Desk, dataset: Any) -> dict[str, ModelConfig]:
    """What the model may be compared with: the version before the edits, then models of the book that fit the data."""
    found: dict[str, ModelConfig] = {}
    for title, sheet in (("the version before the edit", desk.before), ("the version trained last", desk.trained)):
        if sheet is not None and workbench.misfit(sheet, designs.graph_report(sheet), dataset) is None:
            found[title] = designs.assembled(sheet, desk.init)
    for model in designs.fitting_models(dataset):
        found[model.name] = model.config
    return found


def _order(desk: Desk, recipe: Recipe, others: Mapping[str, ModelConfig], against: str | None, seeds: int) -> Order:
    """The run of what stands on the canvas. Raises Refused."""
    sheet, fault = desk.standing()
    if fault is not None:
        raise Refused(fault)
    problem = workbench.misfit(sheet, designs.graph_report(sheet), recipe.dataset)
    if problem is not None:
        raise Refused(f'{problem} "Fit the model to these data" sets input and last layer.')
    if against is None:
        raise Refused("There is nothing to compare with: no model of the book fits these data.")
    from archviz.core.setup import Setup

    own: Setup = Setup(model=designs.assembled(sheet, desk.init), recipe=recipe)
    baseline = Setup(model=others[against], recipe=recipe)
    if own == baseline:
        raise Refused("A and B are the same: change a block, or compare with another model.")
    return designs.own_order({"A": baseline, "B": own}, _titles(desk, against), seeds)


def _titles(desk: Desk, against: str) -> dict[str, str]:
    """What the arms are called."""
    return {"A": against, "B": "the canvas" if desk.title.startswith("a ") else f"the canvas (from {desk.title})"}
