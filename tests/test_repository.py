"""The repository itself: pins that fit together, a server that keeps to itself, and one colour law."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES = ("requirements.txt", "requirements-dev.txt")


def pins(name: str) -> dict[str, set[str]]:
    """Version by package; more than one where they differ between systems or versions of Python."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            match = re.fullmatch(r"([a-z0-9.-]+)==([^ ;]+)( ; .+)?", line)
            assert match, f"{name}: {line!r} is not one exact pin"
            found.setdefault(match[1], set()).add(match[2])
    return found


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def test_everything_that_is_asked_for_is_pinned() -> None:
    assert names(PROJECT["project"]["dependencies"]) <= set(pins("requirements.txt"))
    assert names(PROJECT["dependency-groups"]["dev"]) <= set(pins("requirements-dev.txt"))


def test_what_both_files_pin_they_pin_alike() -> None:
    running, developing = map(pins, FILES)
    shared = set(running) & set(developing)
    assert shared
    assert {name: developing[name] - running[name] for name in shared} == {name: set() for name in shared}


@pytest.mark.parametrize("name", FILES)
def test_no_index_is_named(name: str) -> None:
    assert not re.search(r"https?:|--index|--extra|--find-links|@", (ROOT / name).read_text(encoding="utf-8"))


def test_the_server_keeps_to_this_machine_and_tells_nobody() -> None:
    settings = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "localhost"
    assert settings["server"]["enableXsrfProtection"] is True
    assert settings["browser"]["gatherUsageStats"] is False


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2), from 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_can_be_read_on_every_ground(mode: str) -> None:
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
    colours = theme[mode]
    grounds = (colours["backgroundColor"], colours["secondaryBackgroundColor"], colours["sidebar"]["backgroundColor"])
    texts = [colour for name, colour in colours.items() if name.endswith("TextColor") or name == "textColor"]
    assert len(texts) >= 5
    assert min(contrast(text, ground) for text in [*texts, colours["linkColor"]] for ground in grounds) >= 4.5
    assert contrast("#FFFFFF", colours["primaryColor"]) >= 4.5
    assert colours["blueColor"] == theme["chartCategoricalColors"][0] == "#0072B2"
    assert colours["orangeColor"] == theme["chartCategoricalColors"][1] == "#D55E00"
