"""ONNX and weights: an assembled model for other programs.

ONNX is checked against torch before it is handed out: `onnxruntime` must give the same numbers.
"""

import re
import tempfile
import warnings
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from archviz.core.setup import Inputs

OPSET = 20
CLOSE = 1e-3
"""Largest difference between torch's outputs and ONNX's, relative to the largest output."""


class NotExportable(RuntimeError):
    """A model that ONNX cannot hold, or holds wrongly; the message says why."""


def to_onnx(model: nn.Module, example: Tensor) -> bytes:
    """The model in ONNX, for batches of any size, checked by onnxruntime on `example`. Raises NotExportable."""
    was_training = model.training
    model.eval()
    try:
        with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
            warnings.simplefilter("ignore")
            path = Path(folder) / "model.onnx"
            batch = torch.export.Dim("batch", min=1, max=65_536)
            torch.onnx.export(
                model,
                (example,),
                str(path),
                input_names=["input"],
                output_names=["output"],
                dynamic_shapes=({0: batch},),
                opset_version=OPSET,
                external_data=False,
                dynamo=True,
                verbose=False,
            )
            written = path.read_bytes()
    except Exception as error:
        raise NotExportable(f"ONNX cannot hold this model: {_why(error)}.") from error
    finally:
        model.train(was_training)
    check(written, model, example)
    return written


def _why(error: BaseException) -> str:
    """The first line of what was the matter in the first place, without the colours of a terminal."""
    while error.__cause__ is not None:
        error = error.__cause__
    said = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip() or type(error).__name__
    return said.splitlines()[0][:200].rstrip(".: ")


def check(written: bytes, model: nn.Module, example: Tensor) -> None:
    """Raises NotExportable when onnxruntime gives other numbers than torch."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(written, options, providers=["CPUExecutionProvider"])
    was_training = model.training
    with torch.no_grad():
        wanted = model.eval()(example)
    model.train(was_training)
    found = torch.from_numpy(session.run(None, {session.get_inputs()[0].name: example.numpy()})[0])
    far = (found - wanted).abs().max().item()
    if found.shape != wanted.shape or far > CLOSE * max(1.0, wanted.abs().max().item()):
        raise NotExportable(
            f"ONNX gives other numbers than torch (by up to {far:.2g}); export the PyTorch file instead."
        )


def to_safetensors(model: nn.Module) -> bytes:
    """The model's parameters and running statistics as a safetensors file."""
    return save({name: value.detach().contiguous().clone() for name, value in model.state_dict().items()})


def batch_of(inputs: Inputs, size: int = 2) -> Tensor:
    """A batch of made-up inputs of this shape, always the same."""
    generator = torch.Generator().manual_seed(0)
    shape = (size, *inputs.shape)
    if inputs.vocabulary is not None:
        return torch.randint(inputs.vocabulary, shape, generator=generator)
    return torch.randn(shape, generator=generator)
