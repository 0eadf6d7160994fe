"""Inputs: where a model on the canvas begins."""

from typing import ClassVar

from pydantic import Field
from torch import nn

from archviz.blocks.assembly.node import Layer, NodeConfig
from archviz.core.setup import Inputs


class InputConfig(NodeConfig):
    """Base of every input: `given` is what one example looks like."""

    ports: ClassVar[tuple[str, ...]] = ()

    @property
    def given(self) -> Inputs:
        """What one example looks like."""
        raise NotImplementedError

    def layer(self, *given: Inputs) -> Layer:
        return Layer(nn.Identity)

    def gives(self, layer: nn.Module, *given: Inputs) -> Inputs:
        return self.given


class ImageNode:
    """Image: one picture, `c h w`."""

    class Config(InputConfig):
        name = "image"
        title = "Image"

        channels: int = Field(1, ge=1, le=1024, description="colours: 1 for grey, 3 for red, green and blue")
        height: int = Field(8, ge=1, le=4096, description="height in pixels")
        width: int = Field(8, ge=1, le=4096, description="width in pixels")

        @property
        def given(self) -> Inputs:
            return Inputs(shape=(self.channels, self.height, self.width))


class TextNode:
    """Text: a row of token numbers, `l`."""

    class Config(InputConfig):
        name = "text"
        title = "Text"

        length: int = Field(64, ge=1, le=65_536, description="tokens in one example")
        vocabulary: int = Field(96, ge=2, le=1_000_000, description="number of different tokens")

        @property
        def given(self) -> Inputs:
            return Inputs(shape=(self.length,), vocabulary=self.vocabulary)
