"""The page Inspect without a browser."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from app import jobs


def page() -> None:
    from app.pages import inspect

    inspect.render()


def text_of(app: AppTest) -> str:
    return " ".join(str(element.value) for element in (*app.markdown, *app.caption, *app.subheader, *app.warning))


@pytest.fixture
def app() -> AppTest:
    assert jobs.library.wait(120) is not None, jobs.library.error
    return AppTest.from_function(page, default_timeout=60)


def opened(app: AppTest, **query: str) -> AppTest:
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def look(app: AppTest) -> AppTest:
    """Press the button and wait for what there is to see."""
    app.button[0].click().run()
    for _ in range(60):
        if app.get("skeleton") == [] and not any("(" in one.value and " s)" in one.value for one in app.caption):
            break
        time.sleep(0.5)
        app.run()
    assert not app.exception
    return app


def test_before_the_button_is_pressed_the_page_says_what_to_do(app: AppTest) -> None:
    opened(app, model="vit-tiny", weights="untrained")
    assert "Choose a network and a picture" in text_of(app)
    assert [button.label for button in app.button] == ["Look inside"]


def test_one_look_shows_reasons_layers_and_attention(app: AppTest) -> None:
    look(opened(app, model="vit-tiny", weights="untrained"))
    shown = text_of(app)
    for words in (
        "What the answer depends on",
        "Layer by layer",
        "feature maps of",
        "Where it looks",
        "no answer worth",
    ):
        assert words in shown, words


def test_another_layer_is_drawn_without_pressing_again(app: AppTest) -> None:
    look(opened(app, model="vit-tiny", weights="untrained"))
    layer = next(box for box in app.selectbox if box.label == "Layer")
    layer.select("patches.output").run()
    for _ in range(60):
        if "feature maps of patches.output" in text_of(app):
            break
        time.sleep(0.5)
        app.run()
    assert "feature maps of patches.output" in text_of(app)


def test_an_unknown_network_in_the_address_is_said(app: AppTest) -> None:
    opened(app, model="resnet-1001")
    assert 'There is no network of pictures called "resnet-1001"' in text_of(app)


def test_a_network_over_the_limit_is_refused_with_the_estimate(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHVIZ_MAX_MEMORY_MIB", "256")
    look(opened(app, model="vgg13", weights="untrained"))
    assert any("more than the limit of 256 MiB" in str(error.value) for error in app.error)
    assert "Try again" in [button.label for button in app.button]
