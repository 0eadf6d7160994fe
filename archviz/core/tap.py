"""Taps: named places in a model where a value is worth seeing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn


class Tap(nn.Module):
    """Passes its input on unchanged; a probe can read it by name and axes.

    `axes` names each dimension with the project's letters, for instance "b h q k" for attention weights.
    `watched` is set while someone reads: a part may then take a slower path that materialises the value
    (attention weights), and the fused one otherwise.
    """

    def __init__(self, axes: str) -> None:
        super().__init__()
        self.axes = axes
        self.watched = False

    def forward(self, value: Tensor) -> Tensor:
        return value

    def extra_repr(self) -> str:
        return self.axes


@dataclass(frozen=True)
class TapValue:
    """What a tap saw in one pass: the value, its axes, and the gradient if the pass went backward."""

    axes: str
    value: Tensor
    gradient: Tensor | None = None


@dataclass(frozen=True)
class Capture:
    """One pass through a model, for probes to read: the model (with gradients if it went backward) and its taps."""

    model: nn.Module
    taps: Mapping[str, TapValue] = field(default_factory=dict)
    inputs: Tensor | None = None
    """What the model was given."""

    def with_axes(self, axes: str) -> dict[str, TapValue]:
        """The taps that have exactly these axes, by module path, in the model's order."""
        return {name: tap for name, tap in self.taps.items() if tap.axes == axes}
