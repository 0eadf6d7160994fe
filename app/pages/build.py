"""Build: a model put together from blocks, its source beside it, trained like any model of the book."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st

from app import designs, jobs, workbench
from app.background import Background
from app.jobs import Order, Refused
from app.progress import Expected
from app.ui import controls, live, parts, sources, views, waiting

if TYPE_CHECKING:
    from app.canvas.builder import Design, Status
    from app.designs import Export
    from archviz.blocks.assembly.sheet import Sheet
    from archviz.blocks.initialization import InitConfig
    from archviz.core.setup import ModelConfig, Recipe, Setup
    from archviz.models.assembled import Assembled

HEIGHT = 640
BLANK = "blank canvas"
STATE = "build."
LINK = "graph"


def render() -> None:
    """Draw the page."""
    parts.header(
        "",
        "Build",
        "Put a model together from blocks, or open one of the book and change it. Each block says at once what comes "
        "out of it; the source stands beside it; then train it against what it was before.",
    )
    if jobs.library.value is None:
        views.skeleton(HEIGHT)
        waiting.until([jobs.library])
        return
    _arrive()
    _start()
    parts.problems(st.session_state.get(STATE + "said", ()))
    st.fragment(_bench)()
    _training()


# --- where a design comes from ---------------------------------------------------------------------------------------


def _arrive() -> None:
    """Take what the address asks for, once: `?open=resnet20`, `?graph=...`, `?design=name`; else begin blank."""
    asked = {key: st.query_params[key] for key in ("open", LINK, "design") if key in st.query_params}
    if STATE + "revision" in st.session_state and asked == st.session_state.get(STATE + "asked", asked):
        return
    first = STATE + "revision" not in st.session_state
    st.session_state[STATE + "asked"] = asked
    if first:
        _open_sheet(designs.blank(), None, "a blank canvas")
    said = None
    try:
        if LINK in asked:
            _open_sheet(designs.sheet_of_link(asked[LINK]), None, "the model of the link")
        elif "design" in asked:
            _open_sheet(*designs.saved_design(asked["design"]), asked["design"])
        elif "open" in asked:
            found = designs.opened(asked["open"])
            _open_sheet(found.model.sheet, found.model.init, asked["open"])
            said = found.left_out
    except Refused as error:
        said = str(error)
    st.session_state[STATE + "said"] = [said] if said else []


def _open_sheet(sheet: Sheet, init: InitConfig | None, title: str) -> None:
    """Put a sheet on the canvas in place of what stands there."""
    state = st.session_state
    state[STATE + "revision"] = uuid4().hex  # never a known one: with that the canvas would keep what stands on it
    state[STATE + "given"] = state[STATE + "sheet"] = sheet
    state[STATE + "init"] = init
    state[STATE + "title"] = title
    state[STATE + "before"] = (title, sheet) if designs.graph_report(sheet).sentence is None else None
    state.pop(STATE + "sources", None)


def _start() -> None:
    """Templates, models of the book, saved designs, a file."""
    choose, saved, name_it, keep, load = st.columns([3, 2.2, 2.2, 0.9, 1.7], gap="small", vertical_alignment="bottom")
    with choose:
        name = st.selectbox(
            "Start from",
            [BLANK, *designs.openable()],
            index=None,
            placeholder="blank, a template, or a model of the book",
            key=f"{STATE}start.{st.session_state.get(STATE + 'starts', 0)}",
            help="It replaces what stands on the canvas; what stood there comes back with your browser's back button "
            "or from a saved design.",
        )
    if name is not None:
        st.session_state[STATE + "starts"] = st.session_state.get(STATE + "starts", 0) + 1
        _go({} if name == BLANK else {"open": name})
    names = designs.designs()
    with saved:
        found = st.selectbox(
            "Saved designs",
            names,
            index=None,
            placeholder="none yet" if not names else "open one",
            disabled=not names,
            key=f"{STATE}saved.{st.session_state.get(STATE + 'loads', 0)}",
            help="Designs that were saved here, the newest first.",
        )
    if found is not None:
        st.session_state[STATE + "loads"] = st.session_state.get(STATE + "loads", 0) + 1
        _go({"design": found})
    with name_it:
        title = st.text_input("Save as", key=STATE + "name", placeholder="a name", max_chars=80)
    with keep:
        if st.button(
            "Save", key=STATE + "save", help="Keep the design in this archviz under this name.", width="stretch"
        ):
            try:
                designs.save_design(title, st.session_state[STATE + "sheet"], st.session_state[STATE + "init"])
            except Refused as error:
                st.toast(str(error))
            else:
                st.toast(f'Saved as "{title}".')
                st.rerun()
    with load, st.popover("From a file", width="stretch", help="Open the JSON of a model that was saved or exported."):
        given = st.file_uploader("A model spec", type="json", key=STATE + "file")
        if given is not None and st.button("Open it", key=STATE + "open-file"):
            try:
                _open_sheet(*designs.sheet_of_file(given.getvalue()), given.name)
            except Refused as error:
                st.warning(str(error))
            else:
                st.rerun()


def _go(query: dict[str, str]) -> None:
    """Show what an address asks for, as if one came by a link."""
    st.query_params.from_dict(query)
    st.session_state.pop(STATE + "revision", None)
    st.rerun()


# --- the canvas and what comes out -----------------------------------------------------------------------------------


def _bench() -> None:
    """Canvas and source. A fragment: an edit draws nothing else anew."""
    from app.canvas.component import builder

    state = st.session_state

    def judge(design: Design) -> Mapping[str, Status]:
        sheet, refused = workbench.sheet_of(design)
        return workbench.statuses(designs.graph_report(sheet), refused)

    canvas, beside = st.columns([8, 4], gap="medium")
    with canvas:
        design = builder(
            workbench.palette(),
            workbench.design_of(state[STATE + "given"]),
            judge,
            key="builder",
            revision=state[STATE + "revision"],
            height=HEIGHT,
        )
    sheet, refused = workbench.sheet_of(design)
    state[STATE + "sheet"] = sheet
    report = designs.graph_report(sheet)
    whole = not refused and report.sentence is None
    with canvas:
        words = workbench.summary(report) if not refused else next(iter(refused.values()))
        parts.html(f'<p class="az-quiet" data-testid="whole">{parts.escape(words)}</p>')
    with beside:
        _outcome(sheet, whole)


def _outcome(sheet: Sheet, whole: bool) -> None:
    # What nobody looks at is not made: exports take seconds, and an edit is answered at once.
    source, export = st.tabs(["Source", "Export and share"], on_change="rerun", key=STATE + "beside")
    if not whole:
        with source:
            text = st.session_state.get(STATE + "sources", ("", ""))[1]
            _source(
                text,
                text,
                "This is the source of the last version that was a model."
                if text
                else "The source appears as soon as the blocks make a model.",
            )
        with export:
            parts.html('<div class="az-empty">There is nothing to export until the blocks make a model.</div>')
        return
    config = designs.assembled(sheet, st.session_state[STATE + "init"])
    text = designs.source(config)
    before, now = st.session_state.get(STATE + "sources", (text, text))
    if text != now:
        before, now = now, text
    st.session_state[STATE + "sources"] = (before, now)
    with source:
        _source(before, now)
    if export.open:
        with export:
            _exports(sheet, config, text)


def _source(before: str, now: str, note: str = "") -> None:
    """The whole source, what the last edit changed in colour."""
    from archviz.export.difference import difference

    sources.lines(difference(before, now, None), HEIGHT - 70, "source", note)


def _exports(sheet: Sheet, config: Assembled.Config, text: str) -> None:
    from archviz.export.link import to_link
    from archviz.export.spec_file import to_spec

    link = to_link(sheet)
    st.download_button(
        "Python file",
        text,
        "model.py",
        "text/x-python",
        help="The source beside the canvas; needs only torch.",
        icon=":material/code:",
        width="stretch",
    )
    st.download_button(
        "Spec",
        to_spec(sheet, config.init),
        "model.json",
        "application/json",
        help="The blocks as JSON, for `archviz build` and to open here again.",
        icon=":material/data_object:",
        width="stretch",
    )
    _made(config)
    recipe = st.session_state.get(STATE + "recipe")
    if recipe is not None:
        st.download_button(
            "Notebook",
            lambda: designs.notebook(config, recipe),
            "model.ipynb",
            "application/x-ipynb+json",
            help="The source with the data and the recipe below, to train it again.",
            icon=":material/menu_book:",
            width="stretch",
            on_click="ignore",
        )
    parts.html('<p class="az-quiet">A link that opens this model:</p>')
    st.code(f"/build?{LINK}={link}", language=None, wrap_lines=True)
    if st.button("Put it into the address", key=STATE + "link", help="Then the address itself can be shared."):
        st.session_state[STATE + "asked"] = {LINK: link}
        st.query_params.from_dict({LINK: link})


AT_REST = 1.0
"""Seconds without an edit after which files are made."""
LARGE = 5_000_000
"""Parameters from which on a file is made only when it is asked for."""


def _made(config: Assembled.Config) -> None:
    """Files that take a moment: made while one looks, so that a button gives the file or says why there is none."""
    from archviz.core.record import fingerprint

    name = fingerprint(config)
    if st.session_state.get(STATE + "exported", ("", 0.0))[0] != name:
        st.session_state[STATE + "exported"] = (name, time.monotonic())
    large = designs.graph_report(config.sheet).parameters > LARGE
    files: dict[str, Background[bytes] | None] = {}
    for one in designs.EXPORTS:
        label, file, _, icon, help_text = one
        if large and st.session_state.get(f"{STATE}{file}") != name:
            help_text = f"{help_text} It is large, so it is made when you press this."
            if st.button(f"Make {label}", key=f"{STATE}make.{file}", help=help_text, icon=icon, width="stretch"):
                st.session_state[f"{STATE}{file}"] = name
                st.rerun()
            continue
        found = files[file] = _begun(one, config)
        content = None if found is None else found.value
        st.download_button(
            label if found is not None and found.over else f"{label} (being made)",
            content or b"",
            file,
            key=f"{STATE}export.{file}",
            help=help_text,
            icon=icon,
            width="stretch",
            on_click="ignore",
            disabled=content is None,
        )
        if found is not None and found.error is not None:
            parts.html(f'<p class="az-quiet" data-testid="refused-{file}">{parts.escape(str(found.error))}</p>')
    waiting_for = [one for one in designs.EXPORTS if one.file in files and not _over(files[one.file])]
    if waiting_for:
        st.fragment(_until_made, run_every=0.4)(config, waiting_for)


def _until_made(config: Assembled.Config, expected: Sequence[Export]) -> None:
    """Draw the page anew as soon as one more file is there."""
    if any(_over(_begun(one, config)) for one in expected):
        st.rerun()


def _begun(export: Export, config: Assembled.Config) -> Background[bytes] | None:
    _, since = st.session_state[STATE + "exported"]
    return export.begin(config) if time.monotonic() - since >= AT_REST else None


def _over(found: Background[bytes] | None) -> bool:
    return found is not None and found.over


# --- training --------------------------------------------------------------------------------------------------------

OPTIMIZERS = {"SGD": 0.1, "AdamW": 0.003}
"""With the learning rate that a small model begins well with."""


def _training() -> None:
    st.subheader("Train it", anchor=False, divider="gray")
    run_id = st.query_params.get("run")
    run = jobs.run(run_id) if run_id else None
    if run_id and run is None:
        parts.problems([f'The run "{run_id}" is not in the history of this archviz.'])
    active = run is not None and run.status in ("queued", "running")
    data, optimizer, rate, steps, batch, seeds = st.columns([3, 1.6, 1.6, 1.4, 1.4, 1.2], gap="medium")
    datasets = designs.datasets()
    with data:
        chosen = st.selectbox(
            "Dataset",
            list(datasets),
            index=_likely(datasets),
            format_func=lambda slug: datasets[slug].title,
            key=STATE + "dataset",
            disabled=active,
            help="What the model learns from. Training, validation and test never overlap.",
        )
    with optimizer:
        kind = st.selectbox(
            "Optimizer", list(OPTIMIZERS), key=STATE + "optimizer", disabled=active,
            help="SGD has momentum 0.9; both let the learning rate fall along a cosine.",
        )  # fmt: skip
    with rate:
        lr = st.number_input(
            "Learning rate", 1e-5, 10.0, OPTIMIZERS[kind], format="%g", key=f"{STATE}lr.{kind}", disabled=active,
            help="Step size of the optimizer at the start.",
        )  # fmt: skip
    with steps:
        count = st.number_input("Steps", 10, 5000, 200, 10, key=STATE + "steps", disabled=active, help="Batches.")
    with batch:
        size = st.number_input("Batch", 2, 1024, 64, key=STATE + "batch", disabled=active, help="Examples in a batch.")
    with seeds:
        number = controls.seeds(3, STATE + "seeds", active)
    dataset = datasets[chosen].config
    recipe = designs.own_recipe(dataset, kind, float(lr), int(count), int(size))
    st.session_state[STATE + "recipe"] = recipe

    others = _others(dataset)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        against = st.selectbox(
            "Compare with (A)",
            list(others),
            key=f"{STATE}against.{st.session_state[STATE + 'revision']}.{chosen}",
            disabled=active or not others,
            width=420,
            help="A, the baseline. B is what stands on the canvas. Both see the same batches in the same order.",
        )
        if st.button(
            "Fit the model to these data",
            key=STATE + "fit",
            disabled=active,
            help="Sets the size of the input, and the outputs of a linear block at the end.",
        ):
            sheet = workbench.fitted(st.session_state[STATE + "sheet"], dataset)
            _open_sheet(sheet, st.session_state[STATE + "init"], st.session_state[STATE + "title"])
            st.rerun()
    _press(run_id, active, recipe, others, against, number)
    expected = Expected(_titles(against or ""), recipe.steps, math.log(dataset.outputs))
    live.panel(run.id if run else None, "build", expected)


def _likely(datasets: Mapping[str, Any]) -> int:
    """The dataset that the model on the canvas fits, else the digits."""
    sheet = st.session_state[STATE + "sheet"]
    report = designs.graph_report(sheet)
    slugs = list(datasets)
    fits = [index for index, slug in enumerate(slugs) if workbench.misfit(sheet, report, datasets[slug].config) is None]
    return fits[0] if fits else slugs.index("digits") if "digits" in slugs else 0


def _others(dataset: Any) -> dict[str, ModelConfig]:
    """What the model may be compared with: the version before the edits, then models of the book that fit the data."""
    found: dict[str, ModelConfig] = {}
    before = st.session_state.get(STATE + "before")
    if before is not None:
        _, sheet = before
        if workbench.misfit(sheet, designs.graph_report(sheet), dataset) is None:
            found["the version before the edit"] = designs.assembled(sheet, st.session_state[STATE + "init"])
    last = st.session_state.get(STATE + "trained")
    if last is not None and workbench.misfit(last, designs.graph_report(last), dataset) is None:
        found["the version trained last"] = designs.assembled(last, st.session_state[STATE + "init"])
    for model in designs.fitting_models(dataset):
        found[model.name] = model.config
    return found


def _press(
    run_id: str | None, active: bool, recipe: Recipe, others: Mapping[str, ModelConfig], against: str | None, seeds: int
) -> None:
    wanted_key, started_key, refused_key = (STATE + what for what in ("wanted", "started", "refused"))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="train"):
        ready = jobs.engine_ready()
        st.button(
            "Train",
            type="primary",
            icon=":material/play_arrow:",
            key="train-button",
            disabled=active or not ready,
            help="Train A and B with every seed, in processes of their own. You can stop at any time.",
            on_click=st.session_state.__setitem__,
            args=(wanted_key, True),
        )
        if active:
            st.markdown("Training goes on below.")
        elif not ready:
            waiting.engine()
        else:
            st.markdown(f"`{2 * seeds}` trials of `{recipe.steps}` steps")
    if wanted_key in st.session_state:
        del st.session_state[wanted_key]
        with st.spinner("Handing the trials to the engine", show_time=True):
            try:
                st.session_state[started_key] = jobs.submit(_order(recipe, others, against, seeds))
            except Refused as error:
                st.session_state[refused_key] = str(error)
            else:
                st.session_state.pop(refused_key, None)
    if started_key in st.session_state:
        st.session_state[STATE + "trained"] = st.session_state[STATE + "sheet"]
        st.query_params["run"] = st.session_state.pop(started_key)
        st.rerun()
    if refused_key in st.session_state:
        st.warning(st.session_state[refused_key], icon=":material/front_hand:")


def _order(recipe: Recipe, others: Mapping[str, ModelConfig], against: str | None, seeds: int) -> Order:
    """The run of what stands on the canvas. Raises Refused."""
    state = st.session_state
    sheet: Sheet = state[STATE + "sheet"]
    problem = workbench.misfit(sheet, designs.graph_report(sheet), recipe.dataset)
    if problem is not None:
        raise Refused(f'{problem} "Fit the model to these data" sets input and last layer.')
    if against is None:
        raise Refused("There is nothing to compare with: no model of the book fits these data.")
    from archviz.core.setup import Setup

    own: Setup = Setup(model=designs.assembled(sheet, state[STATE + "init"]), recipe=recipe)
    baseline = Setup(model=others[against], recipe=recipe)
    if own == baseline:
        raise Refused("A and B are the same: change a block, or compare with another model.")
    return designs.own_order({"A": baseline, "B": own}, _titles(against), seeds)


def _titles(against: str) -> dict[str, str]:
    """What the arms are called."""
    title = st.session_state[STATE + "title"]
    return {"A": against, "B": "the canvas" if title.startswith("a ") else f"the canvas (from {title})"}
