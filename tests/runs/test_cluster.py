"""The engine process: warm, unkillable as far as results go, and gone when nobody needs it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest

from archviz.core.events import Evaluated, Failed, Finished, Started, Step
from archviz.core.spec import Exact, Train, Trial
from archviz.engine.train import run_trial
from archviz.runs import cluster
from archviz.runs.address import Address, address_file, read_address
from archviz.runs.cluster import Engine, EngineUnavailable
from archviz.runs.store import TrialState
from tests.runs import toy

pytestmark = pytest.mark.timeout(600)  # two engines are started, and on a busy machine torch alone takes a minute

MEASURE = Train(metrics=("train_loss",))
PATIENCE = 180.0
"""Seconds until a test gives up waiting; a busy machine starts a process slowly."""


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> float:
    """Seconds until the condition holds."""
    began = time.perf_counter()
    while not condition():
        assert time.perf_counter() - began < patience, f"waited {patience} s in vain until {what}"
        time.sleep(0.002)
    return time.perf_counter() - began


def create(engine: Engine, trials: Sequence[Trial]) -> str:
    return engine.store.create_run("test/toy", "A toy", {"A": ()}, trials, "live")


def start(engine: Engine, trials: Sequence[Trial]) -> str:
    run_id = create(engine, trials)
    engine.submit(run_id, MEASURE)
    return run_id


def state(engine: Engine, run_id: str) -> TrialState:
    return engine.store.trials(run_id, alive=engine.alive_trials())[0]


def wait(engine: Engine, run_id: str, *statuses: str) -> None:
    until(lambda: {s.status for s in engine.store.trials(run_id)} <= set(statuses), f"all are {' or '.join(statuses)}")


def results(engine: Engine, run_id: str) -> list[tuple[str, int, str, float]]:
    rows = engine.store.observations(run_id)
    return [(row.arm, row.seed, row.metric, row.value) for row in rows if row.metric != "seconds"]


def undisturbed(*trials: Trial) -> list[tuple[str, int, str, float]]:
    """The same trials run here and now."""
    finals = [event for trial in trials for event in run_trial(trial, MEASURE) if isinstance(event, Finished)]
    rows = [row for final in finals for row in final.observations]
    return [(row.arm, row.seed, row.metric, row.value) for row in rows if row.metric != "seconds"]


def losses(engine: Engine, run_id: str) -> list[tuple[int, float]]:
    return [(event.step, event.loss) for _, _, event in engine.store.events(run_id) if isinstance(event, Step)]


# --- an ordinary run -------------------------------------------------------------------------------------------------


def test_trials_run_in_warm_workers_to_the_same_numbers_as_here(engine: Engine) -> None:
    assert engine.warm and engine.state == "ready"
    trials = [toy.trial(seed, milliseconds=1, steps=50, arm=arm) for seed in range(2) for arm in ("A", "B")]
    run_id = start(engine, trials)
    wait(engine, run_id, "done")
    assert results(engine, run_id) == undisturbed(*trials)
    assert [trial.attempt for trial in engine.store.trials(run_id)] == [1, 1, 1, 1]
    until(lambda: engine.alive_trials() == set(), "the engine has nothing left to do")


def test_the_first_event_comes_within_a_second(engine: Engine) -> None:
    wait(engine, start(engine, [toy.trial(milliseconds=1, steps=5)]), "done")
    run_id = create(engine, [toy.trial(milliseconds=1, steps=5)])
    began = time.perf_counter()
    engine.submit(run_id, MEASURE)
    until(lambda: engine.store.events(run_id), "the first event")
    assert time.perf_counter() - began < 1.0
    wait(engine, run_id, "done")


def test_events_arrive_while_a_trial_runs(engine: Engine) -> None:
    run_id = start(engine, [toy.trial(milliseconds=10, steps=100)])
    sizes = set()
    while engine.store.trials(run_id)[0].status != "done":
        sizes.add(len(engine.store.events(run_id)))
        time.sleep(0.05)
    assert len(sizes) >= 5, f"four updates a second or more: {sorted(sizes)}"


def test_stopping_takes_less_than_a_tenth_of_a_second(engine: Engine) -> None:
    def once() -> float:
        run_id = start(engine, [toy.trial(seed, milliseconds=5, steps=3000) for seed in range(4)])
        until(lambda: sum(trial.step > 5 for trial in engine.store.trials(run_id)) == 2, "two trials train")
        began = time.perf_counter()
        engine.stop(run_id)
        wait(engine, run_id, "stopped")
        assert engine.store.observations(run_id) == []
        assert [trial.attempt for trial in engine.store.trials(run_id)] == [1, 1, 0, 0]
        return time.perf_counter() - began

    fastest = min(once() for _ in range(3))  # the machine may be busy: what counts is what the engine adds
    assert fastest < 0.2, f"stopped after {fastest:.3f} s"


def test_a_stopped_run_goes_on_where_it_was(engine: Engine) -> None:
    trials = [toy.trial(seed, milliseconds=8, steps=120) for seed in range(3)]
    run_id = start(engine, trials)
    until(lambda: engine.store.trials(run_id)[0].step > 60, "the first trial is half way")
    engine.stop(run_id)
    wait(engine, run_id, "stopped")
    assert len(engine.resume(run_id, MEASURE)) == 3
    wait(engine, run_id, "done")
    first, _, last = engine.store.trials(run_id)
    assert first.attempt == 2 and first.resumed > 0 and last.attempt == 1
    assert results(engine, run_id) == undisturbed(*trials)


def test_what_goes_wrong_in_one_trial_is_told_and_the_others_go_on(engine: Engine) -> None:
    hungry = toy.trial().replace(setup=toy.setup(toy.HungryNet.Config(sentence="no")))
    run_id = start(engine, [hungry, toy.trial(milliseconds=1, steps=5)])
    until(lambda: "done" in engine.store.run(run_id).trials and "failed" in engine.store.run(run_id).trials, "both end")
    failed = engine.store.trials(run_id)[0]
    assert failed.sentence is not None and failed.sentence.startswith("The trial needs more memory")
    told = [event for _, trial, event in engine.store.events(run_id) if trial == failed.id]
    assert isinstance(told[-1], Failed) and "MemoryError: no" in told[-1].traceback


def test_an_exact_measure_passes_through(engine: Engine) -> None:
    run_id = create(engine, [toy.trial(seed) for seed in range(2)])
    scale = 10.0  # a closure, as experiments in a notebook have them
    engine.submit(run_id, Exact(metrics=("steps",), measure=lambda s, seed: {"steps": s.recipe.steps + scale * seed}))
    wait(engine, run_id, "done")
    assert [row.value for row in engine.store.observations(run_id)] == [100.0, 110.0]


def test_a_trial_that_takes_too_long_is_ended_with_a_sentence(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHVIZ_MAX_SECONDS", "0.3")
    run_id = start(engine, [toy.trial(milliseconds=5, steps=5000)])
    wait(engine, run_id, "failed")
    sentence = engine.store.trials(run_id)[0].sentence
    assert sentence is not None and "limit of 0.3 s" in sentence and "ARCHVIZ_MAX_SECONDS" in sentence


def test_a_run_that_is_deleted_ends(engine: Engine) -> None:
    run_id = start(engine, [toy.trial(milliseconds=5, steps=5000)])
    until(lambda: engine.store.events(run_id), "it trains")
    engine.store.delete_run(run_id)
    until(lambda: engine.alive_trials() == set(), "its worker is free")
    assert engine.store.events(run_id) == []


def test_trials_outlive_the_client_that_submitted_them(engine: Engine) -> None:
    other = Engine().connect()
    run_id = start(other, [toy.trial(milliseconds=5, steps=200)])
    until(lambda: other.store.events(run_id), "it trains")
    other.close()
    other.store.close()
    assert engine.alive_trials() == {state(engine, run_id).id}
    wait(engine, run_id, "done")
    assert state(engine, run_id).attempt == 1


# --- killed processes ------------------------------------------------------------------------------------------------


def test_a_killed_worker_costs_a_retry_and_changes_no_number(engine: Engine) -> None:
    until(lambda: len(engine.workers()) == 2, "both workers are there")
    trial = toy.trial(seed=7, milliseconds=20, steps=150)
    run_id = start(engine, [trial])
    until(lambda: state(engine, run_id).step > 60, "it has trained for a while")
    busiest = max(engine.workers(), key=lambda pid: psutil.Process(pid).cpu_times().user)
    for pid in {busiest, *engine.workers()}:  # whichever has it: the trial must survive both
        os.kill(pid, signal.SIGKILL)
    assert state(engine, run_id).status == "running", "the engine knows that it goes on"
    wait(engine, run_id, "done")

    end = state(engine, run_id)
    assert end.attempt == 2 and end.resumed > 0
    assert end.note == f"attempt 2, resumed at step {end.resumed}"
    assert results(engine, run_id) == undisturbed(trial)
    here = [(event.step, event.loss) for event in run_trial(trial, MEASURE) if isinstance(event, Step)]
    assert losses(engine, run_id) == here, "the curve has every point once, as if nothing had happened"
    events = [event for _, _, event in engine.store.events(run_id)]
    assert sum(isinstance(event, Started) for event in events) == 2
    assert sum(isinstance(event, Finished) for event in events) == 1
    validations = [event.step for event in events if isinstance(event, Evaluated) and event.split == "validation"]
    assert validations == sorted(set(validations)) or validations[-2:] == [150, 150]
    until(lambda: len(engine.workers()) == 2, "the workers are back")


CLIENT = """
import sys
from archviz.runs.cluster import Engine
engine = Engine().connect()
print(engine._address.pid, flush=True)
sys.stdin.readline()
"""


def test_after_a_killed_engine_two_clients_start_one_and_its_trials_can_be_resumed(engine: Engine) -> None:
    trials = [toy.trial(seed, milliseconds=10, steps=120) for seed in range(3)]
    run_id = start(engine, trials)
    until(lambda: engine.store.trials(run_id)[0].step > 50, "the first has trained for a while")
    old = read_address()
    assert old is not None
    children = psutil.Process(old.pid).children(recursive=True)
    os.kill(old.pid, signal.SIGKILL)
    until(lambda: not any(child.is_running() for child in children), "its workers have ended with it")

    assert engine.alive_trials() == set()
    assert not engine.warm
    assert engine.store.run(run_id, alive=engine.alive_trials()).status == "interrupted"

    states: set[str] = set()
    resumed = threading.Event()

    def watch() -> None:
        while not resumed.wait(0.002):
            states.add(engine.state)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with subprocess.Popen(
        [sys.executable, "-c", CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert len(engine.resume(run_id, MEASURE)) == 3
        resumed.set()
        watcher.join()
        assert {"starting the engine", "warming up", "ready"} <= states
        assert other.stdin is not None and other.stdout is not None
        new = read_address()
        assert new is not None and new.pid != old.pid
        assert int(other.stdout.readline()) == new.pid, "both clients have the same engine"
        wait(engine, run_id, "done")
        other.stdin.write("\n")
    assert state(engine, run_id).resumed > 0
    assert results(engine, run_id) == undisturbed(*trials)


# --- finding, replacing, ending --------------------------------------------------------------------------------------


def test_everything_listens_on_this_machine_only(engine: Engine) -> None:
    address = read_address()
    assert address is not None
    processes = [psutil.Process(address.pid), *psutil.Process(address.pid).children(recursive=True)]
    places = {c.laddr.ip for p in processes for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert places == {"127.0.0.1"}
    assert address_file().stat().st_mode & 0o777 == 0o600


def test_an_external_scheduler_takes_the_place_of_the_local_engine(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = read_address()
    assert address is not None
    monkeypatch.setenv("ARCHVIZ_SCHEDULER", address.scheduler)
    monkeypatch.setattr(cluster, "_start", lambda: pytest.fail("a local engine was started"))
    other = Engine(engine.store).connect()
    run_id = start(other, [toy.trial(milliseconds=1, steps=5)])
    wait(other, run_id, "done")
    other.close()


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    monkeypatch.setenv("ARCHVIZ_SCHEDULER", "tcp://127.0.0.1:9")
    other = Engine(engine.store)
    with pytest.raises(EngineUnavailable, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9.*unset"):
        other.connect()
    assert other.state == "failed" and other.problem is not None and "tcp://127.0.0.1:9" in other.problem
    assert not other.warm


def test_an_engine_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: Engine) -> None:
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path))
    monkeypatch.setenv("ARCHVIZ_WORKERS", "many")
    other = Engine(engine.store)
    with pytest.raises(EngineUnavailable, match=r"could not be started \(.*'many'.*engine\.log"):
        other.connect()
    assert other.state == "failed"


def test_new_source_code_gets_a_new_engine_once_the_old_one_is_idle(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = read_address()
    ended: list[Address] = []
    run_id = start(engine, [toy.trial(milliseconds=5, steps=200)])

    def start_another() -> None:
        raise EngineUnavailable("this is where another one would start")

    monkeypatch.setattr(cluster, "source_state", lambda: "edited")
    monkeypatch.setattr(cluster, "_end", ended.append)
    monkeypatch.setattr(cluster, "_start", start_another)
    engine.submit(create(engine, []), MEASURE)
    assert ended == [] and engine.warm, "it is busy, and goes on being used"

    wait(engine, run_id, "done")
    until(lambda: engine.alive_trials() == set(), "it is idle")
    with pytest.raises(EngineUnavailable, match="another one"):
        engine.submit(create(engine, []), MEASURE)
    assert ended == [old]
    monkeypatch.undo()
    assert engine.connect().warm and read_address() == old


@pytest.mark.parametrize("ignore", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"])
def test_an_engine_that_is_asked_to_end_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ignore: str) -> None:
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(cluster, "END_SECONDS", 0.5)
    source = f"{ignore} import time; print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        address = Address("tcp://127.0.0.1:9", process.pid, "source")
        address.write()
        cluster._end(address)
        assert not address.alive and read_address() is None


def test_an_address_left_behind_by_a_crash_is_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path))
    finished = subprocess.Popen([sys.executable, "-c", "pass"])
    finished.wait()
    Address("tcp://127.0.0.1:9", finished.pid, "source").write()
    engine = Engine()
    assert engine.alive_trials() == set()
    Address("tcp://127.0.0.1:9", os.getpid(), "source").write()
    assert engine.alive_trials() is None, "it may be starting: nobody knows"
    address_file().write_text("{")
    assert read_address() is None and engine.alive_trials() == set()
    engine.store.close()


def test_an_engine_ends_after_its_last_client(engine: Engine) -> None:
    engine.connect()
    address = read_address()
    assert address is not None
    other = Engine(engine.store).connect()
    engine.close()
    time.sleep(1.5)
    assert address.alive, "the other client is still there"
    other.close()
    until(lambda: not address.alive, "it ends")
    assert read_address() is None
    assert engine.state == "off"
