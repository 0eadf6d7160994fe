"""The Train button, without a browser: what a press starts, what it leaves to the page, and what is refused."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from streamlit.testing.v1 import AppTest

from app import designs, jobs
from app.background import Background
from app.jobs import Order, Refused
from app.ui import train_button
from app.ui.train_button import Offer
from archviz.core.setup import Setup
from archviz.data.digits import Digits
from archviz.models.assembled import MODELS


def _page() -> None:
    """A page with one control and the button; the run stands in the address."""
    import streamlit as st

    from app.ui import train_button
    from tests.app import test_train_button

    st.session_state.setdefault("drawn", []).append(None)
    seeds = st.number_input("Seeds", 1, 20, 1, key="seeds")
    running = "run" in st.query_params
    st.checkbox("Broken", key="broken")
    train_button.draw(
        test_train_button.offer(
            seeds,
            started=lambda run: st.query_params.update(run=run),
            problem="Nothing to compare." if st.session_state["broken"] else None,
            active=running,
        )
    )


def offer(seeds: int, **given: object) -> Offer:
    """An order of so many seeds."""
    made = {"page": "test", "controls": ("seeds",), "size": f"{seeds} seeds", "help": "Train.", **given}
    return Offer(order=lambda: order(seeds), **made)  # type: ignore[arg-type]


def order(seeds: int) -> Order:
    if seeds == 13:
        raise Refused("Thirteen is not for us.")
    setups = {
        arm: Setup(model=MODELS[0].config, recipe=designs.own_recipe(Digits.Config(), "SGD", lr, 20, 16))
        for arm, lr in (("A", 0.1), ("B", 0.01))
    }
    return designs.own_order(setups, {"A": "slow", "B": "fast"}, seeds)


@dataclass
class Engine:
    """What was handed over; more than ten seeds are over its limit."""

    submitted: list[int] = field(default_factory=list)
    estimate: Background[object] = field(default_factory=lambda: Background(lambda: "small", "estimate"))

    def submit(self, order: Order) -> str:
        if order.budget.seeds > 10:
            raise Refused(f"{order.budget.seeds} seeds are too many; ask for fewer.")
        self.submitted.append(order.budget.seeds)
        return f"run{len(self.submitted)}"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    found = Engine()
    found.estimate.wait(5)
    monkeypatch.setattr(jobs, "engine_ready", lambda: True)
    monkeypatch.setattr(jobs, "prepare", lambda order: found.estimate)
    monkeypatch.setattr(jobs, "submit", found.submit)
    return found


@pytest.fixture
def opened(engine: Engine) -> AppTest:
    return AppTest.from_function(_page, default_timeout=30).run()


def drawn(page: AppTest) -> int:
    """How often the page was drawn so far."""
    return len(page.session_state["drawn"])


def test_a_press_starts_what_the_page_shows_and_draws_the_page_once(opened: AppTest, engine: Engine) -> None:
    before = drawn(opened)
    opened.button[0].click().run()
    assert engine.submitted == [1]
    assert opened.query_params["run"] == "run1"
    assert drawn(opened) == before + 1
    assert opened.button[0].disabled
    assert [text.value for text in opened.markdown] == ["Training goes on below."]


def test_controls_that_change_together_with_the_press_are_what_is_trained(opened: AppTest, engine: Engine) -> None:
    opened.number_input[0].set_value(4)
    opened.button[0].click().run()
    assert engine.submitted == [4]
    assert opened.query_params["run"] == "run1"


def test_an_estimate_that_takes_longer_is_left_to_the_page(
    opened: AppTest, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_button, "PATIENCE", 0.0)
    slow = engine.estimate = Background(lambda: None, "never")
    before = drawn(opened)
    opened.button[0].click().run()
    assert not slow.over
    assert engine.submitted == [1]
    assert drawn(opened) == before + 2  # one that hands over, one with the run


def test_what_is_over_a_limit_is_said_at_the_button_until_the_order_is_another_one(
    opened: AppTest, engine: Engine
) -> None:
    opened.number_input[0].set_value(12).run()
    before = drawn(opened)
    opened.button[0].click().run()
    assert [warning.value for warning in opened.warning] == ["12 seeds are too many; ask for fewer."]
    assert drawn(opened) == before + 1 and not opened.button[0].disabled
    assert not engine.submitted and "run" not in opened.query_params
    opened.run()
    assert len(opened.warning) == 1  # it stands there while nothing has changed
    opened.number_input[0].set_value(11).run()
    assert not opened.warning
    opened.number_input[0].set_value(12).run()
    assert not opened.warning


def test_an_order_that_cannot_be_made_is_said_when_it_is_asked_for(opened: AppTest, engine: Engine) -> None:
    opened.number_input[0].set_value(13).run()
    assert not opened.warning and not opened.button[0].disabled
    opened.button[0].click().run()
    assert [warning.value for warning in opened.warning] == ["Thirteen is not for us."]
    opened.number_input[0].set_value(2)
    opened.button[0].click().run()
    assert not opened.warning and engine.submitted == [2]


def test_a_refusal_goes_when_there_is_nothing_to_train(opened: AppTest, engine: Engine) -> None:
    opened.number_input[0].set_value(12).run()
    opened.button[0].click().run()
    opened.checkbox[0].check().run()
    assert not opened.warning and opened.button[0].disabled
    assert [text.value for text in opened.markdown] == ["Nothing to compare."]


def test_a_press_together_with_a_change_that_leaves_nothing_to_train_starts_nothing(
    opened: AppTest, engine: Engine
) -> None:
    opened.checkbox[0].check()
    opened.number_input[0].set_value(4)
    opened.button[0].click().run()
    opened.checkbox[0].uncheck().run()
    assert not engine.submitted


def _pressed_twice() -> None:
    """The second click reaches the server before the page has been drawn anew."""
    import streamlit as st

    from app.ui import train_button
    from tests.app import test_train_button

    started = st.session_state.setdefault("runs", [])
    offered = test_train_button.offer(1, started=started.append)
    if st.button("twice"):
        for _ in range(2):
            train_button._pressed(offered, {"seeds": None})


def test_the_second_click_of_a_double_click_starts_nothing(engine: Engine) -> None:
    page = AppTest.from_function(_pressed_twice, default_timeout=30).run()
    page.button[0].click().run()
    assert not page.exception
    assert page.session_state["runs"] == ["run1"]
    assert engine.submitted == [1]


def test_nothing_can_be_started_while_the_engine_starts(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "engine_ready", lambda: False)
    page = AppTest.from_function(_page, default_timeout=30).run()
    assert page.button[0].disabled
    assert "starting the engine" in page.markdown[0].value
