"""Exports of a model that was put together, without a browser: files, or why there are none."""

import pytest
from streamlit.testing.v1 import AppTest

from app import background, designs
from app.jobs import Refused
from app.ui import exports


def _exports_page() -> None:
    from app.ui import exports
    from archviz.models.assembled import MODELS

    exports.files(MODELS[0].config)


def test_an_export_that_fails_is_a_sentence_at_its_button_and_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(config: object) -> bytes:
        raise Refused("ONNX cannot hold this model: no such operator.")

    graph, _, other = designs.EXPORTS
    made = (graph._replace(make=lambda config: b"<svg>"), other._replace(make=refuse))
    monkeypatch.setattr(designs, "EXPORTS", made)
    monkeypatch.setattr(exports, "AT_REST", 0.0)
    monkeypatch.setattr(background, "_files", {})
    page = AppTest.from_function(_exports_page)
    for _ in range(50):
        page.run()
        if len(background._files) == 2 and all(one.over for one in background._files.values()):
            break
    page.run()
    buttons = [element.proto for element in page.get("download_button")]
    assert [(button.label, button.disabled) for button in buttons] == [("Graph", False), ("ONNX", True)]
    assert [text.value for text in page.markdown] == [
        '<p class="az-quiet" data-testid="refused-model.onnx">ONNX cannot hold this model: no such operator.</p>'
    ]


def test_a_large_file_is_made_only_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(designs, "EXPORTS", (designs.EXPORTS[1],))
    monkeypatch.setattr(exports, "AT_REST", 0.0)
    monkeypatch.setattr(exports, "LARGE", 10)
    monkeypatch.setattr(background, "_files", {})
    page = AppTest.from_function(_exports_page).run()
    assert [button.label for button in page.button] == ["Make Weights"] and not background._files
    page.button[0].click().run()
    assert [one.wait(30) is not None for one in background._files.values()] == [True]
    page.run()
    assert [element.proto.disabled for element in page.get("download_button")] == [False]
