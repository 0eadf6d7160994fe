"""Discovery: every file of a content folder counts, and one without its constant is an error."""

from pathlib import Path

import pytest

from archviz.core.discover import discover


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    package = tmp_path / f"content_of_{request.node.name}"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    return package


def test_constants_come_in_the_order_of_file_names_and_tuples_are_joined(folder: Path) -> None:
    (folder / "beta.py").write_text("THINGS = (2, 3)")
    (folder / "alpha.py").write_text("THINGS = 1")
    (folder / "gamma.py").write_text("THINGS = ()")
    assert discover(folder.name, "THINGS") == (1, 2, 3)


def test_a_file_without_its_constant_is_named(folder: Path) -> None:
    (folder / "alpha.py").write_text("THINGS = 1")
    (folder / "forgotten.py").write_text("THING = 1")
    with pytest.raises(ImportError, match=r"forgotten\.py has no THINGS"):
        discover(folder.name, "THINGS")


def test_a_file_that_breaks_is_not_skipped(folder: Path) -> None:
    (folder / "broken.py").write_text("import archviz.no_such_part")
    with pytest.raises(ModuleNotFoundError, match="no_such_part"):
        discover(folder.name, "THINGS")


def test_an_empty_folder_holds_nothing(folder: Path) -> None:
    assert discover(folder.name, "THINGS") == ()
