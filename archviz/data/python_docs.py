"""The Python manual as a stream of characters: real text that comes with Python itself."""

from functools import cache

import torch
from pydantic import Field
from torch import Tensor

from archviz.core.samples import Splits, Windows
from archviz.core.setup import DatasetConfig, Inputs
from archviz.core.spec import Dataset

ALPHABET = "\n" + "".join(map(chr, range(32, 127)))
"""Newline and printable ASCII. Fixed, so that a model's shape does not depend on the version of Python."""

TYPOGRAPHY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "ß": "ss"})

SIZES = (320_000, 40_000, 40_000)


class PythonDocs:
    """The help texts of Python's own manual, one token for each character."""

    class Config(DatasetConfig):
        """Which windows: how many characters a model reads at once."""

        length: int = Field(64, ge=2, le=4096, description="characters in one example")

        @property
        def inputs(self) -> Inputs:
            """One window of characters."""
            return Inputs(shape=(self.length,), vocabulary=len(ALPHABET))

        @property
        def outputs(self) -> int:
            """The next character, at every position."""
            return len(ALPHABET)

    def __init__(self, config: Config) -> None:
        self.config = config

    def load(self) -> Splits:
        """Windows over three stretches of text that do not overlap: the first 80 %, the next 10 %, the last 10 %."""
        train, validation, test = torch.split(_tokens(), list(SIZES))
        length = self.config.length
        return Splits(Windows(train, length), Windows(validation, length), Windows(test, length))

    def encode(self, text: str) -> Tensor:
        """Characters to tokens."""
        return encode(text)

    def decode(self, tokens: Tensor) -> str:
        """Tokens to characters."""
        return decode(tokens)


def encode(text: str) -> Tensor:
    """Characters to tokens; typographic quotes and dashes become plain ones, what is left over becomes "?"."""
    index = {character: token for token, character in enumerate(ALPHABET)}
    return torch.tensor([index.get(character, index["?"]) for character in text.translate(TYPOGRAPHY)])


def decode(tokens: Tensor) -> str:
    """Tokens to characters."""
    return "".join(ALPHABET[token] for token in tokens.tolist())


@cache
def _tokens() -> Tensor:
    from pydoc_data.topics import topics  # half a million characters: only when they are read

    # The wording differs a little between versions of Python (3.11 to 3.13 all have more than we take).
    return encode("\n".join(topics[name] for name in sorted(topics)))[: sum(SIZES)]


DATASET = Dataset(
    slug="python-docs",
    title="Python manual",
    text="400,000 characters of the language reference that `help()` shows; predict the next one. The wording depends "
    "a little on the version of Python: the committed reference results say theirs.",
    config=PythonDocs.Config(),
    size=sum(SIZES),
    licence="PSF License Version 2",
    source="Python Software Foundation, The Python Language Reference, in the standard library as pydoc_data.topics",
)
