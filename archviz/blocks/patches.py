"""Patches: an image is cut into squares, and each becomes one vector."""

from einops import rearrange
from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.divisors import check_divides
from archviz.blocks.norm import NoNorm, NormConfig
from archviz.core.config import Config as PartConfig
from archviz.core.tap import Tap


class PatchEmbedding(nn.Module):
    """Patch embedding: squares of `patch_size` pixels become vectors by one matrix; `b c h w` to `b l d`, row by row.

    Dosovitskiy et al. 2020, arXiv:2010.11929, equation 1. The matrix is written as a convolution whose stride is its
    size.
    """

    class Config(PartConfig):
        patch_size: int = Field(4, ge=1, le=64, description="height and width of a patch in pixels")
        norm: NormConfig = Field(NoNorm.Config(), description="normalization of the vectors")

        def check(self, image_size: int) -> None:
            """Raise ValueError, saying what to change, unless patches fill an image of this height or width."""
            sentence = f"patch_size {self.patch_size} does not divide image size {image_size}"
            check_divides(self.patch_size, image_size, sentence)

    def __init__(self, config: Config, channels: int, width: int) -> None:
        super().__init__()
        self.check = config.check
        self.conv = nn.Conv2d(channels, width, config.patch_size, config.patch_size)
        self.norm = config.norm.build(width)
        self.output = Tap("b l d")

    def forward(self, image: Tensor) -> Tensor:
        for size in image.shape[-2:]:
            self.check(size)
        return self.output(self.norm(rearrange(self.conv(image), "b d h w -> b (h w) d")))
