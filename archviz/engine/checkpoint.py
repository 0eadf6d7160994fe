"""Checkpoints: a trial in one safetensors file - its exact state while it trains, so that it goes on to the same
numbers, and in the end the model's weights alone, to look into later. Nothing is ever unpickled."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

KEPT_BYTES = 64 * 2**20
"""A model whose state is larger than this is not kept after training: 16 million weights of 4 bytes."""


class Unreadable(RuntimeError):
    """A file that cannot be used; the message says what follows from that."""


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
    _write(path, tensors, metadata)


def keep(path: Path, model: nn.Module, step: int) -> bool:
    """Write the model's weights and buffers as they are after `step` steps, unless they are larger than `KEPT_BYTES`;
    says whether they were written."""
    state = model.state_dict()
    if sum(value.nbytes for value in state.values()) > KEPT_BYTES:
        return False
    _write(path, state, {"step": str(step)})
    return True


def restore(path: Path, model: nn.Module) -> int:
    """Put what `keep` wrote into `model` and give the number of steps behind it. Raises Unreadable."""
    try:
        with safe_open(path, framework="pt") as file:
            step = int(file.metadata()["step"])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        model.load_state_dict(state, strict=True)
    except Exception as error:  # a damaged file can fail anywhere between its header and its last tensor
        raise Unreadable(f"{path} is damaged or of another model; train again to look inside.") from error
    return step


def _write(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
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
