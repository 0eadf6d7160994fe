"""One engine process for all tests that need one, in a home of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archviz.runs.cluster import Engine

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
