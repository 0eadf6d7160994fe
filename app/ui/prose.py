"""Prose: a chapter's text cut into what stands where on its page.

A paragraph that begins with bold words is about one experiment: the first of them about the chapter's first
experiment, and so on. What precedes them is the introduction; a last paragraph "Source: ..." is the source.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prose:
    """A chapter's text in parts."""

    introduction: str
    experiments: tuple[str, ...]
    source: str


def split(text: str) -> Prose:
    """The parts of a chapter's text, in which nothing is lost."""
    introduction: list[str] = []
    experiments: list[str] = []
    source = ""
    for paragraph in filter(None, (part.strip() for part in text.split("\n\n"))):
        if paragraph.startswith(("Source:", "Sources:")):
            source = paragraph
        elif paragraph.startswith("**"):
            experiments.append(paragraph)
        elif experiments:
            experiments[-1] += f"\n\n{paragraph}"
        else:
            introduction.append(paragraph)
    return Prose("\n\n".join(introduction), tuple(experiments), source)
