"""Trained networks: which are kept, that they go with their run, and a sentence for each that is not there."""

import time
from pathlib import Path

import pytest
import torch

from archviz.core.events import Finished, Started, Step
from archviz.core.spec import Train, Trial
from archviz.engine import checkpoint
from archviz.runs import trained
from archviz.runs.cluster import Engine
from archviz.runs.store import UNFINISHED, Store, weights
from archviz.runs.store import trained as path_of
from archviz.runs.trained import NotKept, choices, choose, kept_of, load, make_room, there
from tests.engine.tiny import TinyNet, setup
from tests.runs.toy import trial as toy

MEASURE = Train(metrics=("test_accuracy",))


def create(store: Store, places: tuple[float | None, ...] = (8.0, 56.0)) -> str:
    trials = [
        Trial(experiment="test/tiny", arm=arm, x=x, seed=seed, setup=setup())
        for seed in (5, 6)
        for x in places
        for arm in "AB"
    ]
    return store.create_run("test/tiny", "A vs B", {"A": (), "B": ("no-norm",)}, trials, "live")


def over(store: Store, trial_id: str, step: int = 60) -> None:
    store.append(trial_id, [Started(step=0, device="cpu", parameters=1)])
    if step:
        store.append(trial_id, [Step(step=step, loss=1.0, lr=0.1)])
    store.append(trial_id, [Finished(step=step, status="done", seconds=1.0)])


def test_the_first_seed_of_each_arm_at_each_place_is_kept(store: Store) -> None:
    states = store.trials(create(store))
    kept = [state for state in states if state.id in kept_of(states)]
    assert [(state.arm, state.x, state.seed) for state in kept] == [
        ("A", 8.0, 5),
        ("B", 8.0, 5),
        ("A", 56.0, 5),
        ("B", 56.0, 5),
    ]


def test_arms_are_chosen_at_the_last_place_unless_another_is_asked_for(store: Store) -> None:
    run_id = create(store)
    assert [(state.arm, state.x) for state in choose(store, run_id)] == [("A", 56.0), ("B", 56.0)]
    assert [(state.arm, state.x) for state in choose(store, run_id, "B", 8.0, 5)] == [("B", 8.0)]
    assert [state.x for state in choose(store, create(store, (None,)))] == [None, None]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"arm": "C"}, r"has no arm 'C'; it has A and B\.$"),
        ({"x": 9.0}, r"was not at 9 on its axis; it was at 8, 56\.$"),
        ({"seed": 6}, r"only the weights of seed 5 are kept, the first of each arm\.$"),
    ],
)
def test_what_a_run_does_not_have_is_said(store: Store, asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(NotKept, match=sentence):
        choose(store, create(store), **asked)  # type: ignore[arg-type]


def test_a_network_is_loaded_as_it_was_left(store: Store) -> None:
    state = choices(store, create(store))[0]
    over(store, state.id)
    net = TinyNet(TinyNet.Config())
    checkpoint.keep(path_of(state.id), net, 60)
    state = choices(store, state.run_id)[0]
    assert there(state)
    found = load(store, state)
    assert found.step == 60 and not found.net.training
    assert all(torch.equal(value, found.net.state_dict()[name]) for name, value in net.state_dict().items())


def test_why_there_is_nothing_to_look_into_is_said_in_a_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = create(store)

    def refused(position: int) -> str:
        with pytest.raises(NotKept) as error:
            load(store, choices(store, run_id)[position])
        assert "\n" not in str(error.value)
        return str(error.value)

    first, second, third, _ = choices(store, run_id)
    assert "is not over: its weights are kept when it is" in refused(0)
    over(store, first.id)  # a run from before weights were kept
    assert not there(choices(store, run_id)[0])
    assert "are not on this machine: the run is older than their being kept" in refused(0)
    over(store, second.id, step=0)
    assert "took no training step" in refused(1)
    path_of(first.id).write_bytes(b"not a file of tensors")
    assert "cannot be read" in refused(0) and "train again to look inside." in refused(0)
    lost = TinyNet(TinyNet.Config())
    torch.nn.init.constant_(lost.last.weight, float("nan"))
    over(store, third.id)
    checkpoint.keep(path_of(third.id), lost, 60)
    assert "diverged: its weights are no numbers any more" in refused(2)
    path_of(first.id).unlink()
    monkeypatch.setattr(checkpoint, "KEPT_BYTES", 10)
    assert "more than the limit of 0 MiB. Make the model smaller" in refused(0)


def test_a_deleted_run_takes_its_networks_along(store: Store) -> None:
    run_id, other = create(store), create(store)
    mine, theirs = choices(store, run_id)[0], choices(store, other)[0]
    for state in (mine, theirs):
        over(store, state.id)
        checkpoint.keep(path_of(state.id), TinyNet(TinyNet.Config()), 60)
    store.delete_run(run_id)
    assert not path_of(mine.id).exists() and path_of(theirs.id).exists()
    with pytest.raises(NotKept, match=r"There is no run .* it may have been deleted"):
        choices(store, run_id)
    with pytest.raises(NotKept, match="not in the history any more"):
        load(store, mine.__class__(**{**mine.__dict__, "status": "done"}))


def test_the_oldest_networks_make_room(tmp_path: Path) -> None:
    import os

    for age in range(4):
        (tmp_path / f"{age}.safetensors").write_bytes(bytes(100))
        os.utime(tmp_path / f"{age}.safetensors", (1000 - age, 1000 - age))
    (tmp_path / "else.txt").write_bytes(bytes(1000))
    make_room(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.safetensors", "1.safetensors", "else.txt"]
    make_room(tmp_path, trained.ROOM)
    assert len(list(tmp_path.iterdir())) == 3


def wait(store: Store, run_id: str) -> None:
    deadline = time.monotonic() + 60
    while any(state.status in UNFINISHED for state in store.trials(run_id)) and time.monotonic() < deadline:
        time.sleep(0.1)


def test_the_engine_keeps_first_seeds_alone_until_the_run_is_deleted(engine: Engine) -> None:
    trials = [toy(seed=seed, milliseconds=0.1, steps=30, arm=arm) for seed in (0, 1) for arm in "AB"]
    run_id = engine.store.create_run("test/toy", "toy", {}, trials, "custom")
    engine.submit(run_id, MEASURE, device="cpu")
    wait(engine.store, run_id)
    states = engine.store.trials(run_id)
    assert [(state.arm, state.seed) for state in states if there(state)] == [("A", 0), ("B", 0)]
    assert load(engine.store, states[0]).step == 30
    engine.store.delete_run(run_id)
    assert not any(path_of(state.id).exists() for state in states)


def test_a_run_that_is_deleted_while_it_trains_leaves_no_file(engine: Engine) -> None:
    run_id = engine.store.create_run("test/toy", "toy", {}, [toy(milliseconds=20, steps=400)], "custom")
    engine.submit(run_id, MEASURE, device="cpu")
    (state,) = engine.store.trials(run_id)
    deadline = time.monotonic() + 30
    while not weights(state.id).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert weights(state.id).exists()
    engine.stop(run_id)
    engine.store.delete_run(run_id)
    while engine.alive_trials() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    assert not weights(state.id).exists() and not path_of(state.id).exists()
