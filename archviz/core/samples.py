"""Samples: what a dataset gives and the training loop draws from; everything lies in memory."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


class Samples(Protocol):
    """A finite set of examples, drawn by index."""

    def __len__(self) -> int: ...

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and targets of these examples, on the samples' device."""
        ...

    def to(self, device: torch.device) -> "Samples": ...


@dataclass(frozen=True)
class Pairs:
    """Inputs and targets as two tensors of equal length; bytes are scaled to [0, 1] floats when drawn."""

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.inputs)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        indices = indices.to(self.inputs.device)
        inputs = self.inputs[indices]
        return (inputs.float() / 255 if inputs.dtype == torch.uint8 else inputs), self.targets[indices]

    def to(self, device: torch.device) -> "Pairs":
        return Pairs(self.inputs.to(device), self.targets.to(device))


@dataclass(frozen=True)
class Windows:
    """Every window of a token stream: `length` tokens as inputs, the same shifted by one as targets."""

    tokens: Tensor
    length: int

    def __len__(self) -> int:
        return len(self.tokens) - self.length

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        starts = indices.to(self.tokens.device)[:, None]  # b -> b 1
        offsets = torch.arange(self.length + 1, device=self.tokens.device)
        windows = self.tokens[starts + offsets]  # b l+1
        return windows[:, :-1], windows[:, 1:]

    def to(self, device: torch.device) -> "Windows":
        return Windows(self.tokens.to(device), self.length)


@runtime_checkable
class NamedClasses(Protocol):
    """A dataset whose classes have names; those of the others are their numbers."""

    classes: tuple[str, ...]


@runtime_checkable
class Spelled(Protocol):
    """A dataset whose tokens are text."""

    def encode(self, text: str) -> Tensor:
        """Text to tokens `(L,)`."""
        ...

    def decode(self, tokens: Tensor) -> str:
        """Tokens `(L,)` to text, one character for each."""
        ...


@dataclass(frozen=True)
class Splits:
    """Train to learn from, validation to choose by, test to report on. They never overlap."""

    train: Samples
    validation: Samples
    test: Samples


def split_pairs(inputs: Tensor, targets: Tensor, sizes: tuple[int, int, int]) -> Splits:
    """The three splits one after the other, each with its targets."""
    parts = zip(torch.split(inputs, list(sizes)), torch.split(targets, list(sizes)), strict=True)
    return Splits(*(Pairs(*part) for part in parts))
