"""Whatever a chart shows: it is complete, its axes are labelled, and what is drawn has a column."""

import json

import pytest

from tests.app.charts.examples import ALL, encodings


@pytest.mark.parametrize("name", ALL)
def test_every_figure_is_complete(name: str):
    figure = ALL[name]
    json.dumps(figure.complete, allow_nan=False)
    assert figure.height == figure.spec["height"] > 0
    assert figure.alt
    assert figure.table
    assert len({len(values) for values in figure.columns.values()}) <= 1


@pytest.mark.parametrize("name", ALL)
def test_every_axis_is_labelled(name: str):
    found = encodings(ALL[name].spec)
    assert found
    for encoding in found:
        for channel in ("x", "y"):
            field = encoding.get(channel)
            if field is not None and field.get("field") != "arm":
                assert field.get("title"), (name, channel)


@pytest.mark.parametrize("name", ALL)
def test_every_field_that_is_drawn_has_a_column(name: str):
    figure = ALL[name]
    for encoding in encodings(figure.spec):
        for channel in encoding.values():
            for part in channel if isinstance(channel, list) else [channel]:
                if "field" in part:
                    assert part["field"] in figure.columns, (name, part)
