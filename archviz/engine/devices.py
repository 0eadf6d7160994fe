"""Devices: where a trial runs, and what makes it run the same way twice."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def pick(name: str = "auto") -> torch.device:
    """The device of this name; "auto" is the accelerator if this machine has one, else the CPU.

    Raises ValueError with a sentence when the device is not here.
    """
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if name == "auto":
        return accelerator or torch.device("cpu")
    here = ["cpu"] + ([accelerator.type] if accelerator else [])
    if name.partition(":")[0] not in here:
        raise ValueError(f"there is no device {name!r} on this machine; choose one of: auto, {', '.join(here)}")
    return torch.device(name)


@contextmanager
def one_thread(device: torch.device) -> Iterator[None]:
    """On a CPU, one thread inside, and as many as before outside.

    Sums split over a varying number of threads differ in their last bits, and small nets are faster on one thread.
    """
    threads = torch.get_num_threads()
    if device.type == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
