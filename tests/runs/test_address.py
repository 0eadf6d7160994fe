"""The file by which clients find the local engine."""

import os
from pathlib import Path

import pytest

from archviz.runs import address as module
from archviz.runs.address import Address, address_file, forget_address, read_address, source_state


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path))


def test_it_reads_back_and_only_its_writer_forgets_it() -> None:
    assert read_address() is None
    mine, other = Address("tcp://127.0.0.1:1", os.getpid(), "a"), Address("tcp://127.0.0.1:2", os.getpid(), "a")
    mine.write()
    assert read_address() == mine and mine.alive
    other.write()
    forget_address(mine)
    assert read_address() == other
    forget_address(other)
    assert read_address() is None
    assert list(address_file().parent.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"scheduler": "x"}', '{"new": 1}'])
def test_a_damaged_file_is_no_address(text: str) -> None:
    address_file().write_text(text)
    assert read_address() is None


def test_the_source_state_changes_with_any_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    (tmp_path / "a.py").write_text("1")
    first = source_state()
    assert source_state() == first
    (tmp_path / "a.py").write_text("12")
    second = source_state()
    os.utime(tmp_path / "a.py", (0, 0))
    third = source_state()
    (tmp_path / "b.py").write_text("1")
    assert len({first, second, third, source_state()}) == 4
