"""Checkpoints: the exact state of a trial in one safetensors file, so that it goes on to the same numbers."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn


class Unreadable(RuntimeError):
    """A checkpoint that cannot be used; the trial starts over."""


def save(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, progress: dict[str, Any]) -> None:
    """Write model, optimizer, random state and `progress` (plain JSON) at once: the old file or the new, never half."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    state = optimizer.state_dict()
    plain: dict[str, dict[str, Any]] = {}
    for index, slots in state["state"].items():
        for slot, value in slots.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{index}.{slot}"] = value
            else:
                plain.setdefault(str(index), {})[slot] = value
    tensors["random"] = torch.get_rng_state()
    if torch.accelerator.is_available():
        tensors["random.accelerator"] = _accelerator().get_rng_state()
    metadata = {"progress": json.dumps(progress), "optimizer": json.dumps({"plain": plain})}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    save_file({name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}, partial, metadata)
    partial.replace(path)


def load(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Restore what `save` wrote and give back `progress`. Raises Unreadable when the file is damaged or of another
    model."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        progress: dict[str, Any] = json.loads(metadata["progress"])
        slots: dict[int, dict[str, Any]] = {
            int(index): values for index, values in json.loads(metadata["optimizer"])["plain"].items()
        }
        for name, value in tensors.items():
            if name.startswith("optimizer."):
                _, index, slot = name.split(".", 2)
                slots.setdefault(int(index), {})[slot] = value
        model.load_state_dict({n.removeprefix("model."): v for n, v in tensors.items() if n.startswith("model.")})
        optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
        torch.set_rng_state(tensors["random"])
        if "random.accelerator" in tensors and torch.accelerator.is_available():
            _accelerator().set_rng_state(tensors["random.accelerator"])
    except Exception as error:  # a damaged file can fail anywhere between its header and its last tensor
        raise Unreadable(f"the checkpoint {path.name} cannot be read ({error}); the trial starts over") from error
    return progress


def _accelerator() -> Any:
    device = torch.accelerator.current_accelerator()
    assert device is not None
    return torch.get_device_module(device)
