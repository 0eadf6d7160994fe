"""The local engine: `python -m archviz.runs.engine`, a Dask scheduler with one warm worker process per core.

It listens on 127.0.0.1 only, writes its address to a file, and ends when its last client has gone and no trial is
left. It never imports torch itself: only its workers do.
"""

import asyncio
import importlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing import forkserver
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from archviz.runs.address import Address, forget_address, lock_file, source_state

if TYPE_CHECKING:
    from distributed import Scheduler

log = logging.getLogger("archviz.engine")

HERE = "127.0.0.1"
GRACE_SECONDS = 25.0
"""How long an engine without clients and trials waits for the next client."""
CLOSE_SECONDS = 30.0
"""How long the workers may take to say goodbye."""
MOST_WORKERS = 8
"""More than this many processes are started only when ARCHVIZ_WORKERS says so."""
THREADS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
SETTINGS = {
    "distributed.worker.profile.enabled": False,  # it looks at every thread 100 times a second
    "distributed.scheduler.worker-saturation": 1.0,  # trials wait at the scheduler, not at a worker that is busy
    "distributed.admin.system-monitor.gil.enabled": False,
    # Dask's own list also sets MALLOC_TRIM_THRESHOLD_, with which every larger tensor costs system calls.
    "distributed.nanny.pre-spawn-environ": THREADS,
}


def main() -> None:
    """Run until nobody needs the engine any more, or until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    os.environ.update(THREADS)
    forked = sys.platform == "linux"  # elsewhere, forking a process with torch in it is not safe
    if forked:
        multiprocessing.set_forkserver_preload(["archviz.runs.warm"])
        forkserver.ensure_running()  # it imports torch while this process imports Dask
    import dask
    from dask.system import CPU_COUNT

    grace = float(os.environ.get("ARCHVIZ_ENGINE_GRACE", GRACE_SECONDS))
    workers = int(os.environ.get("ARCHVIZ_WORKERS", min(CPU_COUNT, MOST_WORKERS)))
    method = "forkserver" if forked else "spawn"
    with dask.config.set({**SETTINGS, "distributed.worker.multiprocessing-method": method}):
        asyncio.run(serve(max(1, workers), grace))


async def serve(workers: int, grace: float) -> None:
    """One engine from start to end."""
    from distributed import LocalCluster, utils

    importlib.import_module("archviz.runs.execute")  # what the scheduler needs to read the first trial
    utils._forkserver_preload_set = True  # else it imports pandas, only to preload it
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    source = source_state()
    async with LocalCluster(
        n_workers=0,
        threads_per_worker=1,
        processes=True,
        host=HERE,
        dashboard_address=f"{HERE}:0",
        worker_dashboard_address=f"{HERE}:0",
        preload=["archviz.runs.warm"],
        asynchronous=True,
    ) as cluster:
        address = Address(cluster.scheduler_address, os.getpid(), source)
        address.write()
        log.info("listening at %s with %d workers", address.scheduler, workers)
        cluster.scale(workers)
        try:
            await _until_unused(cluster.scheduler, address, grace, ended)
        finally:
            forget_address(address)
            closing = threading.Timer(CLOSE_SECONDS, os._exit, (1,))  # workers end when this process does
            closing.daemon = True
            closing.start()
    log.info("ended")


async def _until_unused(scheduler: "Scheduler", address: Address, grace: float, ended: asyncio.Event) -> None:
    used = time.monotonic()
    while not ended.is_set():
        if in_use(scheduler):
            used = time.monotonic()
        elif time.monotonic() - used > grace:
            try:
                with FileLock(lock_file(), timeout=0):  # nobody is about to connect
                    forget_address(address)
                return
            except Timeout:
                pass
        try:
            await asyncio.wait_for(ended.wait(), timeout=min(0.25, grace / 4))
        except TimeoutError:
            continue


def in_use(scheduler: "Scheduler") -> bool:
    """Whether a client is connected (workers are clients too, but do not count) or a task is not over."""
    clients = [name for name in scheduler.clients if name != "fire-and-forget" and "-worker-" not in name]
    return bool(clients) or any(task.state not in ("memory", "erred", "forgotten") for task in scheduler.tasks.values())


if __name__ == "__main__":
    main()
