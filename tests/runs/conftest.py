"""One engine process for all tests that need one, and a store in a home of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archviz.runs.cluster import Engine
from archviz.runs.store import Store

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def importable() -> Iterator[None]:
    """Worker processes can import `tests`, and an engine ends soon after its last client has gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))))
        patch.setenv("ARCHVIZ_ENGINE_GRACE", "1")
        patch.setenv("ARCHVIZ_WORKERS", "2")
        yield


@pytest.fixture(scope="session")
def engine(importable: None, archviz_home: Path) -> Iterator[Engine]:
    """A warm local engine with two workers."""
    engine = Engine()
    engine.connect()
    yield engine
    engine.close()
    engine.store.close()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An empty history, its files beside it."""
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path))
    store = Store(f"sqlite:///{tmp_path / 'history.db'}")
    yield store
    store.close()
