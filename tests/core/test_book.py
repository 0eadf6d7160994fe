"""The book: fourteen chapters with title, summary and prose, readable without torch."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from archviz.core import book

SLUGS = (
    *("introduction", "convolution", "residual", "multiscale", "efficient", "vision-transformer", "recurrent"),
    *("gating", "seq2seq", "transformer", "beyond-quadratic", "normalization", "activation", "optimizer"),
)


def test_all_chapters_are_there_in_order() -> None:
    assert [(page.number, page.slug) for page in book.pages()] == list(enumerate(SLUGS))


@pytest.mark.parametrize("page", book.pages(), ids=lambda page: page.slug)
def test_every_chapter_has_a_title_a_summary_and_prose_with_sources(page: book.Page) -> None:
    assert page.title
    assert not page.title.startswith("#")
    assert 20 <= len(page.summary.split()) <= 70
    assert page.summary.endswith((".", "?"))
    assert "Source:" in page.prose
    assert len(page.prose.split()) <= 300


@pytest.mark.parametrize("page", book.pages(), ids=lambda page: page.slug)
def test_formulas_are_closed_and_experiments_belong_to_the_chapter(page: book.Page) -> None:
    assert page.prose.count("$") % 2 == 0
    inline = re.sub(r"\$\$.*?\$\$", "", page.prose, flags=re.DOTALL)
    assert all(formula.strip() == formula for formula in re.findall(r"\$([^$]*)\$", inline))
    for chapter, _ in re.findall(r"`([a-z0-9-]+)/([a-z0-9-]+)`", page.prose):
        assert chapter == page.slug


def test_a_page_is_found_by_its_slug() -> None:
    assert book.page("residual").number == 2
    with pytest.raises(KeyError, match="no chapter 'residuals'; chapters: introduction, convolution, residual"):
        book.page("residuals")


def test_a_file_gives_number_slug_title_summary_and_prose(tmp_path: Path) -> None:
    file = tmp_path / "07-two-words.md"
    file.write_text("# A title\n\nOne summary\nover two lines.\n\nFirst.\n\nSecond.\n", encoding="utf-8")
    assert book._read(file) == book.Page(7, "two-words", "A title", "One summary over two lines.", "First.\n\nSecond.")


def test_the_book_is_read_without_torch() -> None:
    program = "import sys; from archviz.core.book import pages; pages(); print('torch' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
