"""What every exhibit promises, over everything that is discovered."""

import re
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from app.ui import options
from app.ui.views import DRAWN
from archviz import catalog
from archviz.core.record import Record, fingerprint, reason
from archviz.core.results import Result
from archviz.core.spec import Exhibit
from archviz.engine import gallery

EXHIBITS = catalog.exhibits()


def by_slug(exhibit: Exhibit) -> str:
    return exhibit.slug


def picture(exhibit: Exhibit, name: str | None = None) -> Any:
    return gallery.picture(name or exhibit.sample, exhibit.image_size) if exhibit.takes_image else None


def check(results: tuple[Result, ...]) -> None:
    """There is something to see, and the screen has a view for each of it."""
    assert results
    for result in results:
        assert result.title and isinstance(result, DRAWN)
        assert Record.model_validate_json(result.model_dump_json()) == result
        assert fingerprint(result)


def values(field: FieldInfo) -> st.SearchStrategy[Any]:
    """Everything that a reader can give to the widget of a field."""
    of = field.annotation
    low, high = options.bounds(field)
    if get_origin(of) is Literal:
        return st.sampled_from(get_args(of))
    if of is bool:
        return st.booleans()
    if of is int:
        return st.integers(None if low is None else int(low), None if high is None else int(high))
    if of is float:
        return st.floats(low, high, allow_nan=False, allow_infinity=False)
    if of is str:
        return st.text(max_size=40)
    rows, columns = len(field.default), len(field.default[0])
    number = st.floats(-1e6, 1e6, allow_nan=False)
    row = st.lists(number, min_size=columns, max_size=columns).map(tuple)
    return st.lists(row, min_size=rows, max_size=rows).map(tuple)


def test_each_belongs_to_a_chapter_and_has_a_name_of_its_own() -> None:
    shown = [exhibit.slug for chapter in catalog.chapters() for exhibit in chapter.exhibits]
    assert sorted(shown) == sorted(exhibit.slug for exhibit in EXHIBITS)
    assert len(set(shown)) == len(shown)
    assert len({exhibit.options for exhibit in EXHIBITS}) == len(EXHIBITS)


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=by_slug)
def test_it_is_explained(exhibit: Exhibit) -> None:
    assert re.fullmatch("[a-z0-9-]+", exhibit.slug)
    assert len(exhibit.title.split()) <= 4
    assert 15 <= len(exhibit.text.split()) <= 120
    assert exhibit.source
    assert exhibit.sample in gallery.PICTURES
    for name, field in exhibit.options.model_fields.items():
        assert field.description, f"{name} has no description, and so its widget no help"
        assert not field.is_required(), f"{name} has no default to show first"
        assert field.annotation is not int or None not in options.bounds(field), f"{name} has no bounds"


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=by_slug)
def test_its_defaults_show_something(exhibit: Exhibit) -> None:
    check(exhibit.show(exhibit.options(), picture(exhibit)))


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=by_slug)
def test_it_shows_the_same_each_time(exhibit: Exhibit) -> None:
    once, again = (exhibit.show(exhibit.options(), picture(exhibit)) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=by_slug)
@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_chosen_is_shown_or_refused_in_one_sentence(exhibit: Exhibit, data: st.DataObject) -> None:
    chosen: dict[str, Any] = {}
    for name, field in exhibit.options.model_fields.items():
        if options.asked(field, chosen):
            chosen[name] = data.draw(values(field), name)
    sample = data.draw(st.sampled_from(list(gallery.PICTURES)), "picture") if exhibit.takes_image else None
    refused: ValueError | None = None
    try:
        check(exhibit.show(exhibit.options.model_validate(chosen), picture(exhibit, sample)))
    except ValueError as error:
        refused = error
    if refused is not None:
        assert type(refused) in (ValueError, ValidationError), "a slip, not a refusal"
        assert 20 < len(reason(refused)) < 250 and "\n" not in reason(refused)
