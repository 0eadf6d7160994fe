"""Assumptions: what untrained networks take for granted about images, and how much they could learn. Exact."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archviz.core.results import Curve, Series
from archviz.core.setup import Setup
from archviz.engine.demonstrate import SEED, untrained
from archviz.engine.devices import one_thread, pick
from archviz.engine.initialize import derive, initialize
from archviz.engine.shifted_task import shifted

SHIFTS = (0, 1, 2, 3, 4)
COUNTS = (25, 50, 100, 150)
RIDGE = 1e-2
"""Added to the kernel's diagonal, as a share of its mean: labels may be a little wrong."""
CONSTANT = 100.0
"""How freely the kernel may fit a constant, as a multiple of its mean diagonal."""


@torch.no_grad()
def resemblance(setups: Mapping[str, Setup], title: str) -> Curve:
    """Cosine similarity between the logits of images and of the same images moved, less the mean over all images:
    1 means that a move changes nothing."""
    series = []
    with one_thread(pick("cpu")):
        for arm, setup in setups.items():
            model, (images, _) = untrained(setup)
            model.eval()
            middle = model(images).mean(0)
            still = model(images) - middle
            alike = [F.cosine_similarity(model(shifted(images, n)) - middle, still).mean().item() for n in SHIFTS]
            series.append(Series(name=arm, x=tuple(map(float, SHIFTS)), y=tuple(alike)))
    return Curve(title=title, x_label="shift (pixels)", y_label="likeness of the answers", series=tuple(series))


def fits(setups: Mapping[str, Setup], title: str) -> Curve:
    """Flexibility and sample efficiency of each untrained network by its tangent kernel, for several numbers of images.

    The kernel of two images is the product of their gradients: what a small step on one changes in the answer to the
    other (Jacot et al. 2018, arXiv:1806.07572).
    """
    series = []
    with one_thread(pick("cpu")):
        for arm, setup in setups.items():
            images, classes = setup.recipe.dataset.build().load().train.batch(torch.arange(COUNTS[-1]))
            model: nn.Module = setup.model.build()
            initialize(model, SEED)
            kernel = tangent_kernel(model, images)
            points = [(effective_rank(kernel[:n, :n]), left_out(kernel[:n, :n], classes[:n])) for n in COUNTS]
            series.append(Series(name=arm, x=tuple(p[0] for p in points), y=tuple(p[1] for p in points)))
    return Curve(
        title=title,
        x_label="flexibility: directions that it can learn at once",
        y_label="left-out images named rightly",
        series=tuple(series),
    )


def tangent_kernel(model: nn.Module, images: Tensor) -> Tensor:
    """Products of the gradients of every two images, for one random combination of the logits; without their mean."""
    parameters = list(model.parameters())
    outputs = model.eval()(images)
    mix = torch.randn(outputs.shape[1], generator=torch.Generator().manual_seed(derive(SEED, "mix")))
    rows = []
    for output in (outputs @ mix).unbind():
        gradients = torch.autograd.grad(output, parameters, retain_graph=True)
        rows.append(torch.cat([gradient.flatten() for gradient in gradients]))
    features = torch.stack(rows).double()
    features = features - features.mean(0)
    return features @ features.T


def effective_rank(kernel: Tensor) -> float:
    """How many directions share the kernel's strength: (sum of eigenvalues)^2 / sum of their squares."""
    rank: float = (kernel.trace() ** 2 / kernel.square().sum()).item()
    return rank


def left_out(kernel: Tensor, classes: Tensor) -> float:
    """Share of the images that ridge regression on all others names rightly, in closed form."""
    count = len(kernel)
    targets = F.one_hot(classes, int(classes.max()) + 1).double()
    scale = kernel.trace() / count
    level = CONSTANT * scale  # a constant that can be fitted: without it a centred kernel would leak what is left out
    inverse = torch.linalg.inv(kernel + level + RIDGE * scale * torch.eye(count, dtype=torch.float64))
    residuals = (inverse @ targets) / inverse.diagonal()[:, None]  # of each image, had it not been there
    right: int = ((targets - residuals).argmax(1) == classes).sum().item()
    return right / count
