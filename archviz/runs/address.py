"""Address: where the local engine listens, written to a file so that every client finds the same one."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from archviz.core.home import home

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Address:
    """A running engine: its scheduler, its process, and the source code that it runs."""

    scheduler: str
    pid: int
    source: str

    def write(self) -> None:
        """Put the file in place at once, readable for this user only."""
        partial = address_file().with_suffix(f".{os.getpid()}.partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(asdict(self)))
        partial.replace(address_file())

    @property
    def alive(self) -> bool:
        """Whether its process still exists."""
        try:
            return bool(psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False


def read_address() -> Address | None:
    """The engine that wrote the file last, if there is a readable one."""
    try:
        return Address(**json.loads(address_file().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def forget_address(mine: Address) -> None:
    """Remove the file, unless another engine has written it since."""
    if read_address() == mine:
        address_file().unlink(missing_ok=True)


def address_file() -> Path:
    """Holds the address of the local engine."""
    return home() / "engine.json"


def lock_file() -> Path:
    """Held by whoever starts or ends the local engine."""
    return home() / "engine.lock"


def log_file() -> Path:
    """What the local engine and its workers print."""
    return home() / "engine.log"


def source_state() -> str:
    """A hash of the version and of every source file's name, size and time: it changes when the code does."""
    try:
        digest = hashlib.blake2b(version("archviz").encode(), digest_size=10)
    except PackageNotFoundError:  # used from a checkout that is not installed
        digest = hashlib.blake2b(digest_size=10)
    for path in sorted(PACKAGE.rglob("*.py")):
        facts = path.stat()
        digest.update(f"{path.relative_to(PACKAGE)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
