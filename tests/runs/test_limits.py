"""Limits: refused before anything is allocated, with estimate, limit and advice."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from archviz.core.setup import Inputs, ModelConfig
from archviz.core.spec import Exact
from archviz.runs.limits import Limits, OverLimit, check, check_size, estimate
from archviz.runs.store import Store
from tests.engine.tiny import TinyNet, setup, trial


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'history.db'}")
    yield store
    store.close()


class Untraceable(TinyNet):
    """A net that looks at its numbers, so that it cannot run on the meta device."""

    class Config(ModelConfig):
        width: int = 16

    def __init__(self, config: Config) -> None:
        super().__init__(TinyNet.Config(width=config.width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x * x.abs().max().item())


def wide(width: int, batch_size: int = 32, steps: int = 60, model: type[ModelConfig] = TinyNet.Config) -> object:
    base = setup(steps=steps)
    return base.replace(model=model(width=width), recipe=base.recipe.replace(batch_size=batch_size))


def test_the_estimate_agrees_with_the_model() -> None:
    expected = estimate(wide(16))
    assert expected.parameters == sum(p.numel() for p in TinyNet.Config(width=16).build().parameters())
    assert expected.steps == 60
    # first layer, relu, dropout and norm write 16 numbers an example, the last layer 3; the tap writes none
    least, most = 32 * (16 * 3 + 3) * 4, 32 * (16 * 5 + 3) * 4
    assert least * 2 <= expected.memory_bytes - expected.parameters * 16 <= most * 2


def test_memory_grows_with_the_batch_and_parameters_do_not() -> None:
    small, large = estimate(wide(64, batch_size=8)), estimate(wide(64, batch_size=80))
    assert small.parameters == large.parameters
    weights = small.parameters * 16
    assert 8 < (large.memory_bytes - weights) / (small.memory_bytes - weights) <= 10


def test_a_model_of_a_terabyte_is_refused_at_once() -> None:
    began = time.perf_counter()
    with pytest.raises(OverLimit, match=r"would have 1,\d{3},\d{3},\d{3},\d{3} parameters.*limit of 50,000,000"):
        check_size(wide(10**11 + 1), Limits(parameters=50_000_000))
    assert time.perf_counter() - began < 5


def test_activations_are_refused_even_where_parameters_are_few() -> None:
    with pytest.raises(OverLimit, match=r"about [\d,]+ MiB of memory, more than the limit of 100 MiB.*now 1000000"):
        check_size(wide(64, batch_size=1_000_000), Limits(memory_mib=100))


def test_steps_are_refused() -> None:
    with pytest.raises(OverLimit, match=r"1,000 steps is longer than the limit of 999.*ARCHVIZ_MAX_STEPS"):
        check_size(setup(steps=1000), Limits(steps=999))


def test_a_model_that_cannot_be_traced_is_judged_by_its_parameters() -> None:
    check_size(wide(16, model=Untraceable.Config), Limits())
    with pytest.raises(OverLimit, match="parameters"):
        check_size(wide(10**8, model=Untraceable.Config), Limits(parameters=50_000_000))


def test_trials_are_counted_for_each_session_and_in_all(store: Store) -> None:
    new = [trial(seed) for seed in range(4)]
    limits = Limits(trials_per_session=6, trials=10)
    run_id = store.create_run("test/tiny", "", {}, new, "live", session="ann")
    with pytest.raises(OverLimit, match=r"these 4 trials you would have 8 .* limit of 6 for one session"):
        check(new, "ann", store, limits=limits)
    check(new, "bob", store, limits=limits)
    store.create_run("test/tiny", "", {}, new, "live", session="bob")
    with pytest.raises(OverLimit, match=r"these 4 trials 12 would be .* limit of 10 in all"):
        check(new, "cy", store, limits=limits)
    alive = {state.id for state in store.trials(run_id)}
    check(new, "cy", store, alive=alive, limits=limits)  # bob's were interrupted: nobody works on them


def test_an_exact_measure_is_not_judged_by_its_size(store: Store) -> None:
    large = trial().replace(setup=wide(10**9))
    with pytest.raises(OverLimit):
        check([large], "", store)
    check([large], "", store, measure=Exact(metrics=("x",), measure=lambda setup, seed: {"x": 1.0}))


def test_the_environment_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHVIZ_MAX_PARAMETERS", "1000")
    monkeypatch.setenv("ARCHVIZ_MAX_SECONDS", "2.5")
    assert Limits.current() == Limits(parameters=1000, seconds=2.5)
    with pytest.raises(OverLimit, match="limit of 1,000"):
        check_size(wide(1000))


@pytest.mark.parametrize("value", ["many", "0", "-3"])
def test_a_limit_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ARCHVIZ_MAX_STEPS", value)
    with pytest.raises(OverLimit, match=f"ARCHVIZ_MAX_STEPS is '{value}', which is no limit"):
        Limits.current()


def test_inputs_of_another_shape_are_another_estimate() -> None:
    assert Inputs(shape=(4,)) == setup().recipe.dataset.inputs
    assert estimate(wide(16, batch_size=1)).memory_bytes < estimate(wide(16, batch_size=2)).memory_bytes
