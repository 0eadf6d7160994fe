"""Cost: parameters, MACs and activation memory of a model, layer by layer, without allocating it."""

from torch import nn

from archviz.core.record import Record
from archviz.core.setup import Inputs, ModelConfig
from archviz.core.tap import Tap
from archviz.engine.recorder import Recording, record_config


class LayerCost(Record):
    """What one module costs by itself, without the modules inside it."""

    path: str
    """Dotted path in the model; empty for what the model does itself."""
    type: str
    output_shape: tuple[int, ...]
    """With the batch; empty if the module is not called in eval mode."""
    parameters: int
    macs: int


class Cost(Record):
    """Totals of a model and one row for each layer, in the order of the forward pass; the rows add up to the totals."""

    parameters: int
    macs: int
    activation_bytes: int
    layers: tuple[LayerCost, ...]


def cost(config: ModelConfig, inputs: Inputs, batch: int = 1) -> Cost:
    """What a forward pass over `batch` examples costs, found on the meta device.

    - `parameters`: every parameter once, tied ones included.
    - `macs`: multiply-accumulates of matrix products, convolutions and attention (causal attention in full), as
      papers publish them. Not counted: biases, norms, activations, softmax, pooling, and elementwise work such as
      scans.
    - `activation_bytes`: all tensors that the pass writes, views and attention weights aside: about what training
      keeps for the backward pass.

    Raises `engine.recorder.Untraceable` when the model cannot run on such inputs.
    """
    recording = record_config(config, inputs, batch)
    return Cost(
        parameters=sum(parameter.numel() for parameter in recording.model.parameters()),
        macs=recording.macs,
        activation_bytes=recording.activation_bytes,
        layers=_layers(recording),
    )


def _layers(recording: Recording) -> tuple[LayerCost, ...]:
    own: dict[str, int] = {}
    counted: set[nn.Parameter] = set()
    for path, module in recording.model.named_modules():
        fresh = [parameter for parameter in module.parameters(recurse=False) if parameter not in counted]
        counted.update(fresh)
        own[path] = sum(parameter.numel() for parameter in fresh)
    rows = []
    for path in [*recording.layers, *(path for path in own if path not in recording.layers)]:
        module = recording.model.get_submodule(path)
        call = recording.layers.get(path)
        leaf = call is not None and not any(module.children()) and not isinstance(module, IDLE)
        macs = call.macs if call else 0
        if own[path] or macs or leaf:
            shape = call.shape if call else ()
            kind = type(module).__name__
            rows.append(LayerCost(path=path, type=kind, output_shape=shape, parameters=own[path], macs=macs))
    return tuple(rows)


IDLE = (Tap, nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)
"""Modules that do nothing in eval mode and cost nothing: no row of their own."""
