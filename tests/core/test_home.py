"""Where archviz keeps its files."""

from pathlib import Path

import pytest

from archviz.core import home as home_module
from archviz.core.home import HomeNotWritable, home


def test_the_environment_decides_and_the_folder_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path / "deep" / "er"))
    assert home() == tmp_path / "deep" / "er"
    assert home().is_dir()


def test_a_relative_home_does_not_move_with_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHVIZ_HOME", "here")
    assert home() == tmp_path / "here"


def test_without_the_environment_it_is_the_systems_place_for_user_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ARCHVIZ_HOME", raising=False)
    monkeypatch.setattr(home_module, "user_data_path", lambda name, appauthor: tmp_path / name)
    assert home() == tmp_path / "archviz"


def test_a_place_that_cannot_be_written_gives_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path / "file" / "archviz"))
    with pytest.raises(HomeNotWritable, match=r"cannot keep its files in .*file/archviz .*set ARCHVIZ_HOME"):
        home()


def test_a_read_only_place_gives_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(home_module.os, "access", lambda path, mode: False)
    with pytest.raises(HomeNotWritable, match="permission denied"):
        home()
