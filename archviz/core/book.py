"""The book: number, slug, title and prose of every chapter, read from `assets/book/`; needs no torch."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@dataclass(frozen=True)
class Page:
    """One chapter's text. The file `02-residual.md` gives number and slug, its first line `# Title` the title,
    its first paragraph the summary."""

    number: int
    slug: str
    title: str
    summary: str
    prose: str

    @property
    def short_title(self) -> str:
        """The title up to its colon, for narrow places."""
        return self.title.partition(":")[0]


@cache
def pages() -> tuple[Page, ...]:
    """All chapters of the book in order, those that are not built yet included."""
    return tuple(_read(path) for path in sorted((ASSETS / "book").glob("*.md")))


def page(slug: str) -> Page:
    """The chapter of this slug; raises KeyError with the known ones."""
    for candidate in pages():
        if candidate.slug == slug:
            return candidate
    raise KeyError(f"no chapter {slug!r}; chapters: {', '.join(p.slug for p in pages())}")


def _read(path: Path) -> Page:
    number, _, slug = path.stem.partition("-")
    heading, summary, *rest = path.read_text(encoding="utf-8").strip().split("\n\n")
    return Page(int(number), slug, heading.removeprefix("# "), " ".join(summary.split()), "\n\n".join(rest))
