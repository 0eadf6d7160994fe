"""Self-attention of one patch of the reader's picture, step by step."""

import math

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from archviz.core.colour import images
from archviz.core.picture import Picture
from archviz.core.record import Record
from archviz.core.results import Heatmap, Images, Table
from archviz.core.spec import Exhibit

SIZE = 56
GRID = 7
PATCH = SIZE // GRID
FRAME = 1
SHOWN = 6
"""Patches in the table: those with the largest weights."""


class AttentionOptions(Record):
    """Which patch asks, and how."""

    row: int = Field(3, ge=1, le=GRID, description="row of the patch that looks")
    column: int = Field(4, ge=1, le=GRID, description="column of the patch that looks")
    scale: bool = Field(True, title="Divide by √d", description="divide scores by the root of the vectors' length")
    sharpness: float = Field(
        4.0, ge=0.0, le=16.0, description="what queries are multiplied by; training would find it. 0 asks for nothing"
    )


def show(options: AttentionOptions, picture: Picture | None) -> tuple[Images, Heatmap, Heatmap, Table]:
    """Who looks and what comes out, the scores, the weights, and the numbers of the strongest patches."""
    assert picture is not None
    tokens = patches(picture)  # l d
    place = (options.row - 1) * GRID + options.column - 1
    scores, weights = attend(tokens, place, options.sharpness, options.scale)
    mixed = (weights @ tokens).reshape(PATCH, PATCH, 3)
    order = np.argsort(-weights, kind="stable")[:SHOWN]
    step = "q k / √d" if options.scale else "q k"
    rows = tuple(
        (
            f"row {at // GRID + 1}, column {at % GRID + 1}" + (" (itself)" if at == place else ""),
            float(scores[at]),
            float(weights[at]),
        )
        for at in map(int, order)
    )
    return (
        images(
            "The patch that looks, and what it takes home",
            {
                "the picture": framed(picture, options.row - 1, options.column - 1),
                "its patch": tokens[place].reshape(PATCH, PATCH, 3),
                "3. weighted sum of all": mixed,
            },
        ),
        _map(f"1. Scores {step}", "score", scores, signed=True),
        _map("2. Weights: softmax of the scores, their sum is 1", "weight", weights, signed=False),
        Table(title="The strongest patches", columns=("patch", step, "weight"), rows=rows),
    )


def patches(picture: Picture) -> NDArray[np.float32]:
    """The patches of a picture row by row, `l d`, each the row of its pixels."""
    pieces = picture.reshape(GRID, PATCH, GRID, PATCH, 3).transpose(0, 2, 1, 3, 4)
    return pieces.reshape(GRID**2, -1)


def attend(
    tokens: NDArray[np.float32], place: int, sharpness: float, scale: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scores and weights of one token over all. Queries and keys are the tokens less their mean, of unit variance."""
    keys = tokens - tokens.mean(0)
    keys /= max(float(keys.std()), 1e-6)
    scores: NDArray[np.float32] = sharpness * keys @ keys[place]
    if scale:
        scores /= math.sqrt(keys.shape[1])
    powers = np.exp(scores - scores.max())
    return scores, powers / powers.sum()


def framed(picture: Picture, row: int, column: int) -> Picture:
    """The picture with a frame around one patch."""
    marked = picture.copy()
    top, left = row * PATCH, column * PATCH
    inside = marked[top : top + PATCH, left : left + PATCH].copy()
    marked[top : top + PATCH, left : left + PATCH] = np.array((0.835, 0.369, 0.0), np.float32)
    marked[top + FRAME : top + PATCH - FRAME, left + FRAME : left + PATCH - FRAME] = inside[FRAME:-FRAME, FRAME:-FRAME]
    return marked


def _map(title: str, label: str, values: NDArray[np.float32], signed: bool) -> Heatmap:
    lines = values.reshape(GRID, GRID).tolist()
    shown = tuple(tuple(line) for line in lines)
    return Heatmap(title=title, x_label="column", y_label="row", label=label, values=shown, signed=signed)


EXHIBIT = Exhibit(
    slug="self-attention",
    title="Attention, step by step",
    text="One patch looks at all 49. Its score with another is their product: large when both are alike. Softmax makes "
    "weights of the scores that add up to 1, and the patch takes home the mean of all patches with these weights. In a "
    "network, learned matrices decide what queries, keys and values are; here they are the pixels themselves, so that "
    "you can see what happens. Do not divide by the root of d: the scores grow, and nearly all weight goes to one "
    "patch. Set the sharpness to 0: the patch takes home the mean of the whole picture.",
    source="Vaswani et al. 2017, arXiv:1706.03762, equation 1; Dosovitskiy et al. 2020, arXiv:2010.11929",
    options=AttentionOptions,
    show=show,
    takes_image=True,
    image_size=SIZE,
    sample="cat",
)
