"""Notebook: an assembled model with what it takes to train it again, in Jupyter's own format."""

import json
from typing import Any

from archviz.core.setup import Recipe
from archviz.export.source import to_source
from archviz.models.assembled import Assembled


def to_notebook(config: Assembled.Config, recipe: Recipe, title: str = "Model") -> str:
    """A notebook that builds the model from its source and trains it by this recipe."""
    source = to_source(config, title).split('\nif __name__ == "__main__":')[0].rstrip() + "\n"
    cells = [
        _text(
            f"# {title}\n\nAssembled in archviz. The model needs nothing but torch; the data come from archviz "
            "(`pip install -e .` in its repository)."
        ),
        _code(source),
        _text(f"## Data\n\n`{recipe.dataset.kind}`: training, validation and test never overlap."),
        _code(
            "from archviz.core.setup import DatasetConfig\n"
            "from archviz import catalog\n\n"
            "catalog.datasets()  # so that every dataset is known by its name\n"
            f"data = DatasetConfig.model_validate_json({recipe.dataset.model_dump_json()!r}).build().load()\n"
            "print(len(data.train), len(data.validation), len(data.test))"
        ),
        _text("## Training"),
        _code(_training(recipe)),
        _text("## Test"),
        _code(_test(config)),
    ]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _training(recipe: Recipe) -> str:
    kind = recipe.optimizer.kind
    options = dict(recipe.optimizer)
    made = ", ".join(f"{name}={value!r}" for name, value in options.items() if name != "kind")
    clip = f"    torch.nn.utils.clip_grad_norm_(model.parameters(), {recipe.clip})\n" if recipe.clip is not None else ""
    fall = " * 0.5 * (1 + math.cos(math.pi * step / STEPS))" if recipe.schedule == "cosine" else ""
    return (
        "import math\n\n"
        "import torch.nn.functional as F\n\n"
        f"STEPS, BATCH, WARMUP = {recipe.steps}, {recipe.batch_size}, {recipe.warmup}\n"
        "torch.manual_seed(0)\n"
        "model = Model()\n"
        f"from archviz.blocks.optimizers import {kind}\n\n"
        f"optimizer = {kind}.Config({made}).build(model.parameters())\n"
        "rates = [group['lr'] for group in optimizer.param_groups]\n"
        "for step in range(STEPS):\n"
        f"    factor = (min(1.0, (step + 1) / WARMUP) if WARMUP else 1.0){fall}\n"
        "    for group, rate in zip(optimizer.param_groups, rates):\n"
        "        group['lr'] = rate * factor\n"
        "    inputs, targets = data.train.batch(torch.randint(len(data.train), (BATCH,)))\n"
        "    logits = model.train()(inputs)\n"
        "    loss = F.cross_entropy(logits.flatten(0, -2), targets.flatten())\n"
        "    optimizer.zero_grad()\n"
        "    loss.backward()\n"
        f"{clip}"
        "    optimizer.step()\n"
        "    if step % 25 == 0 or step == STEPS - 1:\n"
        '        print(f"step {step:4d}  loss {loss.item():.3f}")'
    )


def _test(config: Assembled.Config) -> str:
    return (
        "model.eval()\n"
        "with torch.no_grad():\n"
        "    inputs, targets = data.test.batch(torch.arange(min(1000, len(data.test))))\n"
        "    accuracy = (model(inputs).argmax(-1) == targets).float().mean().item()\n"
        'print(f"accuracy on the test split: {accuracy:.1%}")'
    )


def _text(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": _id(text), "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": _id(text),
        "metadata": {},
        "outputs": [],
        "source": text.splitlines(keepends=True),
    }


def _id(text: str) -> str:
    from hashlib import blake2b

    return blake2b(text.encode(), digest_size=6).hexdigest()
