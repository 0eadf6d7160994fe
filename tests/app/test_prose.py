"""A chapter's text is cut without losing a word."""

import pytest

from app.ui.prose import split
from archviz.core import book


def test_bold_paragraphs_belong_to_experiments():
    text = split("Intro.\n\n$$x$$\n\n**One.** First.\n\nMore of it.\n\n**Two.** Second.\n\nSource: somebody.")
    assert text.introduction == "Intro.\n\n$$x$$"
    assert text.experiments == ("**One.** First.\n\nMore of it.", "**Two.** Second.")
    assert text.source == "Source: somebody."


@pytest.mark.parametrize("page", book.pages(), ids=lambda page: page.slug)
def test_nothing_of_the_book_is_lost(page: book.Page):
    text = split(page.prose)
    kept = "\n\n".join(filter(None, (text.introduction, *text.experiments, text.source)))
    assert sorted(kept.split()) == sorted(page.prose.split())
