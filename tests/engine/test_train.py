"""One trial: repeatable to the bit, stoppable, resumable, honest about divergence."""

import itertools
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from archviz.core.events import Evaluated, Event, Finished, Probed, Started, Step
from archviz.core.spec import Exact, Train
from archviz.engine import train
from archviz.engine.initialize import derive, initialize
from archviz.engine.train import batches, run_trial
from archviz.probes import activations, gradient_flow
from tests.engine.tiny import setup, trial

MEASURE = Train(metrics=("train_loss",), probes=(gradient_flow.PROBE, activations.PROBE))


def numbers(events: list[Event]) -> list[object]:
    """Everything in the events but the time."""
    return [
        event.replace(seconds=0.0, observations=tuple(o for o in event.observations if o.metric != "seconds"))
        if isinstance(event, Finished)
        else event
        for event in events
        if not isinstance(event, Started)
    ]


def test_a_trial_tells_its_whole_story() -> None:
    events = list(run_trial(trial(), MEASURE))
    assert isinstance(events[0], Started) and events[0].step == 0
    steps = [event for event in events if isinstance(event, Step)]
    assert steps[-1].step == 60 and steps[0].loss > steps[-1].loss
    assert [event.step for event in events if isinstance(event, Evaluated)] == [60, 60]  # validation and test
    assert {event.probe for event in events if isinstance(event, Probed)} == {"gradient-flow", "activations"}
    final = events[-1]
    assert isinstance(final, Finished) and final.status == "done"
    values = {row.metric: row.value for row in final.observations}
    assert values["test_accuracy"] > 0.6 and values["diverged"] == 0.0 and values["parameters"] == 163


@given(st.integers(1, 5000))
def test_watching_is_spread_over_a_trial_and_never_crowds_it(steps: int) -> None:
    probed, scored = sorted(train.probe_steps(steps)), sorted(train.evaluation_steps(steps))
    assert probed[0] == 0 and probed[-1] == steps - 1 and len(probed) <= train.PROBE_EVENTS
    assert all(0 < step < steps for step in scored) and len(scored) < train.EVALUATIONS
    gaps = [b - a for a, b in itertools.pairwise(probed)]
    assert steps <= train.PROBE_STEPS or all(gap >= train.PROBE_STEPS - 1 for gap in gaps)
    assert all(
        b - a >= train.EVALUATION_STEPS - 1 for a, b in zip([0, *scored], [*scored, steps], strict=True) if scored
    )


def test_the_same_seed_gives_the_same_numbers_bit_for_bit() -> None:
    first, second, other = (numbers(list(run_trial(trial(seed), MEASURE))) for seed in (3, 3, 4))
    assert first == second
    assert first != other


def test_probes_do_not_change_the_numbers() -> None:
    watched = [e for e in run_trial(trial(), MEASURE) if isinstance(e, Step)]
    alone = [e for e in run_trial(trial(), Train(metrics=("train_loss",))) if isinstance(e, Step)]
    assert watched == alone


def test_an_interrupted_trial_goes_on_to_the_same_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", 0.0)
    file = tmp_path / "trial.safetensors"
    undisturbed = numbers(list(run_trial(trial(), MEASURE)))
    before: list[Event] = []
    for event in run_trial(trial(), MEASURE, checkpoint=file):
        before.append(event)
        if isinstance(event, Step) and event.step == 31:
            break
    after = list(run_trial(trial(), MEASURE, checkpoint=file, attempt=2))
    started = after[0]
    assert isinstance(started, Started) and started.step == 30 and started.attempt == 2
    assert numbers(after) == [
        event for event in undisturbed if isinstance(event, Step | Evaluated | Probed | Finished) and event.step > 30
    ]
    assert not file.exists()


@pytest.mark.parametrize("damage", [b"", b"\x10\0\0\0\0\0\0\0{broken", b"x" * 1000])
def test_a_damaged_checkpoint_starts_the_trial_over(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / "trial.safetensors"
    file.write_bytes(damage)
    assert numbers(list(run_trial(trial(), MEASURE, checkpoint=file))) == numbers(list(run_trial(trial(), MEASURE)))


def test_stop_is_obeyed_before_the_next_step_and_nothing_is_reported() -> None:
    asked = iter([False] * 10 + [True] * 10)
    final = list(run_trial(trial(), MEASURE, stop=lambda: next(asked)))[-1]
    assert isinstance(final, Finished)
    assert (final.status, final.step, final.observations) == ("stopped", 10, ())


def test_an_explosion_is_a_result() -> None:
    final = list(run_trial(trial(lr=1e6), MEASURE))[-1]
    assert isinstance(final, Finished) and final.status == "diverged" and final.step < 60
    values = {row.metric: row.value for row in final.observations}
    assert values["diverged"] == 1.0 and math.isfinite(values["train_loss"])


def test_an_exact_measure_is_a_trial_like_any_other() -> None:
    measure = Exact(metrics=("parameters",), measure=lambda setup, seed: {"parameters": 7.0 + seed})
    started, finished = run_trial(trial(seed=2), measure)
    assert isinstance(started, Started) and isinstance(finished, Finished)
    assert [(row.metric, row.value, row.seed) for row in finished.observations] == [("parameters", 9.0, 2)]


def test_batches_are_the_same_for_all_arms_and_cover_every_example() -> None:
    samples = setup().recipe.dataset.build().load().train
    first, second = batches(samples, 50, seed=1), batches(samples, 50, seed=1)
    drawn = [next(first) for _ in range(4)]
    assert all(torch.equal(batch, next(second)) for batch in drawn)
    assert sorted(torch.cat(drawn).tolist()) == list(range(200))
    assert not torch.equal(next(batches(samples, 50, seed=2)), drawn[0])


def test_parameters_depend_on_seed_and_name_only() -> None:
    small, large = setup().model.build(), setup().model.replace(dropout=0.5).build()
    initialize(small, 1)
    torch.randn(10)
    initialize(large, 1)
    assert all(torch.equal(a, b) for a, b in zip(small.parameters(), large.parameters(), strict=True))
    initialize(large, 2)
    assert not torch.equal(small.first.weight, large.first.weight)
    assert derive(1, "a") != derive(1, "b") != derive(2, "b")


def test_an_unknown_device_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="there is no device 'abacus' on this machine"):
        next(run_trial(trial(), MEASURE, device="abacus"))
