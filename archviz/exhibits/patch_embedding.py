"""An image becomes a sentence: patches, their vectors, and what tells where each of them was."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from archviz.blocks.patches import PatchEmbedding
from archviz.blocks.positions import SinusoidalPositions
from archviz.core.colour import images
from archviz.core.picture import Picture
from archviz.core.record import Record
from archviz.core.results import Heatmap, Images
from archviz.core.spec import Exhibit
from archviz.engine.initialize import initialize

WIDTH = 32
"""Numbers in each vector."""
SIZE = 28
GAP = 2
"""White pixels between two patches."""


class PatchOptions(Record):
    """How the image is cut up, and how places are told."""

    patch_size: Literal[4, 7, 14] = Field(7, description="height and width of a patch in pixels")
    positions: Literal["rows and columns", "one row after another"] = Field(
        "rows and columns", description="what the position code counts: places in the grid, or in the sentence"
    )
    patch: int = Field(6, ge=1, le=49, description="the patch whose position is compared with all others")


def show(options: PatchOptions, picture: Picture | None) -> tuple[Images, Heatmap, Heatmap]:
    """The patches, their vectors, and how alike the positions are."""
    assert picture is not None
    grid = SIZE // options.patch_size
    if options.patch > grid**2:
        raise ValueError(f"there are only {grid**2} patches of {options.patch_size} pixels; choose one of them")
    inputs = torch.tensor(picture).permute(2, 0, 1)[None]  # h w c -> 1 c h w
    embedding: PatchEmbedding = PatchEmbedding.Config(patch_size=options.patch_size).build(3, WIDTH)
    initialize(embedding, 0)
    with torch.no_grad():
        vectors = embedding(inputs - inputs.mean())[0]  # l d
    codes = position_codes(grid, options.positions)
    alike = (codes @ codes[options.patch - 1]).reshape(grid, grid) / (codes[0] @ codes[0])
    row, column = divmod(options.patch - 1, grid)
    return (
        images(f"{grid**2} patches", {"the picture": picture, f"{grid} x {grid} patches": cut(picture, grid)}),
        Heatmap(
            title=f"{grid**2} vectors of {WIDTH} numbers",
            x_label="number in the vector",
            y_label="patch, row by row",
            label="value",
            values=tuple(tuple(line) for line in vectors.tolist()),
            signed=True,
        ),
        Heatmap(
            title=f"How alike positions are to that of row {row + 1}, column {column + 1}",
            x_label="column",
            y_label="row",
            label="cosine similarity",
            values=tuple(tuple(line) for line in alike.tolist()),
        ),
    )


def cut(picture: Picture, grid: int) -> Picture:
    """The picture with white gaps between its patches."""
    side, size = picture.shape[0], picture.shape[0] // grid
    apart = np.ones((side + GAP * (grid - 1), side + GAP * (grid - 1), 3), np.float32)
    for row in range(grid):
        for column in range(grid):
            top, left = row * (size + GAP), column * (size + GAP)
            piece = picture[row * size : (row + 1) * size, column * size : (column + 1) * size]
            apart[top : top + size, left : left + size] = piece
    return apart


def position_codes(grid: int, counts: str) -> NDArray[np.float32]:
    """Sines and cosines `l d` for each patch: of its place in the sentence, or half of them of its row and column."""

    def code(length: int, width: int) -> torch.Tensor:
        part: SinusoidalPositions = SinusoidalPositions.Config().build(length, width)
        return part.table

    if counts == "one row after another":
        table = code(grid**2, WIDTH)
    else:
        half = code(grid, WIDTH // 2)
        rows, columns = half[:, None].expand(-1, grid, -1), half[None].expand(grid, -1, -1)  # i j d/2
        table = torch.cat((rows, columns), -1).flatten(0, 1)  # l d
    found: NDArray[np.float32] = table.numpy()
    return found


EXHIBIT = Exhibit(
    slug="patch-embedding",
    title="Image to patches",
    text="A vision transformer cuts the image into squares and multiplies the pixels of each by one matrix (drawn at "
    "random here): every patch is then a vector, a word of a sentence. Smaller patches make a longer sentence, and "
    "attention costs its square. The vectors do not say where a patch was, so a position code is added. Compare the "
    "two codes: the one that counts rows and columns finds the neighbours on all sides, the one that counts along the "
    "sentence hardly knows which patch is below. ViT learns its code, and finds rows and columns by itself.",
    source="Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1 and figure 7; Vaswani et al. 2017, section 3.5",
    options=PatchOptions,
    show=show,
    takes_image=True,
    image_size=SIZE,
    sample="cat",
)
