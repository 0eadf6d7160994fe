"""Downloads: whole, checked, once, and one clear sentence when they fail."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import pytest

from archviz.core.download import fetch, unavailable

CONTENT = bytes(range(256)) * 4096
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class _Published(BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000] if self.path == "/broken" else CONTENT)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def address() -> Iterator[str]:
    _Published.asked = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), _Published) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_file_arrives_whole_and_says_how_far_it_is(address: str, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    file = tmp_path / "folder" / "file"
    fetch(f"{address}/file", file, MD5, lambda done, total: seen.append((done, total)))
    assert file.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert list(file.parent.iterdir()) == [file]


def test_what_is_there_is_not_fetched_again_but_what_is_damaged_is(address: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    fetch(f"{address}/file", file, MD5)
    fetch(f"{address}/file", file, MD5)
    assert _Published.asked == 1
    file.write_bytes(CONTENT[:-1])
    fetch(f"{address}/file", file, MD5)
    assert file.read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["missing", "broken"])
def test_a_failure_leaves_nothing_behind(address: str, tmp_path: Path, path: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - of any kind, that is the promise
        fetch(f"{address}/{path}", tmp_path / "file", MD5)
    assert list(tmp_path.iterdir()) == []


def test_another_file_than_the_published_one_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not the published file"):
        fetch(f"{address}/file", tmp_path / "file", "0" * 32)
    assert list(tmp_path.iterdir()) == []


def test_several_at_once_do_not_disturb_each_other(address: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(fetch, f"{address}/file", tmp_path / "file", MD5) for _ in range(4)]:
            future.result()
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert len(list(tmp_path.iterdir())) == 1


def test_the_sentence_says_why_and_what_to_do(tmp_path: Path) -> None:
    error = unavailable("FashionMNIST", URLError(OSError(-2, "Name or service not known")), tmp_path)
    assert str(error) == (
        "FashionMNIST could not be downloaded (Name or service not known). Connect to the internet once, put the files "
        f"under {tmp_path}, or choose MNIST-5k, which needs no download."
    )
