"""Formulas of the book become MathML."""

from xml.etree import ElementTree

import pytest

from app.ui.formula import FORMULA, drawn
from archviz.core import book


def test_inline_and_display_formulas_stand_where_they_stood():
    shown = drawn("Easy ($F = 0$), and\n\n$$x_{l+1} = x_l$$\n\nthe end costs 3 dollars.")
    assert shown.startswith("Easy (<math") and shown.endswith("the end costs 3 dollars.")
    assert shown.count('display="inline"') == 1 and shown.count('display="block"') == 1


@pytest.mark.parametrize("page", book.pages(), ids=lambda page: page.slug)
def test_every_formula_of_the_book_is_well_formed(page: book.Page):
    for dollars, formula in FORMULA.findall(page.prose):
        root = ElementTree.fromstring(drawn(f"{dollars}{formula}{dollars}"))
        assert root.tag.endswith("math") and "\\" not in "".join(root.itertext())
    assert "$" not in drawn(page.prose)
