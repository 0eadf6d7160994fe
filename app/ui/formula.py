"""Formulas in prose as MathML: the browser draws it itself and at once, KaTeX would hold up a page's first paint."""

import re
from functools import cache

from latex2mathml.converter import convert

FORMULA = re.compile(r"(?<!\\)(\$\$?)(?!\s)(.+?)(?<!\s)\1", re.DOTALL)
"""`$inline$` or `$$on its own line$$`."""


@cache
def drawn(text: str) -> str:
    """Markdown whose formulas have become MathML; it must be shown with HTML allowed."""

    def mathml(found: re.Match[str]) -> str:
        return convert(found[2], display="block" if found[1] == "$$" else "inline")

    return FORMULA.sub(mathml, text)
