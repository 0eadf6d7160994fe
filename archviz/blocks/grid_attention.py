"""Attention over a grid of positions, such as the patches of an image: scores may depend on where two patches lie.

    weights = softmax(scale q k^T + bias)

Positions are the rows of a square grid one after another; a class token may stand before them.
"""

import math

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from pydantic import Field
from torch import Tensor, nn

from archviz.blocks.attention import MultiHeadAttention
from archviz.core.config import Config


class PositionBiasConfig(Config):
    """Base of every position bias: `build(heads)` gives, for so many positions, what is added to the scores."""


class NoPositionBias(nn.Module):
    """No position bias: how much one patch looks at another depends on what is in them alone."""

    class Config(PositionBiasConfig):
        pass

    def __init__(self, config: Config, heads: int) -> None:
        super().__init__()

    def forward(self, length: int) -> None:
        """Nothing to add."""


class RelativePositionBias(nn.Module):
    """Relative position bias: a learned number for each offset in rows and columns, in each head.

    Raffel et al. 2019, arXiv:1910.10683; for grids Liu et al. 2021, arXiv:2103.14030, equation 4.

    Offsets beyond `reach` count as `reach` (Shaw et al. 2018, arXiv:1803.02155, section 3.2), so that it works on grids
    of any size: give it the largest offset of the grid it is trained on. A class token gets no bias.
    """

    class Config(PositionBiasConfig):
        reach: int = Field(6, ge=1, le=255, description="largest offset, in rows or columns, with a number of its own")

    def __init__(self, config: Config, heads: int) -> None:
        super().__init__()
        self.reach = config.reach
        self.weight = nn.Parameter(torch.empty((2 * self.reach + 1) ** 2, heads))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, length: int) -> Tensor:
        grid = math.isqrt(length)
        steps = torch.arange(grid, device=self.weight.device)
        offsets = (steps[:, None] - steps).clamp(-self.reach, self.reach) + self.reach  # q k, along one side
        rows = repeat(offsets, "q k -> (q i) (k j)", i=grid, j=grid)
        columns = repeat(offsets, "q k -> (i q) (j k)", i=grid, j=grid)
        bias = F.embedding(rows * (2 * self.reach + 1) + columns, self.weight)
        extra = length - grid**2  # the class token
        return F.pad(rearrange(bias, "q k h -> 1 h q k"), (extra, 0, extra, 0))

    def extra_repr(self) -> str:
        return f"reach={self.reach}"


class GridAttention(MultiHeadAttention):
    """Self-attention over a grid of patches, with a bias for where they lie.

    Dosovitskiy et al. 2020, arXiv:2010.11929, appendix D.4.
    """

    class Config(MultiHeadAttention.Config):
        position_bias: PositionBiasConfig = Field(
            NoPositionBias.Config(), description="what the place of two patches adds to their score"
        )

    def __init__(self, config: Config, width: int) -> None:
        super().__init__(config, width)
        self.position_bias = config.position_bias.build(self.heads)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x, self.position_bias(x.shape[1]))
