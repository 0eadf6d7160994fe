"""Small modules that are awkward to trace: reuse, branches, several inputs, constants, functional attention."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archviz.core.tap import Tap


class Block(nn.Module):
    """Residual, with parts that do nothing in eval mode."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.linear = nn.Linear(width, width)
        self.tap = Tap("b d")
        self.dropout = nn.Dropout(0.5)
        self.nothing = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.nothing(x + self.dropout(self.tap(F.relu(self.linear(self.norm(x))))))


class Stack(nn.Module):
    """`depth` equal blocks and a head."""

    def __init__(self, depth: int = 6, width: int = 8) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(Block(width) for _ in range(depth)))
        self.head = nn.Linear(width, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(x))


class Branches(nn.Module):
    """Two inputs, equal branches side by side, a concatenation, a position code and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Linear(4, 5)
        self.branches = nn.ModuleList(nn.Linear(5, 2) for _ in range(3))
        self.code = nn.Parameter(torch.zeros(5))

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        x = self.left(a) + b + self.code.reshape(1, 5)
        return torch.cat([branch(x) for branch in self.branches], dim=-1), x.reshape(-1)


class Unrolled(nn.Module):
    """One cell for every time step."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.cell = nn.RNNCell(3, width)
        self.width = width

    def forward(self, x: Tensor) -> Tensor:
        state = torch.zeros(x.shape[0], self.width)
        for step in x.unbind(1):
            state = self.cell(step, state)
        return state


class Attention(nn.Module):
    """Functional attention, an embedding tied to the head, positions from `arange`."""

    def __init__(self, vocabulary: int = 11, width: int = 8, heads: int = 2, length: int = 16) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(length, width)
        self.qkv = nn.Linear(width, 3 * width)
        self.heads = heads
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1]))
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)  # 3 b h l d
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.head(mixed.transpose(1, 2).flatten(2))
