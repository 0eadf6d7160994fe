"""What graphs are coloured by and what is inside a node, as a reader sees it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app import anatomy
from app.anatomy import Subject
from archviz import catalog
from archviz.engine.trace import fold, trace

MAIN = Path(__file__).parents[2] / "app" / "main.py"
LOADED = 300_000


def test_measures_are_made_when_they_are_wanted() -> None:
    _, experiment = catalog.experiment("residual/identity")
    setup = experiment.setup(experiment.arms[0], 8)
    subjects = {"A": Subject(setup.model, setup.recipe.dataset.inputs, setup)}
    graphs = {"A": fold(trace(setup.model, setup.recipe.dataset.inputs, "A"))}
    memory, time, gradient = anatomy.measures(graphs, subjects, None)
    assert memory.values["A"]["stem"] > 0 and not time.values and not gradient.values
    assert not anatomy.going(subjects, None)
    for name, unit in ((anatomy.TIME, "ms"), (anatomy.GRADIENT, "")):
        for one in anatomy.going(subjects, name):
            assert one.wait(60) is not None
        (found,) = (one for one in anatomy.measures(graphs, subjects, name) if one.name == name)
        assert found.unit == unit and found.values["A"]["stem"] > 0


def test_a_model_of_the_book_has_no_gradient_and_says_what_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    model = catalog.model("resnet50")
    subject = Subject(model.config, model.inputs)
    graphs = {"A": fold(trace(model.config, model.inputs, "A"))}
    monkeypatch.setenv("ARCHVIZ_MAX_MEMORY_MIB", "1")
    anatomy.time(subject).wait(60)
    measures = anatomy.measures(graphs, {"A": subject}, anatomy.TIME)
    assert [one.name for one in measures] == [anatomy.MEMORY, anatomy.TIME]
    assert "ARCHVIZ_MAX_MEMORY_MIB" in measures[1].note


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_a_chapter_graph_is_coloured_and_looked_into(serve: Callable[[Path], str], page: Page) -> None:
    page.set_viewport_size({"width": 1600, "height": 1400})
    page.goto(f"{serve(MAIN)}/residual")
    expect(page.get_by_test_id("pane-A")).to_be_visible(timeout=LOADED)
    page.wait_for_timeout(1500)
    for name, unit in (("activation memory", "B"), ("time", "ms"), ("gradient norm", "")):
        page.get_by_test_id("colour").select_option(name)
        expect(page.locator(".legend .ramp")).to_be_visible(timeout=LOADED)
        expect(page.locator(".legend")).to_contain_text(unit)
    page.get_by_test_id("pane-A").locator(".label", has_text="SmallStem").click()
    expect(page.get_by_test_id("inside")).to_contain_text("4,608", timeout=LOADED)
    expect(page.get_by_text("class SmallStem(nn.Module):")).to_be_visible()
    expect(page.get_by_test_id("weights")).to_contain_text("before training", timeout=LOADED)
    expect(page.get_by_text("channels that vary most")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
