"""Fields of a record become widgets, and what is set comes back as that record."""

from typing import Literal

import pytest
from pydantic import Field
from streamlit.testing.v1 import AppTest

from app.ui import options
from archviz.core.record import Record


class TriedOptions(Record):
    colour: Literal["red", "green", "own"] = Field("red", description="which")
    shade: int = Field(
        2, ge=1, le=9, title="Its shade", description="how dark", json_schema_extra={"when": {"colour": "own"}}
    )
    many: int = Field(100, ge=1, le=100_000, description="how many")
    share: float = Field(0.5, gt=0, le=1, description="how much")
    free: float = Field(1.0, description="any number")
    on: bool = Field(False, description="whether")
    word: str = Field("a", description="what")


def page() -> None:
    import streamlit as st

    from app.ui import options
    from tests.app.test_options import TriedOptions

    st.json(options.fields(TriedOptions, "k").model_dump_json())


def shown(app: AppTest) -> Record:
    assert not app.exception
    return Record.model_validate_json(app.json[0].value)


def test_untouched_widgets_give_the_defaults_and_what_does_not_matter_is_not_asked() -> None:
    app = AppTest.from_function(page, default_timeout=30).run()
    assert shown(app) == TriedOptions()
    assert "Its shade" not in [slider.label for slider in app.slider]


def test_what_is_set_comes_back() -> None:
    app = AppTest.from_function(page, default_timeout=30).run()
    app.number_input(key="k-many").set_value(7)
    app.toggle(key="k-on").set_value(True)
    app.text_input(key="k-word").set_value("b")
    app.slider(key="k-share").set_value(0.25)
    app.run()
    assert shown(app) == TriedOptions(many=7, on=True, word="b", share=0.25)


def test_a_field_is_asked_for_where_it_matters() -> None:
    field = TriedOptions.model_fields["shade"]
    assert options.asked(field, {"colour": "own"})
    assert not options.asked(field, {"colour": "red"})
    assert options.label("shade", field) == "Its shade"


@pytest.mark.parametrize(("name", "expected"), [("shade", (1, 9)), ("share", (0, 1)), ("free", (None, None))])
def test_bounds_come_from_the_field(name: str, expected: tuple[float | None, float | None]) -> None:
    assert options.bounds(TriedOptions.model_fields[name]) == expected
