"""Examples: made-up inputs of the right shape, to trace, measure or smoke-test a model without data."""

import torch
from torch import Tensor

from archviz.core.setup import Inputs


def example(inputs: Inputs, batch: int = 1, device: str | torch.device = "cpu") -> Tensor:
    """A batch that looks like `inputs`, the same on every call: normal noise `(B, C, H, W)`, or tokens `(B, L)`.

    On the meta device only the shape exists and nothing is allocated.
    """
    shape = (batch, *inputs.shape)
    if torch.device(device).type == "meta":
        return torch.empty(shape, dtype=torch.int64 if inputs.tokens else torch.float32, device="meta")
    generator = torch.Generator().manual_seed(0)
    if inputs.vocabulary is not None:
        return torch.randint(inputs.vocabulary, shape, generator=generator).to(device)
    return torch.randn(shape, generator=generator).to(device)
