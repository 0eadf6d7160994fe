"""The history of runs: nothing is lost, nothing is there twice, and a damaged file is explained."""

import math
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from archviz.core.events import Evaluated, Event, Failed, Finished, Probed, Started, Step
from archviz.core.results import Observation, Profile
from archviz.core.spec import Trial
from archviz.runs import database
from archviz.runs import store as store_module
from archviz.runs.database import StoreUnavailable
from archviz.runs.store import Store, Superseded, current, weights
from archviz.runs.tables import EventRow, SchemaRow, Table
from tests.engine.tiny import setup


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh history; `ARCHVIZ_TEST_DB` names a database whose tables may be emptied, to test with that instead."""
    url = os.environ.get("ARCHVIZ_TEST_DB") or f"sqlite:///{tmp_path / 'history.db'}"
    store = Store(url)
    with store._database.begin() as db:
        for table in reversed(Table.metadata.sorted_tables):
            if table.name != SchemaRow.__tablename__:
                db.execute(table.delete())
    yield store
    store.close()


def trials(*arms: str, seeds: int = 2) -> list[Trial]:
    return [
        Trial(experiment="residual/identity", arm=arm, x=8.0, seed=seed, setup=setup())
        for seed in range(seeds)
        for arm in arms
    ]


def start(store: Store, experiment: str = "residual/identity", session: str = "me", title: str = "No way round") -> str:
    return store.create_run(
        experiment, title, {"A": (), "B": ("plain-stack",)}, trials("A", "B"), "live", session, "B is worse"
    )


def started(step: int = 0, attempt: int = 1) -> Started:
    return Started(step=step, device="cpu", parameters=3, attempt=attempt)


def steps(*numbers: int) -> list[Event]:
    return [Step(step=number, loss=1 / number, lr=0.1) for number in numbers]


def finished(step: int, value: float = 0.5) -> Finished:
    row = Observation(arm="A", seed=0, x=8.0, metric="train_loss", value=value)
    return Finished(step=step, status="done", seconds=1.0, observations=(row,))


def test_a_run_reads_back_as_it_was_written(store: Store) -> None:
    run = store.run(start(store))
    assert (run.experiment, run.title, run.budget, run.session, run.prediction) == (
        "residual/identity", "No way round", "live", "me", "B is worse",
    )  # fmt: skip
    assert run.lanes == {"A": (), "B": ("plain-stack",)}
    assert run.status == "queued" and run.trials == {"queued": 4}
    assert abs(run.created.timestamp() - time.time()) < 10
    states = store.trials(run.id)
    assert [(state.arm, state.seed, state.steps) for state in states] == [
        ("A", 0, 60), ("B", 0, 60), ("A", 1, 60), ("B", 1, 60),
    ]  # fmt: skip
    assert [store.trial(state.id) for state in states] == trials("A", "B")


def test_events_come_back_as_they_were_in_order_and_only_once(store: Store) -> None:
    run_id, other = start(store), start(store)
    first, second, *_ = store.trials(run_id)
    story: list[Event] = [
        started(),
        Step(step=1, loss=math.inf, lr=0.1),
        Probed(step=1, probe="gradient-flow", results=(Profile(title="p", label="l", layers=("a",), values=(1e-9,)),)),
        Evaluated(step=1, split="validation", metrics={"loss": math.nan}),
        Failed(sentence="Out of memory.", traceback="..."),
    ]
    store.append(first.id, story[:2])
    store.append(second.id, [started()])
    store.append(store.trials(other)[0].id, [started()])
    store.append(first.id, story[2:])
    everything = store.events(run_id)
    assert [event.model_dump_json() for _, trial, event in everything if trial == first.id] == [
        event.model_dump_json() for event in story
    ]
    numbers = [number for number, _, _ in everything]
    assert numbers == sorted(set(numbers)) and len(numbers) == 6
    assert [number for number, _, _ in store.events(run_id, after=numbers[2])] == numbers[3:]
    assert store.events(run_id, after=numbers[-1]) == []


def test_the_state_of_a_trial_follows_its_events(store: Store) -> None:
    run_id = start(store)
    one, two, three, four = (state.id for state in store.trials(run_id))
    assert store.begin(one) == 1
    assert store.run(run_id).status == "running"
    store.append(one, [started(), *steps(1, 2)])
    state = store.trials(run_id)[0]
    assert (state.status, state.attempt, state.step, state.note) == ("running", 1, 2, "")
    store.append(one, [finished(60)])
    store.append(two, [Failed(sentence="No such dataset.")])
    store.append(three, [Finished(step=3, status="diverged", seconds=1.0)])
    store.append(four, [Finished(step=3, status="stopped", seconds=1.0)])
    assert [state.status for state in store.trials(run_id)] == ["done", "failed", "diverged", "stopped"]
    assert store.trials(run_id)[1].sentence == "No such dataset."
    assert store.run(run_id).status == "failed"


def test_a_retry_takes_back_what_lies_beyond_its_checkpoint(store: Store) -> None:
    run_id = start(store)
    trial = store.trials(run_id)[0].id
    assert store.begin(trial) == 1
    store.append(trial, [started(), *steps(20, 40), Evaluated(step=40, split="validation", metrics={})], attempt=1)
    page = store.events(run_id)
    store.append(trial, [*steps(60, 80), Evaluated(step=80, split="validation", metrics={})], attempt=1)
    page += store.events(run_id, after=page[-1][0])

    assert store.begin(trial) == 2
    store.append(trial, [started(40, attempt=2), *steps(60)], attempt=2)
    page = current(page + store.events(run_id, after=page[-1][0]))
    store.append(trial, [*steps(80), finished(80)], attempt=2)
    page = current(page + store.events(run_id, after=page[-1][0]))

    story = store.events(run_id)
    assert page == story, "whoever followed sees what a newcomer sees"
    assert [event.step for _, _, event in story if isinstance(event, Step)] == [20, 40, 60, 80]
    assert [event.step for _, _, event in story if isinstance(event, Evaluated)] == [40]
    state = store.trials(run_id)[0]
    assert (state.status, state.note) == ("done", "attempt 2, resumed at step 40")


def test_a_retry_from_the_start_in_the_same_batch_leaves_no_point_twice(store: Store) -> None:
    run_id = start(store)
    trial = store.trials(run_id)[0].id
    store.append(trial, [started(), *steps(1, 2), started(1, attempt=2), *steps(2)])
    assert [event.step for _, _, event in store.events(run_id) if isinstance(event, Step)] == [1, 2]
    assert current(store.events(run_id)) == store.events(run_id)


def test_numbers_are_never_used_again(store: Store) -> None:
    run_id = start(store)
    trial = store.trials(run_id)[0].id
    store.append(trial, [started(), *steps(1, 2, 3)])
    seen = store.events(run_id)[-1][0]
    store.append(trial, [started(attempt=2)])  # deletes the three newest rows
    assert [number > seen for number, _, _ in store.events(run_id, after=seen)] == [True]


def test_a_worker_that_was_given_up_cannot_write(store: Store) -> None:
    run_id = start(store)
    trial = store.trials(run_id)[0].id
    store.begin(trial)
    assert store.begin(trial) == 2
    with pytest.raises(Superseded, match="attempt 2"):
        store.append(trial, steps(1), attempt=1)
    store.delete_run(run_id)
    with pytest.raises(Superseded, match="deleted"):
        store.append(trial, steps(1), attempt=2)
    assert store.begin(trial) is None


def test_a_finished_trial_is_not_run_again(store: Store) -> None:
    trial = store.trials(start(store))[0].id
    store.begin(trial)
    store.append(trial, [finished(60)])
    assert store.begin(trial) is None


def test_observations_are_replaced_not_added(store: Store) -> None:
    run_id = start(store)
    first, second, *_ = (state.id for state in store.trials(run_id))
    store.append(second, [finished(60, value=math.nan)])
    store.append(first, [finished(60, value=0.25)])
    store.append(first, [finished(60, value=0.75)])
    rows = store.observations(run_id)
    assert rows[0].value == 0.75 and math.isnan(rows[1].value) and len(rows) == 2
    store.append(first, [started(attempt=2)])
    assert len(store.observations(run_id)) == 1, "a trial that runs again has no result yet"


def test_a_batch_is_written_whole_or_not_at_all(store: Store) -> None:
    run_id = start(store)
    trial = store.trials(run_id)[0].id
    twice = finished(60)

    def broken() -> Iterator[Event]:
        yield started()
        yield twice
        raise OSError("the line broke")

    with pytest.raises(OSError, match="broke"):
        store.append(trial, broken())
    assert store.events(run_id) == [] and store.observations(run_id) == []
    assert store.trials(run_id)[0].status == "queued"


def test_a_trial_is_given_to_one_engine_once(store: Store) -> None:
    run_id = start(store)
    ids = [state.id for state in store.trials(run_id)]
    ticket, claimed = store.claim(run_id)
    assert claimed == ids
    assert store.claim(run_id)[1] == [], "a second client has nothing left to submit"
    assert store.begin(ids[0], "another ticket") is None
    assert store.begin(ids[0], ticket) == 1
    assert store.begin(ids[0], ticket) == 2, "the engine itself may try again"
    store.append(ids[0], [Finished(step=3, status="stopped", seconds=1.0)])
    store.stop_queued(run_id)
    store.reopen(run_id, alive=ids)  # the old ones still lie in the engine
    assert store.begin(ids[1], ticket) is None, "what was submitted before is void"
    again, claimed = store.claim(run_id)
    assert claimed == ids
    assert [store.begin(ids[0], again), store.begin(ids[1], again)] == [3, 1]


def test_a_run_that_is_about_to_be_submitted_is_not_called_interrupted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = start(store)
    assert store.run(run_id, alive=()).status == "queued"
    monkeypatch.setattr(store_module, "SUBMIT_SECONDS", 0)
    assert store.run(run_id, alive=()).status == "interrupted"
    assert store.trials(run_id, alive=())[0].status == "interrupted"


def test_trials_that_nobody_works_on_are_interrupted_and_can_be_reopened(store: Store) -> None:
    run_id = start(store)
    one, two, three, four = (state.id for state in store.trials(run_id))
    store.claim(run_id)
    store.begin(one)
    store.append(one, [finished(60)])
    store.begin(two)
    store.append(three, [Finished(step=3, status="stopped", seconds=1.0)])
    assert [state.status for state in store.trials(run_id, alive={four})] == [
        "done",
        "interrupted",
        "stopped",
        "queued",
    ]
    assert store.run(run_id, alive=set()).status == "interrupted"
    assert store.run(run_id, alive=set()).trials == {"done": 1, "interrupted": 2, "stopped": 1}
    assert store.reopen(run_id, alive={four}) == [two, three]
    assert [state.status for state in store.trials(run_id)] == ["done", "queued", "queued", "queued"]
    assert store.begin(two) == 2, "attempts go on counting"


def test_stopping_reaches_those_that_wait(store: Store) -> None:
    run_id = start(store)
    one, two, *_ = (state.id for state in store.trials(run_id))
    store.begin(one)
    store.stop_queued(run_id)
    assert [state.status for state in store.trials(run_id)] == ["running", "stopped", "stopped", "stopped"]
    assert store.begin(two) is None


def test_runs_are_filtered(store: Store) -> None:
    old = start(store, "residual/identity", "ann", "100% plain")
    new = start(store, "transformer/pre-ln", "bob", "Norm first")
    assert [run.id for run in store.runs()] == [new, old]
    assert [run.id for run in store.runs(experiment="residual/identity")] == [old]
    assert [run.id for run in store.runs(experiment="transformer")] == [new]
    assert store.runs(experiment="trans") == []
    assert [run.id for run in store.runs(session="ann")] == [old]
    assert [run.id for run in store.runs(text="norm")] == [new]
    assert [run.id for run in store.runs(text="0%")] == [old]
    assert [run.id for run in store.runs(limit=1)] == [new]
    for state in store.trials(old):
        store.append(state.id, [finished(60)])
    store.claim(new)
    assert [run.id for run in store.runs(status="done")] == [old]
    assert [run.id for run in store.runs(status="interrupted", alive=())] == [new]


def test_unfinished_trials_are_counted_by_session(store: Store) -> None:
    mine, _ = start(store, session="ann"), start(store, session="bob")
    first, second, *_ = (state.id for state in store.trials(mine))
    store.append(first, [finished(60)])
    assert store.unfinished() == {"ann": 3, "bob": 4}
    assert store.unfinished(alive={first, second}) == {"ann": 1}


def test_a_deleted_run_leaves_nothing(store: Store) -> None:
    run_id, other = start(store), start(store)
    trial = store.trials(run_id)[0].id
    weights(trial).write_bytes(b"weights")
    store.append(trial, [started(), finished(60)])
    store.delete_run(run_id)
    assert [run.id for run in store.runs()] == [other]
    assert store.events(run_id) == [] and store.observations(run_id) == [] and store.trials(run_id) == []
    assert not weights(trial).exists()
    with pytest.raises(KeyError, match="may have been deleted"):
        store.run(run_id)
    with pytest.raises(KeyError, match="may have been deleted"):
        store.trial(trial)


def test_many_writers_at_once_lose_nothing_and_a_reader_misses_nothing(store: Store) -> None:
    run_id = start(store)
    ids = [state.id for state in store.trials(run_id)]
    errors: list[Exception] = []

    def write(trial: str) -> None:
        mine = Store(store.url)  # as another process would
        try:
            for number in range(1, 26):
                mine.append(trial, steps(number))
        except Exception as error:  # noqa: BLE001 - asserted below
            errors.append(error)
        finally:
            mine.close()

    writers = [threading.Thread(target=write, args=(trial,)) for trial in ids]
    for writer in writers:
        writer.start()
    followed: list[tuple[int, str, Event]] = []
    while any(writer.is_alive() for writer in writers):
        followed += store.events(run_id, after=followed[-1][0] if followed else 0)
    followed += store.events(run_id, after=followed[-1][0] if followed else 0)
    assert errors == []
    assert followed == store.events(run_id) and len(followed) == 100
    for trial in ids:
        assert [event.step for _, mine, event in followed if mine == trial and isinstance(event, Step)] == [
            *range(1, 26)
        ]


def test_processes_that_open_a_new_history_together_all_succeed(tmp_path: Path) -> None:
    source = f"from archviz.runs.store import Store; Store('sqlite:///{tmp_path / 'new.db'}').close()"
    openers = [subprocess.Popen([sys.executable, "-c", source]) for _ in range(3)]
    assert [opener.wait(timeout=60) for opener in openers] == [0, 0, 0]


def test_polling_thousands_of_events_is_cheap(store: Store) -> None:
    run_id = start(store)
    trial = store.trials(run_id)[0].id
    store.append(trial, [started(), *steps(*range(1, 5000))])
    began = time.perf_counter()
    everything = store.events(run_id)
    whole = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(20):
        assert store.events(run_id, after=everything[-1][0]) == []
    poll = (time.perf_counter() - began) / 20
    assert len(everything) == 5000
    assert whole < 1.0 and poll < 0.05, f"{whole:.3f} s for 5,000 events, {poll * 1e3:.1f} ms for a poll"
    if store.url.startswith("sqlite"):
        with sqlite3.connect(str(store._database.url.database)) as db:
            plan = db.execute("EXPLAIN QUERY PLAN SELECT * FROM events WHERE run_id = 'r' AND seq > 5 ORDER BY seq")
            assert "USING INDEX events_of_run (run_id=? AND seq>?)" in str(plan.fetchall())
        db.close()


# --- when something is wrong with the database -----------------------------------------------------------------------


def test_a_file_that_is_no_database_is_explained_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(b"this was a database once, " * 100)
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match=r"history\.db is damaged .* move the file away .*history\.db\.damaged"):
        Store(f"sqlite:///{path}")
    assert path.read_bytes() == before


def test_a_page_that_got_damaged_is_explained_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    store = Store(f"sqlite:///{path}")
    run_id = start(store)
    store.append(store.trials(run_id)[0].id, [started(), *steps(*range(1, 500))])
    store.close()
    pages = bytearray(path.read_bytes())
    pages[8192:] = b"\xff" * (len(pages) - 8192)
    path.write_bytes(pages)
    with pytest.raises(StoreUnavailable, match="is damaged"):
        Store(f"sqlite:///{path}").events(run_id)


def test_a_folder_in_place_of_the_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        Store(f"sqlite:///{tmp_path / 'history.db'}")


@pytest.mark.parametrize("url", ["nonsense", "oracle+nothing://x/y"])
def test_an_address_that_is_none_is_explained(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ARCHVIZ_DB", url)
    with pytest.raises(StoreUnavailable, match="ARCHVIZ_DB is not the address"):
        Store()


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreUnavailable, match=r"needs the package psycopg.*pip install 'archviz\[postgres\]'"):
        Store("postgresql+psycopg://me@localhost/archviz")


def test_the_history_of_another_version_is_left_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'history.db'}")
    with store._database.begin() as db:
        db.execute(update(SchemaRow).values(version=99))
    store.close()
    with pytest.raises(StoreUnavailable, match="format 99"):
        Store(store.url)


def test_a_locked_history_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    store = Store(f"sqlite:///{tmp_path / 'history.db'}")
    run_id = start(store)
    other = sqlite3.connect(tmp_path / "history.db")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked by another program"):
        store.stop_queued(run_id)
    assert store.run(run_id).status == "queued", "reading goes on"
    other.rollback()
    other.close()
    store.close()


def test_without_an_address_the_history_lies_at_home(archviz_home: Path) -> None:
    store = Store()
    assert Path(str(store._database.url.database)) == archviz_home / "history.db"
    assert (archviz_home / "history.db").exists()
    store.close()


def test_an_event_cannot_belong_to_no_trial(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"), store._database.begin() as db:
        db.execute(insert(EventRow).values(run_id="none", trial_id="none", kind="Step", step=1, record="{}"))


def test_a_copy_of_the_file_is_a_whole_history(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'history.db'}")
    run_id = start(store)
    store.close()  # folds the write-ahead log into the file
    shutil.copy(tmp_path / "history.db", tmp_path / "copy.db")
    copy = Store(f"sqlite:///{tmp_path / 'copy.db'}")
    assert copy.run(run_id).title == "No way round"
    copy.close()
