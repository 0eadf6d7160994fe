"""Jobs: everything that takes time. The only place with threads, caches and the engine's client.

A page asks here and gets an answer at once: a value, or that it is still on its way. The first paint of every page
needs only the book and the committed reference results; the library (torch!) is loaded in the background meanwhile.
"""

import gc
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

import archviz
from archviz.core import book

T = TypeVar("T")

PAINT_FIRST = 0.8
"""Seconds that the first page has for itself before the library is loaded: importing holds Python's lock."""


class Background(Generic[T]):
    """One piece of work in a daemon thread, started once; `value` and `error` are none while it goes on."""

    def __init__(self, work: Callable[[], T], name: str) -> None:
        self._work, self._name, self._lock = work, name, threading.Lock()
        self._thread: threading.Thread | None = None
        self._started = 0.0
        self.value: T | None = None
        self.error: Exception | None = None

    def start(self) -> None:
        """Begin, unless that was done before."""
        with self._lock:
            if self._thread is None:
                self._started = time.monotonic()
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def again(self) -> None:
        """Begin anew after an error."""
        with self._lock:
            if self.error is not None:
                self.error, self._thread = None, None
        self.start()

    def wait(self, seconds: float) -> T | None:
        """Start and wait at most so long; the value if it is there by then."""
        self.start()
        assert self._thread is not None
        self._thread.join(seconds)
        return self.value

    @property
    def ready(self) -> bool:
        """Whether the value is there."""
        return self.value is not None

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._started if self._thread else 0.0

    def _run(self) -> None:
        try:
            self.value = self._work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the page must be able to say it
            self.error = error


# --- the book and the reference results: at once, without torch ----------------------------------------------------------


@cache
def built() -> frozenset[str]:
    """Slugs of the chapters that have their experiments; found by the names of their files, nothing is imported."""
    numbers = {page.number: page.slug for page in book.pages()}
    files = (Path(archviz.__file__).parent / "chapters").glob("ch[0-9][0-9]_*.py")
    return frozenset(numbers[int(file.stem[2:4])] for file in files if int(file.stem[2:4]) in numbers)


# --- the library: loaded in the background -----------------------------------------------------------------------------


def _load_library() -> ModuleType:
    """Import all that pages and charts will need, then take it out of the collector's way.

    Streamlit collects garbage after every run of a page; over torch's many objects that takes 0.2 to 0.4 s. Frozen
    objects are not looked at.
    """
    import pandas  # noqa: F401 - tables need it; better now than at the first click
    import pyarrow  # noqa: F401
    import scipy.special  # noqa: F401

    from archviz import catalog
    from archviz.engine import trace  # noqa: F401

    catalog.chapters()
    gc.collect()
    gc.freeze()
    return catalog


library: Background[ModuleType] = Background(_load_library, "library")


def start() -> None:
    """Begin to load the library and to connect to the engine, shortly after the first page has been sent."""
    if not _STARTED.is_set():
        _STARTED.set()
        timer = threading.Timer(PAINT_FIRST, library.start)
        timer.daemon = True
        timer.start()


_STARTED = threading.Event()
