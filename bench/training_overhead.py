"""What events and probes cost: steps per second of a trial against a bare PyTorch loop on the same model.

    python -m bench.training_overhead

Both train the same model from the same weights on the same batches for as many steps as a live trial has, in turns, in
one process on one thread; the figure is the median ratio over the turns. 1.00 means that watching is free; the target
is at least 0.95.
"""

import statistics
import time
from collections.abc import Iterator

import torch

from archviz import catalog
from archviz.core.events import Step
from archviz.core.spec import Train, Trial
from archviz.engine.initialize import initialize
from archviz.engine.train import batches, run_trial

EXPERIMENTS = ("residual/identity", "residual/bottleneck", "transformer/pre-ln")
TURNS = 5


def bare(trial: Trial) -> float:
    """Seconds that a plain loop takes."""
    recipe = trial.setup.recipe
    samples, task = recipe.dataset.build().load().train, recipe.task.build()
    model = trial.setup.model.build()
    initialize(model, trial.seed)
    if len(recipe.dataset.inputs.shape) == 3:
        model.to(memory_format=torch.channels_last)
    model.train()
    optimizer = recipe.optimizer.build(model.parameters())
    drawn: Iterator[torch.Tensor] = batches(samples, recipe.batch_size, trial.seed)
    started = time.perf_counter()
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * recipe.lr_factor(step)
        loss = task.loss(model, samples.batch(next(drawn)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return time.perf_counter() - started


def watched(trial: Trial, measure: Train) -> float:
    """Seconds from the first to the last step of a trial with its experiment's probes; the final scoring on
    validation and test, which a bare loop leaves out, is not counted."""
    started = time.perf_counter()
    for event in run_trial(trial, measure, device="cpu"):
        if event.kind == "Started":
            started = time.perf_counter()
        if isinstance(event, Step) and event.step == trial.setup.recipe.steps:
            return time.perf_counter() - started
    raise RuntimeError("the trial ended before its last step")


def main() -> None:
    """Print one row for each experiment."""
    torch.set_num_threads(1)
    print(f"{'experiment':<24}{'bare ms/step':>14}{'watched ms/step':>17}{'ratio':>8}")
    for identity in EXPERIMENTS:
        chapter, experiment = catalog.experiment(identity)
        assert isinstance(experiment.measure, Train)
        trial = experiment.trials(chapter.slug, experiment.live)[0]
        steps = trial.setup.recipe.steps
        times = [(bare(trial), watched(trial, experiment.measure)) for _ in range(TURNS)]
        plain, seen = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(b / w for b, w in times)
        print(f"{identity:<24}{1e3 * plain / steps:>14.2f}{1e3 * seen / steps:>17.2f}{ratio:>8.3f}")


if __name__ == "__main__":
    main()
