"""Difference: two texts line by line, and configs as texts worth comparing."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from archviz.core.record import Record


@dataclass(frozen=True)
class Line:
    """One line of a difference: in both texts, only in A, only in B, or so many equal lines left out."""

    text: str
    where: Literal["both", "A", "B", "gap"]


def difference(a: str, b: str, around: int | None = 3) -> tuple[Line, ...]:
    """The lines of both texts in order, with `around` equal lines beside each change; none: with all of them."""
    first, second = a.splitlines(), b.splitlines()
    lines: list[Line] = []
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    blocks = matcher.get_opcodes()
    for number, (tag, low, high, low_b, high_b) in enumerate(blocks):
        if tag == "equal":
            equal = [Line(text, "both") for text in first[low:high]]
            if around is not None:
                equal = _shortened(equal, around, first=number == 0, last=number == len(blocks) - 1)
            lines += equal
            continue
        lines += [Line(text, "A") for text in first[low:high]]
        lines += [Line(text, "B") for text in second[low_b:high_b]]
    return tuple(lines)


def _shortened(lines: list[Line], around: int, *, first: bool, last: bool) -> list[Line]:
    head, tail = (0 if first else around), (0 if last else around)
    left_out = len(lines) - head - tail
    if left_out < 2:
        return lines
    gap = Line(f"{left_out} equal lines", "gap")
    return [*lines[:head], gap, *(lines[-tail:] if tail else [])]


def config_text(value: Any, indent: str = "") -> str:
    """A config as the Python that makes it, one field a line, nested ones indented."""
    deeper = indent + "    "
    if isinstance(value, Record):
        name = f"{value.kind}.Config" if type(value).__qualname__.endswith(".Config") else value.kind
        fields = [f"{deeper}{key}={config_text(item, deeper)}," for key, item in value]
        return f"{name}()" if not fields else f"{name}(\n" + "\n".join(fields) + f"\n{indent})"
    if isinstance(value, tuple) and any(isinstance(item, Record) for item in value):
        return "(\n" + "\n".join(f"{deeper}{config_text(item, deeper)}," for item in value) + f"\n{indent})"
    if isinstance(value, Mapping):
        return repr(dict(value))
    return repr(value)
