"""Downloads: a published file, fetched once, checked, and put in place whole or not at all."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

Progress = Callable[[int, int | None], None]
"""Told the bytes that are there and the bytes there will be (none while that is unknown)."""

CHUNK = 1 << 18
TIMEOUT_SECONDS = 20


class DataUnavailable(RuntimeError):
    """A dataset that cannot be had now; the message says in one sentence what to do."""


def fetch(url: str, path: Path, md5: str = "", progress: Progress | None = None, *, sha256: str = "") -> None:
    """Put the file at `url` at `path`, unless it is there. Safe when several processes do so at once.

    Published are its MD5 or the first digits of its SHA-256. Raises OSError when it cannot be reached or is another
    file; then `path` is not touched.
    """

    def published(file: Path) -> bool:
        return _digest(file, "md5") == md5 if md5 else bool(sha256) and _digest(file, "sha256").startswith(sha256)

    if path.exists() and published(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            request = Request(url, headers={"User-Agent": "archviz"})
            with urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                length = response.headers.get("Content-Length")
                total, done = int(length) if length else None, 0
                while chunk := response.read(CHUNK):
                    done += file.write(chunk)
                    if progress:
                        progress(done, total)
        if not published(part):
            raise OSError(f"{url} is not the published file")
        part.replace(path)
    except HTTPException as error:
        raise OSError(f"the connection broke: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def unavailable(title: str, error: OSError, folder: Path) -> DataUnavailable:
    """The one sentence for a reader whose dataset could not be downloaded."""
    cause = getattr(error, "reason", error)  # urllib wraps what happened
    reason = getattr(cause, "strerror", None) or cause
    return DataUnavailable(
        f"{title} could not be downloaded ({reason}). Connect to the internet once, put the files under {folder}, "
        "or choose MNIST-5k, which needs no download."
    )


def damaged(title: str, folder: Path) -> DataUnavailable:
    """The one sentence for a reader whose downloaded files cannot be read."""
    return DataUnavailable(f"The files of {title} are damaged. Delete {folder} and load the dataset again.")


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
