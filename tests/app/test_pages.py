"""Pages without a browser: what they show before and after the library is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import jobs
from archviz.core import book

MAIN = Path(__file__).parents[2] / "app" / "main.py"


def test_the_first_paint_needs_no_torch_and_no_numbers_library():
    script = (
        "import sys\n"
        "from app import jobs, state\n"
        "from app.pages import catalog, chapter, home, runs\n"
        "from archviz.core import book\n"
        "[jobs.references(page.slug) for page in book.pages()]\n"
        "heavy = {'torch', 'numpy', 'pandas', 'pyarrow', 'altair', 'scipy', 'sqlalchemy', 'distributed'}\n"
        "sys.exit(' '.join(sorted(heavy & sys.modules.keys())) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=MAIN.parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_built_chapters_are_found_by_their_files():
    from archviz import catalog

    assert jobs.built() == {chapter.slug for chapter in catalog.chapters()}


def text_of(app: AppTest) -> str:
    return " ".join(str(element.value) for element in (*app.markdown, *app.get("html"), *app.title))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app, with nothing going on behind it."""
    monkeypatch.setattr(jobs, "start", lambda: None)
    return AppTest.from_file(str(MAIN), default_timeout=60)


def test_home_shows_the_whole_book(app: AppTest):
    app.run()
    assert not app.exception
    shown = text_of(app)
    for page in book.pages():
        if page.slug not in jobs.built():
            assert page.title in shown
    assert shown.count("not built yet") == len(book.pages()) - len(jobs.built())
