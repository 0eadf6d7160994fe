"""Initialization: every parameter from (seed, its name), so that swapping one part does not re-roll the others."""

import hashlib
import math
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn


@runtime_checkable
class Initializes(Protocol):
    """A model with an initialization of its own."""

    def init_parameter(self, name: str, parameter: Tensor, generator: torch.Generator) -> bool:
        """Fill `parameter` (dotted `name` within this model) in place, or return False to leave it to the default."""
        ...


def derive(seed: int, name: str) -> int:
    """A seed of its own for everything that has a name, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=7).digest(), "big")


@torch.no_grad()
def initialize(model: nn.Module, seed: int) -> None:
    """Draw all parameters anew, each from (seed, its name), and reset running statistics.

    A model that `Initializes` decides for its own parameters; the rest gets torch's usual defaults.
    """
    for path, module in model.named_modules():
        if isinstance(module, nn.modules.batchnorm._NormBase):
            module.reset_running_stats()
        for leaf, parameter in module.named_parameters(path, recurse=False):
            generator = torch.Generator().manual_seed(derive(seed, leaf))
            drawn = torch.empty_like(parameter, device="cpu")
            if not (isinstance(model, Initializes) and model.init_parameter(leaf, drawn, generator)):
                _default(module, leaf.rpartition(".")[2], drawn, generator)
            parameter.copy_(drawn)


def _default(module: nn.Module, leaf: str, parameter: Tensor, generator: torch.Generator) -> None:
    match module, leaf:
        case nn.Embedding(), _:
            nn.init.normal_(parameter, generator=generator)
        case ((nn.modules.batchnorm._NormBase() | nn.GroupNorm() | nn.LayerNorm() | nn.RMSNorm()), "weight"):
            nn.init.ones_(parameter)
        case ((nn.modules.batchnorm._NormBase() | nn.GroupNorm() | nn.LayerNorm()), "bias"):
            nn.init.zeros_(parameter)
        case ((nn.Linear() | nn.modules.conv._ConvNd()), "bias"):
            fan_in = module.weight[0].numel()
            nn.init.uniform_(parameter, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in), generator=generator)
        case _ if parameter.dim() >= 2:
            nn.init.kaiming_uniform_(parameter, a=math.sqrt(5), generator=generator)
        case _:
            nn.init.zeros_(parameter)
