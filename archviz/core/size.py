"""Size: how many parameters a model has, without allocating one."""

import torch

from archviz.core.setup import ModelConfig


def parameters(model: ModelConfig) -> int:
    """All parameters of a model."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in model.build().parameters())
