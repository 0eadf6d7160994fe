"""Embeddings on the canvas: how tokens and images become rows of vectors."""

import math

from pydantic import Field
from torch import nn

from archviz.blocks.assembly import plain
from archviz.blocks.assembly.node import Change, Layer, Misfit, NodeConfig, Repair, divisor, image, vectors, words
from archviz.core.setup import Inputs


class TokensNode:
    """Token embedding: every token has a vector of its own; `l` tokens to `l d`."""

    class Config(NodeConfig):
        name = "tokens"
        title = "Token embedding"

        width: int = Field(32, ge=1, le=16_384, description="numbers in each vector")

        def layer(self, *given: Inputs) -> Layer:
            if given[0].vocabulary is None:
                raise Misfit(f"A token embedding needs token numbers, and gets {words(given[0])}; begin with Text.")
            vocabulary = given[0].vocabulary
            return Layer(nn.Embedding, (vocabulary, self.width), weights=vocabulary * self.width)

        def matrix(self, *given: Inputs) -> Inputs | None:
            return Inputs(shape=(given[0].vocabulary or 0, self.width))


class PatchesNode:
    """Patch embedding: squares of pixels become vectors by one matrix; `c h w` to `l d`."""

    class Config(NodeConfig):
        name = "patches"
        title = "Patch embedding"

        size: int = Field(4, ge=1, le=64, description="height and width of a patch in pixels")
        width: int = Field(32, ge=1, le=16_384, description="numbers in each vector")

        def layer(self, *given: Inputs) -> Layer:
            channels, height, width = image(given[0], "A patch embedding")
            for side in (height, width):
                if side % self.size:
                    near = divisor(math.gcd(height, width), self.size)
                    raise Misfit(
                        f"Patches of {self.size} do not fill an image of {height}×{width}; use {near}.",
                        Repair(f"Use size {near}", Change({"size": near})),
                    )
            arguments = (channels, self.width, self.size)
            return Layer(plain.Patches, arguments, weights=channels * self.width * self.size**2)


class SequenceNode:
    """Image to vectors: every place of an image becomes one vector, row by row; `c h w` to `l c`."""

    class Config(NodeConfig):
        name = "sequence"
        title = "Image to vectors"

        def layer(self, *given: Inputs) -> Layer:
            image(given[0], "Image to vectors")
            return Layer(plain.ImageToVectors, inline=lambda x: f"{x}.flatten(2).transpose(1, 2)")


class ClassTokenNode:
    """Class token: one more, learned vector before all others; `l d` to `1+l d`."""

    class Config(NodeConfig):
        name = "classtoken"
        title = "Class token"

        def layer(self, *given: Inputs) -> Layer:
            return Layer(plain.FirstToken, (vectors(given[0], "A class token")[1],))


class PositionsNode:
    """Learned positions: a learned vector for every place is added; `l d` to `l d`."""

    class Config(NodeConfig):
        name = "positions"
        title = "Learned positions"

        def layer(self, *given: Inputs) -> Layer:
            length, width = vectors(given[0], "Positions")
            return Layer(plain.AddPositions, (length, width), weights=length * width)


class WavesNode:
    """Sinusoidal positions: sines and cosines of rising wavelength are added; `l d` to `l d`."""

    class Config(NodeConfig):
        name = "waves"
        title = "Sinusoidal positions"

        def layer(self, *given: Inputs) -> Layer:
            length, width = vectors(given[0], "Sinusoidal positions")
            if width % 2:
                raise Misfit(f"A width of {width} is odd, but sines and cosines come in pairs; use {width + 1}.")
            return Layer(plain.AddWaves, (length, width))


class SegmentsNode:
    """Segments: the learned vector of the first sentence is added, as BERT does with a single text; `l d` to `l d`.

    Devlin et al. 2018, arXiv:1810.04805, figure 2. The vectors of the other sentences wait for texts of several.
    """

    class Config(NodeConfig):
        name = "segments"
        title = "Segments"

        count: int = Field(2, ge=1, le=64, description="sentences that have a vector")

        def layer(self, *given: Inputs) -> Layer:
            _, width = vectors(given[0], "Segments")
            return Layer(plain.AddSegment, (self.count, width), weights=self.count * width)


class MergeNode:
    """Patch merging: each square of 2×2 vectors becomes one of twice the width; `l d` to `l/4 2d`."""

    class Config(NodeConfig):
        name = "merge"
        title = "Patch merging"

        eps: float = Field(1e-5, gt=0, le=0.1, description="added to the variance of the normalization")

        def layer(self, *given: Inputs) -> Layer:
            length, width = vectors(given[0], "Patch merging")
            if math.isqrt(length) ** 2 != length:
                raise Misfit(f"Patch merging needs a square grid, and {length} vectors make none.")
            options = {} if self.eps == 1e-5 else {"eps": self.eps}
            return Layer(plain.MergePatches, (width,), options, weights=8 * width**2)
