"""What it takes to compare a model with an independent implementation of the same architecture."""

import math

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@torch.no_grad()
def randomize(model: nn.Module) -> None:
    """Draw every parameter and running statistic, so that each of them matters and no layer's output vanishes."""
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.normal_(module.running_mean, 0, 0.1, generator=generator)
            nn.init.uniform_(module.running_var, 0.5, 1.5, generator=generator)
        scales = isinstance(module, nn.LayerNorm | nn.modules.batchnorm._BatchNorm)
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.squeeze().dim() >= 2:
                fan_in = parameter[0].numel() if name.endswith("weight") else 4
                nn.init.normal_(parameter, 0, 1 / math.sqrt(fan_in), generator=generator)
            else:
                nn.init.normal_(parameter, 1 if scales and name == "weight" else 0, 0.1, generator=generator)


def reference_macs(model: nn.Module, *shape: int) -> int:
    """Multiply-accumulates that torch's own counter sees in a model on the meta device, for inputs of this shape."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.empty(shape, device="meta"))
    return counter.get_total_flops() // 2
