"""Warm: what a worker has done before it takes its first trial, so that a trial starts within milliseconds.

Importing this module imports everything that trials need. The engine has that done once, in a process from which
workers are forked (see engine.py); where processes cannot be forked, each worker does it for itself.
"""

import gc
import logging
from typing import Any

import distributed
import torch
from torch import nn
from torch._dynamo import disable  # what the first optimizer imports, a second's work

from archviz.core.discover import discover
from archviz.engine import train
from archviz.runs.database import StoreUnavailable
from archviz.runs.execute import shared_store
from archviz.runs.store import default_url

IMPORTED = (distributed.__name__, disable.__name__, train.__name__)

log = logging.getLogger("archviz.engine")

try:
    discover("archviz.chapters", "CHAPTER")  # and with them models, tweaks, datasets and probes
except Exception:  # a chapter that is being written must not keep the others from running
    log.warning("a chapter cannot be imported", exc_info=True)

try:
    for dataset in discover("archviz.data", "DATASET"):
        if not dataset.download:
            dataset.config.build().load()  # it keeps what it has loaded
except Exception:  # a trial that needs it will say what is wrong
    log.warning("a dataset cannot be loaded", exc_info=True)

gc.collect()
gc.freeze()


def dask_setup(_worker: Any) -> None:
    """Called by Dask in every new worker process, before the scheduler hears of it."""
    torch.set_num_threads(1)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    optimizer = torch.optim.AdamW(net.parameters())
    loss = nn.functional.cross_entropy(net(torch.zeros(2, 1, 4, 4)), torch.zeros(2, dtype=torch.long))
    loss.backward()
    optimizer.step()
    try:
        shared_store(default_url())
    except StoreUnavailable as error:  # a client has been told the same
        log.warning("%s", error)
