"""The desk: what stands on the canvas, also before it has been drawn anew."""

import json
from dataclasses import asdict, replace

import pytest
from streamlit.testing.v1 import AppTest

from app import designs, desk, jobs, workbench
from app.canvas.builder import Block, Design
from app.desk import Desk
from app.jobs import Refused
from app.ui import own_training
from archviz.blocks.assembly.sheet import Sheet
from archviz.core.setup import ModelConfig
from archviz.data.digits import Digits
from archviz.models.assembled import MODELS

RESIDUAL = MODELS[0].config.sheet


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with a model on it, and what the browser says of the canvas."""
    monkeypatch.setattr(desk, "st", _Streamlit())
    found = Desk()
    found.open(RESIDUAL, None, "assembled-residual")
    return found


class _Streamlit:
    def __init__(self) -> None:
        self.session_state: dict[str, object] = {}


def edit(revision: str, design: Design) -> None:
    sent = json.loads(json.dumps(asdict(design)))
    desk.st.session_state[desk.CANVAS] = {"designed": {"revision": revision, "edit": 1, **sent}}


def test_what_the_browser_sent_stands_before_the_canvas_is_drawn_anew(opened: Desk) -> None:
    as_given = workbench.design_of(RESIDUAL)
    assert opened.standing() == (workbench.sheet_of(as_given)[0], None)
    edit(opened.revision, Design(as_given.blocks[:3], ()))
    assert [node.id for node in opened.standing()[0].nodes] == [node.id for node in RESIDUAL.nodes[:3]]
    edit(opened.revision, Design())
    assert opened.standing() == (Sheet(), None)
    edit("another one", Design())
    assert len(opened.standing()[0].nodes) == len(RESIDUAL.nodes)


def test_what_is_opened_has_a_name_of_its_own_and_is_compared_with_itself_only_if_it_is_a_model(opened: Desk) -> None:
    first = opened.revision
    assert opened.before == RESIDUAL
    opened.sources = ("before", "now")
    opened.open(Sheet(), None, desk.BLANK)
    assert opened.revision != first and opened.before is None and opened.sources is None


def order(opened: Desk, against: str | None, others: dict[str, ModelConfig] | None = None) -> jobs.Order:
    recipe = designs.own_recipe(Digits.Config(), "SGD", 0.1, 20, 16)
    return own_training._order(opened, recipe, others or {}, against, 3)


def test_an_order_is_of_what_stands_on_the_canvas(opened: Desk) -> None:
    other = designs.fitting_models(Digits.Config())[0]
    found = order(opened, other.name, {other.name: other.config})
    assert {arm.name: found.experiment.setup(arm).model for arm in found.experiment.arms} == {
        "A": other.config,
        "B": MODELS[0].config,
    }
    assert [arm.title for arm in found.experiment.arms] == [other.name, "the canvas (from assembled-residual)"]


def test_an_order_that_cannot_be_run_is_refused_in_a_sentence(opened: Desk) -> None:
    itself = {"the version before the edit": MODELS[0].config}
    with pytest.raises(Refused, match="A and B are the same"):
        order(opened, "the version before the edit", itself)
    with pytest.raises(Refused, match="nothing to compare with"):
        order(opened, None)
    design = workbench.design_of(RESIDUAL)
    blocks = tuple(b if b.kind != "conv" else _broken(b) for b in design.blocks)
    edit(opened.revision, Design(blocks, design.wires))
    with pytest.raises(Refused, match="kernel"):  # never trained with another value in its place
        order(opened, "the version before the edit", itself)
    edit(opened.revision, Design())
    with pytest.raises(Refused, match="The canvas is empty"):
        order(opened, "the version before the edit", itself)


def _broken(block: Block) -> Block:
    return replace(block, parameters={**block.parameters, "kernel": 0})


def _two_visits() -> None:
    import streamlit as st

    from app import desk
    from app.ui import opening

    found = desk.of_session()
    opening.arrive(found)
    st.session_state["seen"] = (found.revision, found.title, len(found.given.nodes), found.said)
    st.session_state["left out"] = found.left_out


def test_an_address_is_opened_once_and_one_that_cannot_be_is_said() -> None:
    page = AppTest.from_function(_two_visits, default_timeout=60)
    page.query_params["open"] = MODELS[0].name
    first = page.run().session_state["seen"]
    assert first[1:] == (MODELS[0].name, len(RESIDUAL.nodes), None)
    assert page.run().session_state["seen"] == first
    page.query_params["open"] = "no-such-model"
    refused = page.run().session_state["seen"]
    assert refused[:3] == first[:3] and "no-such-model" in refused[3]  # what stood there stays
    page.query_params["graph"] = "cut"
    assert "link" in page.run().session_state["seen"][3]


def test_what_of_a_model_is_not_on_the_canvas_is_known_while_it_stands_there() -> None:
    page = AppTest.from_function(_two_visits, default_timeout=60)
    page.query_params["open"] = "inception_v3"
    assert page.run().session_state["left out"].startswith("Left out: what only training uses")
    page.query_params["open"] = "resnet20"
    assert page.run().session_state["left out"] is None
