"""Own experiments: two setups that a reader has put together, compared like any experiment of the book.

They are declared nowhere. What a run of one was is read back from its trials, which hold their whole setups.
"""

from archviz.core.setup import Setup
from archviz.core.spec import Arm, Budget, Chapter, Claim, Demonstration, Experiment, Train, Tweak
from archviz.probes import activations, attention, gradient_flow
from archviz.runs.store import Store

CHAPTER = "build"
SLUG = "own"
IDENTITY = f"{CHAPTER}/{SLUG}"
SEEDS = 3
MATTERS = {"test_accuracy": 0.02, "test_loss": 0.05}
"""The smallest difference that matters, unless the reader says otherwise."""


PROBES = (gradient_flow.PROBE, attention.PROBE, activations.PROBE)
"""What is looked at while they train, as far as a model lets it be seen."""


def own_experiment(setups: dict[str, Setup], titles: dict[str, str]) -> tuple[Chapter, Experiment]:
    """The experiment that compares these setups, `A` and `B`, with the chapter that holds only it."""
    base = setups["A"]
    metric = "test_accuracy" if base.recipe.task.kind == "Classification" else "test_loss"
    arms = tuple(Arm(name=name, title=titles[name], tweaks=_as_built(name, setups)) for name in setups)
    budget = Budget(seeds=SEEDS)
    experiment = Experiment(
        slug=SLUG,
        ask=f"Does {titles['B']} do better than {titles['A']}?",
        base=base,
        arms=arms,
        measure=Train(metrics=("train_loss", metric), probes=PROBES),
        claims=(
            Claim(
                sentence="B differs from A.",
                metric=metric,
                direction="different",
                by=MATTERS[metric],
            ),
        ),
        source="",
        demonstration=Demonstration(title="", text="", show=lambda _: ()),
        live=budget,
        reference=budget,
    )
    chapter = Chapter(slug=CHAPTER, block="", architectures=(), tweaks=(), probes=PROBES, experiments=(experiment,))
    return chapter, experiment


def _as_built(name: str, setups: dict[str, Setup]) -> tuple[Tweak, ...]:
    if name == "A":
        return ()
    tweak = Tweak(
        slug="as-built",
        title="As built",
        text="The model as it stands on the canvas.",
        formula="",
        source="",
        needs="another model",
        change=lambda _: setups[name],
    )
    return (tweak,)


def ran(store: Store, run_id: str) -> tuple[Chapter, Experiment]:
    """The experiment of a run that was started from the canvas, from what its trials hold."""
    run = store.run(run_id)
    setups: dict[str, Setup] = {}
    for state in store.trials(run_id):
        if state.arm not in setups:
            setups[state.arm] = store.trial(state.id).setup
    titles = {arm: (run.lanes.get(arm) or (arm,))[0] for arm in setups}
    return own_experiment(dict(sorted(setups.items())), titles)
