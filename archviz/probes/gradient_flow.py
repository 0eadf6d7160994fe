"""Gradient flow: how much of the learning signal reaches each layer."""

import torch
from torch import Tensor, nn

from archviz.core.results import Profile
from archviz.core.spec import Probe
from archviz.core.tap import Capture


def layer_gradients(model: nn.Module) -> dict[str, Tensor]:
    """Gradient of each layer's weight matrix or kernel by module path, from input to output; biases, norms and
    embeddings are left out."""
    return {
        path: module.weight.grad
        for path, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.modules.conv._ConvNd) and module.weight.grad is not None
    }


def read(seen: Capture) -> tuple[Profile, ...]:
    """One profile over all layers with weights."""
    gradients = layer_gradients(seen.model)
    if not gradients:
        return ()
    norms = torch.stack(torch._foreach_norm(list(gradients.values())))
    sizes = torch.tensor([gradient.numel() for gradient in gradients.values()], device=norms.device)
    values = norms / sizes.sqrt()
    return (
        Profile(
            title="Gradient flow",
            label="root-mean-square gradient of the weights",
            layers=tuple(gradients),
            values=tuple(values.tolist()),
            log=True,
        ),
    )


PROBE = Probe(
    slug="gradient-flow",
    title="Gradient flow",
    text="Root-mean-square gradient of each layer's weights, from input to output, on a logarithmic scale. "
    "A line that falls towards the input means that early layers hardly learn; one that explodes means that training "
    "is unstable; a level line is healthy.",
    source="Glorot & Bengio 2010, section 4.2; He et al. 2015, section 4.1",
    reads="gradients",
    read=read,
)
