"""What all tests share: a home of their own, one thread each; those with a browser or an engine stay together."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Time is no criterion on a shared machine, and a run must mean the same for everybody.
settings.register_profile(
    "archviz", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("archviz")


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported; subprocesses inherit it
    for name in ("ARCHVIZ_DB", "ARCHVIZ_SCHEDULER"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session", autouse=True)
def archviz_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh `ARCHVIZ_HOME`, so that no test sees or touches the user's runs."""
    home = tmp_path_factory.mktemp("home")
    os.environ["ARCHVIZ_HOME"] = str(home)
    return home


ENGINES = ("tests/runs/", "tests/test_")
"""Where tests start engines: on one worker, so that there is one engine at a time."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif item.nodeid.startswith(ENGINES):
            item.add_marker(pytest.mark.xdist_group("engine"))
    items.sort(key=lambda item: not item.nodeid.startswith(ENGINES))  # the longest group begins first
