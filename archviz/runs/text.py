"""Text: what a network does with one text, token by token - how surprised it is, its channels, who looks at whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archviz.core.colour import images, spread, viridis
from archviz.core.results import Heatmap, Profile, Result

if TYPE_CHECKING:
    from torch import Tensor

    from archviz.core.tap import Capture, TapValue
    from archviz.runs.inspection import Token

VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥"}
"""White space as it is written beside a map."""


def tokens(inputs: Tensor, spelling: tuple[str, ...], logits: Tensor) -> tuple[Token, ...]:
    """The tokens `(L,)` of a text, each with its surprise where `logits` are `l v` over what comes next."""
    from archviz.runs.inspection import Token

    surprises: list[float | None] = [None] * len(inputs)
    if logits.dim() == 2 and len(logits) == len(inputs):
        said = -logits[:-1].log_softmax(1).gather(1, inputs[1:, None])[:, 0]  # l-1
        surprises[1:] = said.tolist()
    return tuple(Token(text=one, surprise=value) for one, value in zip(spelling, surprises, strict=True))


def channels(tap: TapValue, layer: str, spelling: tuple[str, ...], most: int) -> Heatmap:
    """The channels of one layer that vary most over the text."""
    values = tap.value[0].flatten(1).float()  # l d
    chosen = values.std(0).argsort(descending=True, stable=True)[:most].sort().values
    return Heatmap(
        title=f"The {len(chosen)} of {values.shape[1]} channels of {layer} that vary most",
        x_label="token",
        y_label="channel",
        label="activation",
        values=tuple(tuple(row) for row in values[:, chosen].T.tolist()),
        x_ticks=tuple(VISIBLE.get(one, one) for one in spelling),
        y_ticks=tuple(str(number) for number in chosen.tolist()),
        signed=True,
    )


def attention(seen: Capture, spelling: tuple[str, ...]) -> tuple[Result, ...]:
    """Who looks at whom: the heads of the first and the last layer as pictures, and how spread out all layers are."""
    from archviz.probes import attention as probe

    found = probe.read(seen)
    maps = [one for one in found if isinstance(one, Heatmap)]
    if not maps:
        return ()
    import numpy as np

    heads = {one.title: viridis(spread(np.asarray(one.values, np.float32))) for one in maps}
    ticks = tuple(VISIBLE.get(one, one) for one in spelling)
    last = maps[-1].model_copy(update={"x_ticks": ticks, "y_ticks": ticks})
    drawn = images("Who looks at whom (row: the token that looks, column: the one it looks at)", heads)
    return (drawn, last, *(one for one in found if isinstance(one, Profile)))
