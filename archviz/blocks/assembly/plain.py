"""Plain layers: modules that torch does not have, written with nothing but torch.

Exported models carry a copy of the classes here that they use, so each must stand by itself.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Add(nn.Module):
    """The sum of all inputs."""

    def forward(self, *terms: Tensor) -> Tensor:
        return sum(terms[1:], terms[0])


class Multiply(nn.Module):
    """Each number times its partner; a row of c numbers turns the channels of an image up or down."""

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        return x * (gate[:, :, None, None] if x.dim() == 4 and gate.dim() == 2 else gate)


class ConcatenateChannels(nn.Module):
    """The channels of all inputs, one after another."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *parts: Tensor) -> Tensor:
        return torch.cat(parts, self.dim)


class ImageToVectors(nn.Module):
    """Every place of an image becomes one vector, row by row: `b d h w` to `b l d`."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2)  # b d h w -> b l d


class Mean(nn.Module):
    """The mean over all places: `b c h w` to `b c`, `b l d` to `b d`."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3)) if x.dim() == 4 else x.mean(1)


class Take(nn.Module):
    """One vector of a row: `b l d` to `b d`."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.place]


class ImageRMSNorm(nn.Module):
    """Root mean square normalization of an image over all channels and places, one gain a channel."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.square().mean((1, 2, 3), keepdim=True) + self.eps)
        return x * scale * self.weight[:, None, None]


class DropBranch(nn.Module):
    """Stochastic depth: in training the whole branch is left out for some examples, the others are scaled up."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        kept = torch.empty(len(x), *[1] * (x.dim() - 1), device=x.device, dtype=x.dtype)
        return x * kept.bernoulli_(1 - self.rate) / (1 - self.rate)


class ResidualUnit(nn.Module):
    """Two 3x3 convolutions whose result is added to the input, which is projected where its shape differs."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.project: nn.Module = nn.Identity()
        if inputs != outputs or stride != 1:
            convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.project = nn.Sequential(convolution, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.project(x) + self.norm2(self.conv2(y)))


class SelfAttention(nn.Module):
    """Self-attention in several heads: `b l d` to `b l d`."""

    def __init__(self, width: int, heads: int, causal: bool = False, dropout: float = 0.0, scale: float | None = None):
        super().__init__()
        self.heads, self.causal, self.dropout, self.scale = heads, causal, dropout, scale
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        def split(y: Tensor) -> Tensor:
            return y.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # b l (h d) -> b h l d

        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        rate = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(q, k, v, bias, rate, self.causal, scale=self.scale)
        return self.output(mixed.transpose(1, 2).flatten(2))  # b h l d -> b l (h d)


class RelativePositions(nn.Module):
    """A learned number for each offset in rows and columns, in each head; offsets beyond `reach` count as `reach`."""

    def __init__(self, heads: int, reach: int) -> None:
        super().__init__()
        self.reach = reach
        self.weight = nn.Parameter(torch.empty((2 * reach + 1) ** 2, heads))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, grid: int) -> Tensor:
        steps = torch.arange(grid, device=self.weight.device)
        offsets = (steps[:, None] - steps).clamp(-self.reach, self.reach) + self.reach
        rows = offsets.repeat_interleave(grid, 0).repeat_interleave(grid, 1)
        columns = offsets.repeat(grid, grid)
        return F.embedding(rows * (2 * self.reach + 1) + columns, self.weight).permute(2, 0, 1)  # h q k


class GridAttention(SelfAttention):
    """Self-attention over a square grid, with a bias for where two places lie; what stands before it gets none."""

    def __init__(self, width: int, heads: int, reach: int, dropout: float = 0.0) -> None:
        super().__init__(width, heads, dropout=dropout)
        self.position_bias = RelativePositions(heads, reach)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        grid = math.isqrt(x.shape[1])
        before = x.shape[1] - grid**2  # the class token
        return super().forward(x, F.pad(self.position_bias(grid), (before, 0, before, 0)))


class WindowedAttention(nn.Module):
    """Self-attention inside the windows of a square grid, which may be moved by `offset`: `b l d` to `b l d`."""

    def __init__(self, width: int, heads: int, window: int, offset: int = 0, reach: int = 0, dropout: float = 0.0):
        super().__init__()
        self.heads, self.window, self.offset, self.dropout = heads, window, offset, dropout
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.position_bias = RelativePositions(heads, reach) if reach else None

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        grid, w = math.isqrt(length), self.window
        side = grid + -grid % w
        n, offset = side // w, self.offset if side > w else 0  # a single window has nowhere to go
        x = F.pad(x.reshape(batch, grid, grid, width), (0, 0, 0, side - grid, 0, side - grid))
        if offset:
            x = x.roll((-offset, -offset), (1, 2))
        x = x.reshape(batch, n, w, n, w, width).transpose(2, 3).reshape(batch * n * n, w * w, width)

        def split(y: Tensor) -> Tensor:
            return y.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # b l (h d) -> b h l d

        bias = None if self.position_bias is None else self.position_bias(w)[None]  # 1 h q k
        if offset:
            apart = self.apart(side, offset, x.device)
            bias = (apart if bias is None else apart + bias).repeat(batch, 1, 1, 1)
        rate = self.dropout if self.training else 0.0
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        x = F.scaled_dot_product_attention(q, k, v, bias, rate)
        x = self.output(x.transpose(1, 2).clone(memory_format=torch.contiguous_format).flatten(2))
        x = x.reshape(batch, n, n, w, w, width).transpose(2, 3).reshape(batch, side, side, width)
        if offset:
            x = x.roll((offset, offset), (1, 2))
        return x[:, :grid, :grid].reshape(batch, length, width)

    def apart(self, side: int, offset: int, device: torch.device) -> Tensor:
        """Minus infinity, `n 1 q k`, where two places share a moved window but come from different ends."""
        w, n = self.window, side // self.window
        steps = torch.arange(side, device=device)
        end = (steps >= side - w).long() + (steps >= side - offset)
        region = (3 * end[:, None] + end).reshape(n, w, n, w).transpose(1, 2).reshape(n * n, w * w)
        apart = (region[:, :, None] != region[:, None, :])[:, None]
        return torch.zeros(apart.shape, device=device).masked_fill(apart, -math.inf)


class TransformerUnit(nn.Module):
    """Pre-LN transformer block: attention and a feed-forward network, both residual and normalized before."""

    def __init__(self, width: int, heads: int, ratio: int, causal: bool) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention: nn.Module = SelfAttention(width, heads, causal)
        self.feedforward_norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, ratio * width)
        self.down = nn.Linear(ratio * width, width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x))
        return x + self.down(F.gelu(self.up(self.feedforward_norm(x))))


class FirstToken(nn.Module):
    """One more, learned vector before all others: `b l d` to `b 1+l d`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.weight.expand(len(x), 1, -1), x), 1)


class AddPositions(nn.Module):
    """A learned vector for every place is added."""

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(length, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight[: x.shape[1]]


class AddSegment(nn.Module):
    """The learned vector of the first sentence is added."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(count, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight[0]


class TiedHead(nn.Module):
    """A score for every token, by the matrix `v d` of its embedding: `b l d` to `b l v`."""

    def forward(self, x: Tensor, matrix: Tensor) -> Tensor:
        return F.linear(x, matrix)


class AddWaves(nn.Module):
    """Sines and cosines of geometrically rising wavelength are added."""

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000) / width))
        angles = torch.arange(length)[:, None] * rates
        self.register_buffer("table", torch.stack((angles.sin(), angles.cos()), -1).flatten(1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.get_buffer("table")[: x.shape[1]]


class Patches(nn.Module):
    """Squares of pixels become vectors by one matrix, row by row: `b c h w` to `b l d`."""

    def __init__(self, channels: int, width: int, size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, width, size, size)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x).flatten(2).transpose(1, 2)  # b d h w -> b l d


class MergePatches(nn.Module):
    """Each square of 2x2 vectors of a square grid becomes one of twice the width: `b l d` to `b l/4 2d`."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * width, eps=eps)
        self.reduce = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        grid = math.isqrt(length)
        odd = grid % 2
        x = F.pad(x.reshape(batch, grid, grid, width), (0, 0, 0, odd, 0, odd))
        half = (grid + odd) // 2
        x = x.reshape(batch, half, 2, half, 2, width).permute(0, 1, 3, 4, 2, 5)  # b h w j i d
        return self.reduce(self.norm(x.reshape(batch, half * half, 4 * width)))


class LSTM(nn.LSTM):
    """All hidden states of a long short-term memory: `b l d` to `b l d'`."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x)[0]


class GRU(nn.GRU):
    """All hidden states of a gated recurrent unit: `b l d` to `b l d'`."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x)[0]


class RNN(nn.RNN):
    """All hidden states of a plain recurrent network: `b l d` to `b l d'`."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x)[0]


class StateSpace(nn.Module):
    """A linear state space in each channel, as one long causal convolution: `b l d` to `b l d`.

    y_t = sum over k <= t of sum over n of c_n exp(-a_n (t - k)) b_n x_k, plus a direct path.
    """

    def __init__(self, width: int, states: int) -> None:
        super().__init__()
        self.log_decay = nn.Parameter(torch.log(torch.linspace(0.01, 1.0, states)).repeat(width, 1))
        self.mix = nn.Parameter(torch.randn(width, states) / states**0.5)
        self.direct = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[1]
        steps = torch.arange(length, device=x.device)
        decay = torch.exp(self.log_decay)
        kernel = (self.mix[..., None] * torch.exp(-decay[..., None] * steps)).sum(1)  # d l
        back = steps[:, None] - steps  # t k: how long ago
        matrix = kernel[:, back.clamp(min=0)] * (back >= 0)  # d t k
        return (matrix @ x.permute(2, 1, 0)).permute(2, 1, 0) + self.direct * x  # d l b -> b l d
