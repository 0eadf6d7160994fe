"""Examples: what a trained network is given - from its dataset's test split, or a picture or text of the reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archviz.core.samples import NamedClasses, Samples, Spelled
from archviz.core.setup import DatasetConfig
from archviz.runs.published import Preparation

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

WHITE_SPACE = {" ": "space", "\n": "new line", "\t": "tab"}


class NoExample(ValueError):
    """An example that cannot be had; the message says which can."""


@dataclass(frozen=True)
class Example:
    """One input of a network, `1 c h w` or `1 l`."""

    inputs: Tensor
    name: str
    """What it is, for a reader."""
    truth: str = ""
    """The true class, or the token that really follows; empty where nobody knows."""
    note: str = ""
    """What was done to the reader's own example, in a sentence."""


def count(dataset: DatasetConfig) -> int:
    """How many examples the test split has."""
    return len(_test(dataset))


def of_test(dataset: DatasetConfig, number: int) -> Example:
    """One example of the test split, counted from 0. Raises NoExample."""
    import torch

    samples = _test(dataset)
    if not 0 <= number < len(samples):
        raise NoExample(f"The test split has examples 0 to {len(samples) - 1}, and none with number {number}.")
    inputs, targets = samples.batch(torch.tensor([number]))
    target = targets.flatten()[-1]  # of a text: what follows the last token
    return Example(inputs, f"test example {number}", named(dataset, int(target)))


def own_picture(dataset: DatasetConfig, image: Image, *, inverted: bool = False) -> Example:
    """The reader's picture at the dataset's size, as bright as its pictures: black becomes the smallest value of the
    first training examples in each channel, and white the largest. Raises NoExample."""
    from PIL import ImageOps

    from archviz.runs.inspection import prepared

    if len(dataset.inputs.shape) != 3:
        raise NoExample("This network reads text, not pictures; give it a text or the number of a test example.")
    height, width = dataset.inputs.shape[1:]
    low, high = _range(dataset)
    shifts = tuple(-a / (b - a) for a, b in zip(low, high, strict=True))  # (p - shift) * (high - low) = low + p (..)
    scales = tuple(1 / (b - a) for a, b in zip(low, high, strict=True))
    if inverted:
        image = ImageOps.invert(image)
    how = Preparation(resize=min(height, width), crop=min(height, width), mean=shifts, std=scales)
    return Example(prepared(image, how), "your own picture", note=f"Brought to {height} x {width} pixels.")


def own_text(dataset: DatasetConfig, text: str) -> Example:
    """The reader's text, its end where it is longer than the network reads at once. Raises NoExample."""
    spelled = dataset.build()
    if not dataset.inputs.tokens:
        raise NoExample("This network reads pictures, not text; give it a picture or the number of a test example.")
    if not isinstance(spelled, Spelled):
        raise NoExample("The tokens of this dataset are no text; give the number of a test example.")
    tokens = spelled.encode(text)
    if len(tokens) < 2:
        raise NoExample("This text is too short; write two characters at least.")
    length = dataset.inputs.shape[0]
    note = f"The network reads {length} characters at once: these are the last ones." if len(tokens) > length else ""
    return Example(tokens[-length:][None], "your own text", note=note)


def named(dataset: DatasetConfig, output: int) -> str:
    """What an output of the network stands for."""
    built = dataset.build()
    if dataset.inputs.tokens and isinstance(built, Spelled):
        import torch

        letter = built.decode(torch.tensor([output]))
        return WHITE_SPACE.get(letter, letter)
    part = dataset
    while isinstance(whole := getattr(part, "of", None), DatasetConfig):
        part = whole  # that this is a part of
    whole = part.build()
    return whole.classes[output] if isinstance(whole, NamedClasses) else str(output)


def spelling(dataset: DatasetConfig, tokens: Tensor) -> tuple[str, ...]:
    """What each token of `(L,)` looks like in a text."""
    built = dataset.build()
    if isinstance(built, Spelled):
        return tuple(built.decode(tokens))
    return tuple(map(str, tokens.tolist()))


RANGE_OF = 2000
"""Training examples among which black and white are looked for."""


def _range(dataset: DatasetConfig) -> tuple[list[float], list[float]]:
    """The smallest and the largest value of each channel."""
    import torch

    samples = dataset.build().load().train
    inputs, _ = samples.batch(torch.arange(min(RANGE_OF, len(samples))))  # b c h w
    return inputs.amin((0, 2, 3)).tolist(), inputs.amax((0, 2, 3)).tolist()


def _test(dataset: DatasetConfig) -> Samples:
    found: Samples = dataset.build().load().test
    return found
