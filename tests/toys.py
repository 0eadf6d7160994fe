"""A chapter of experiments whose answers are known, for the command line and notebooks; importable in workers."""

import sys
from collections.abc import Mapping

from archviz import catalog
from archviz.core.config import edit
from archviz.core.setup import Setup
from archviz.core.spec import Arm, Axis, Budget, Chapter, Claim, Demonstration, Exact, Experiment, Train, Tweak

from .engine import tiny
from .runs import toy

HIGHER = Tweak(
    slug="higher",
    title="Higher",
    text="Adds 1.",
    formula="x + 1",
    source="none",
    needs="a number",
    change=lambda setup: edit(setup, "recipe.optimizer", lr=setup.recipe.optimizer.lr + 1),
)


def clear(setup: Setup, seed: int) -> Mapping[str, float]:
    """About 1 higher under the tweak."""
    return {"test_loss": setup.recipe.optimizer.lr + 0.001 * (seed % 3)}


def noise(setup: Setup, seed: int) -> Mapping[str, float]:
    """Higher under the tweak in every second seed, lower in the others."""
    return {"test_loss": setup.recipe.optimizer.lr * (-1) ** seed}


def experiment(slug: str, direction: str, measure: Train | Exact, base: Setup, axis: Axis | None = None) -> Experiment:
    at = axis.values[-1] if axis else None
    return Experiment(
        slug=slug,
        ask=f"Is it {direction}?",
        base=base,
        arms=(Arm(name="A", title="as it is"), Arm(name="B", title="one more", tweaks=(HIGHER,))),
        measure=measure,
        claims=(Claim(sentence=f"B is {direction}.", metric="test_loss", direction=direction, by=0.5, at=at),),  # type: ignore[arg-type]
        source="none",
        demonstration=Demonstration(title="None", text="Nothing", show=lambda setups: ()),
        live=Budget(seeds=3),
        reference=Budget(seeds=4, first_seed=100),
        axis=axis,
    )


def with_lr(setup: Setup, lr: float) -> Setup:
    return edit(setup, "recipe.optimizer", lr=lr)


EXACT = Exact(metrics=("test_loss",), measure=clear)
CHAPTER = Chapter(
    slug="residual",
    block="Toys",
    architectures=(),
    tweaks=(HIGHER,),
    probes=(),
    experiments=(
        experiment("up", "higher", EXACT, tiny.setup()),
        experiment("down", "lower", EXACT, tiny.setup()),
        experiment("unclear", "higher", Exact(metrics=("test_loss",), measure=noise), tiny.setup()),
        experiment(
            "trained",
            "higher",
            Train(metrics=("train_loss", "test_accuracy")),
            tiny.setup(steps=20),
            Axis(name="lr", label="Learning rate", values=(0.1, 0.2), apply=with_lr, log=True),
        ),
        experiment("slow", "higher", Train(metrics=("train_loss",)), toy.setup(steps=2000)),
    ),
)


def install() -> None:
    """Make the catalog hold only these."""
    catalog.chapters = lambda: (CHAPTER,)  # type: ignore[assignment]


if __name__ == "__main__":
    from archviz.cli import app

    install()
    sys.argv[0] = "archviz"
    app()
