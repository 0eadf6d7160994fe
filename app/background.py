"""Background: work in threads of its own, and what came of it. The only place that starts threads.

A page asks for work by its identity and gets at once what there is of it: a value, an error, or neither yet.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

KEPT = 64
"""Pictures that are kept in memory."""
KEPT_FILES = 8
"""Files for download that are kept in memory."""
KEPT_BYTES = 2**29
"""Their bytes, the newest file apart."""


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
        """Begin anew, unless it is going on."""
        with self._lock:
            if self._thread is not None and not self._thread.is_alive():
                self.value = self.error = self._thread = None
        self.start()

    def wait(self, seconds: float) -> T | None:
        """Start and wait at most so long; the value if it is there by then."""
        self.start()
        assert self._thread is not None
        self._thread.join(seconds)
        return self.value

    @property
    def over(self) -> bool:
        """Whether it has come to an end, good or bad."""
        return self.value is not None or self.error is not None

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._started if self._thread else 0.0

    def _run(self) -> None:
        try:
            self.value = self._work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the page must be able to say it
            self.error = error


_soon: dict[str, Background[Any]] = {}
_files: dict[str, Background[bytes]] = {}
_sooner = threading.Lock()


def soon(identity: str, work: Callable[[], T]) -> Background[T]:
    """Work that was started when it was first asked for, by identity; its value is kept."""
    with _sooner:
        found: Background[T] = _kept(_soon, KEPT, identity, work)
    found.start()
    return found


def file(identity: str, work: Callable[[], bytes]) -> Background[bytes] | None:
    """A file for download, made in the background and kept. One is made at a time: none while it is another's turn."""
    with _sooner:
        if identity not in _files and not all(one.over for one in _files.values()):
            return None
        found = _kept(_files, KEPT_FILES, identity, work)
        while len(_files) > 1 and sum(len(one.value or b"") for one in _files.values()) > KEPT_BYTES:
            _files.pop(next(iter(_files)))
        found.start()
    return found


def _kept(shelf: dict[str, Background[T]], most: int, identity: str, work: Callable[[], T]) -> Background[T]:
    """The work of this identity, which is the youngest of the shelf now; the oldest makes room."""
    found = shelf.pop(identity) if identity in shelf else Background(work, identity)
    shelf[identity] = found
    while len(shelf) > most:
        shelf.pop(next(iter(shelf)))
    return found
