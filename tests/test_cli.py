import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner, Result

from archviz import catalog, cli, cli_serve
from archviz.core import book
from archviz.core.graph import Graph
from archviz.core.results import Observation
from archviz.runs import address, reference
from archviz.runs.store import Store

from . import toys

ROOT = Path(__file__).parents[1]
TOY = [sys.executable, "-m", "tests.toys"]


def archviz(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


def subprocess_of(command: list[str], **options: object) -> "subprocess.Popen[str]":
    """A command that hears Ctrl-C, even where the shell has started the tests in the background, deaf to it."""
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        **options,
    )


@pytest.fixture(scope="module")
def engine() -> Iterator[None]:
    """One worker for all tests here; the first run starts it."""
    before = os.environ.get("ARCHVIZ_WORKERS")
    os.environ["ARCHVIZ_WORKERS"] = "1"
    yield
    running = address.read_address()
    if running is not None and running.alive:
        os.kill(running.pid, signal.SIGTERM)
    if before is None:
        del os.environ["ARCHVIZ_WORKERS"]
    else:
        os.environ["ARCHVIZ_WORKERS"] = before


@pytest.fixture
def toy_chapter(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "chapters", lambda: (toys.CHAPTER,))


# --- looking ----------------------------------------------------------------------------------------------------------


def test_help_needs_no_torch() -> None:
    code = "import sys, archviz.cli, archviz; sys.exit(bool({'torch', 'pandas', 'rich', 'dask'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    for command in ("list", "summary", "graph", "run", "reproduce", "serve"):
        found = archviz(command, "--help")
        assert found.exit_code == 0
        assert "Usage" in found.output


def test_version() -> None:
    found = archviz("--version")
    assert found.exit_code == 0
    assert found.stdout.startswith("archviz ")


def test_list_as_json() -> None:
    found = json.loads(archviz("list", "--json").stdout)
    assert list(found) == ["chapters", "models", "datasets", "probes"]
    keys = ["number", "slug", "title", "architectures", "tweaks", "experiments"]
    assert all(list(chapter) == keys for chapter in found["chapters"])
    residual = next(chapter for chapter in found["chapters"] if chapter["slug"] == "residual")
    assert residual["number"] == 2
    assert "residual/identity" in residual["experiments"]
    assert "resnet50" in residual["architectures"]
    assert "no-identity-path" in residual["tweaks"]
    assert {"resnet50", "bert-base", "gpt2"} <= set(found["models"])
    assert "gradient-flow" in found["probes"]
    assert "digits" in found["datasets"]


def test_list_shows_the_whole_book() -> None:
    text = archviz("list").stdout
    assert all(page.title in text for page in book.pages())
    built = {chapter.slug for chapter in catalog.chapters()}
    assert text.count("not built yet") == sum(page.slug not in built for page in book.pages())


def test_summary_as_json() -> None:
    found = json.loads(archviz("summary", "resnet50", "--json").stdout)
    assert list(found) == ["name", "input_shape", "parameters", "macs", "layers"]
    assert (found["name"], found["input_shape"]) == ("resnet50", [1, 3, 224, 224])
    assert found["parameters"] == 25_557_032
    assert found["macs"] == 4_089_184_256
    first = found["layers"][0]
    assert first == {
        "path": "stem.conv",
        "kind": "Conv2d",
        "output_shape": [1, 64, 112, 112],
        "parameters": 9408,
        "macs": 118_013_952,
    }
    assert sum(layer["parameters"] for layer in found["layers"]) == found["parameters"]
    assert sum(layer["macs"] for layer in found["layers"]) == found["macs"]


def test_summary_as_a_table() -> None:
    lines = archviz("summary", "resnet20").stdout.splitlines()
    conv = next(line for line in lines if "stages.1.0.conv1" in line)
    assert conv.split() == ["stages.1.0.conv1", "Conv2d", "1×16×4×4", "1,152", "18,432"]
    total = next(line for line in lines if line.split()[:1] == ["total"])
    assert total.split()[-2:] == ["68,642", "635,712"]


def test_graph_to_each_kind_of_file(tmp_path: Path) -> None:
    for suffix, start in ((".svg", "<?xml"), (".dot", "digraph"), (".json", "{")):
        file = tmp_path / f"resnet20{suffix}"
        found = archviz("graph", "resnet20", "-o", str(file))
        assert found.exit_code == 0
        assert found.stdout == ""
        assert file.read_text().startswith(start)
    graph = Graph.model_validate_json((tmp_path / "resnet20.json").read_text())
    assert "BasicBlock × 3" in {node.label for node in graph.nodes}


def test_graph_prints_dot_and_opens_as_deep_as_asked() -> None:
    shallow, deep = (archviz("graph", "resnet20", "--depth", depth).stdout for depth in ("1", "4"))
    assert shallow.startswith("digraph")
    assert "BasicBlock" not in shallow
    assert "BatchNorm" in deep
    assert archviz("graph", "resnet20", "--dark").stdout != archviz("graph", "resnet20").stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("summary", "resnet5O"), "There is no model 'resnet5O'; did you mean resnet5"),
        (("graph", "qqqq"), "There is no model 'qqqq'; `archviz list` shows all"),
        (("graph", "resnet20", "-o", "a.txt"), "A graph is written as .svg, .dot or .json, not as .txt."),
        (("graph", "resnet20", "-o", "/nowhere/a.dot"), "/nowhere/a.dot cannot be written (no such file or directory)"),
        (("run", "residual/identiy"), "There is no experiment 'residual/identiy'; did you mean residual/identity"),
        (("run", "residual/identity", "--device", "abacus"), "There is no device 'abacus' on this machine"),
        (("reproduce", "residua"), "There is no chapter 'residua'; did you mean residual"),
        (("reproduce", "residual", "--all"), "Give a chapter or --all, not both."),
    ],
)
def test_a_slip_is_answered_with_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    found = archviz(*arguments)
    assert found.exit_code == 2
    assert found.stdout == ""
    assert found.stderr.startswith(sentence)
    assert len(found.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [("run",), ("run", "residual/identity", "--seeds", "0"), ("graph", "gpt2", "--depth", "0"), ("dance",)]
)
def test_a_command_that_is_not_understood_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert archviz(*arguments).exit_code == 2


# --- running ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("toy_chapter")
@pytest.mark.parametrize(
    ("slug", "outcome", "code"), [("up", "supported", 0), ("down", "contradicted", 1), ("unclear", "inconclusive", 3)]
)
def test_the_verdict_is_the_exit_code(slug: str, outcome: str, code: int) -> None:
    found = archviz("run", f"residual/{slug}", "--json")
    assert found.exit_code == code
    answer = json.loads(found.stdout)
    assert list(answer) == [
        "id", "claim", "verdict", "effect", "interval", "n", "seconds", "sentence", "observations",
    ]  # fmt: skip
    assert (answer["id"], answer["verdict"], answer["n"]) == (f"residual/{slug}", outcome, 3)
    assert answer["interval"][0] <= answer["effect"] <= answer["interval"][1]
    assert answer["sentence"].startswith(outcome.capitalize())
    rows = [Observation.model_validate(row) for row in answer["observations"]]
    assert {(row.arm, row.seed) for row in rows} == {(arm, seed) for arm in "AB" for seed in range(3)}
    assert all(list(row) == ["arm", "seed", "x", "metric", "value"] for row in answer["observations"])


@pytest.mark.usefixtures("toy_chapter")
def test_seeds_budget_and_offset() -> None:
    def seeds(*arguments: str) -> list[int]:
        found = archviz("run", "residual/up", "--json", *arguments)
        return sorted({row["seed"] for row in json.loads(found.stdout)["observations"]})

    assert seeds("--seeds", "5") == [0, 1, 2, 3, 4]
    assert seeds("--reference") == [100, 101, 102, 103]
    assert seeds("--reference", "--seeds", "2", "--seed-offset", "1000") == [1100, 1101]
    runs = Store().runs(experiment="residual/up")
    assert [run.budget for run in runs[:3]] == ["custom", "reference", "custom"]


@pytest.mark.usefixtures("toy_chapter")
def test_two_seeds_are_too_few_for_a_verdict() -> None:
    found = archviz("run", "residual/up", "--seeds", "2", "--json")
    assert found.exit_code == 3
    assert json.loads(found.stdout)["sentence"].startswith("Too few runs")


@pytest.mark.usefixtures("toy_chapter")
def test_a_training_run_prints_means_and_verdict() -> None:
    found = archviz("run", "residual/trained", "--device", "cpu")
    assert found.exit_code in (0, 1, 3)
    assert "Is it higher?" in found.stdout
    assert "B one more" in found.stdout
    assert "Test accuracy, %" in found.stdout
    assert "12 trials in" in found.stdout
    assert "Validation loss" not in found.stdout  # not asked for


@pytest.mark.usefixtures("toy_chapter")
def test_reproduce_writes_the_reference_with_its_circumstances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "path", lambda identity: tmp_path / f"{identity}.json")
    found = archviz("reproduce", "residual/trained")
    assert found.exit_code == 0, found.stderr
    written = reference.load("residual/trained")
    assert written is not None
    assert written.command == "archviz reproduce residual/trained"
    assert written.seeds == (100, 101, 102, 103)
    assert {(curve.arm, curve.x) for curve in written.curves} == {(arm, x) for arm in "AB" for x in (0.1, 0.2)}
    assert written.verdicts[0].n == 4
    assert [file.name for file in tmp_path.rglob("*.json")] == ["trained.json"]


@pytest.mark.usefixtures("toy_chapter")
def test_reproduce_live_prints_times_and_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "path", lambda identity: tmp_path / f"{identity}.json")
    found = archviz("reproduce", "residual/down", "--live")
    assert found.exit_code == 0, found.stderr
    assert "contradicted" in found.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("engine")
def test_a_real_process_tells_its_verdict_by_its_exit_code() -> None:
    with subprocess_of([*TOY, "run", "residual/down", "--json"]) as process:
        out, err = process.communicate(timeout=150)
    assert process.returncode == 1, err
    assert json.loads(out)["verdict"] == "contradicted"
    assert "Traceback" not in err


@pytest.mark.timeout(400)
@pytest.mark.usefixtures("engine")
def test_ctrl_c_stops_the_trials_and_says_so() -> None:
    store = Store()
    with subprocess_of([*TOY, "run", "residual/slow"]) as process:
        try:
            while not any(run.status == "running" for run in store.runs(experiment="residual/slow")):
                assert process.poll() is None, process.communicate()
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=180)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err.strip().splitlines()[-1].startswith("Stopped.")
    run = store.runs(experiment="residual/slow")[0]
    assert set(run.trials) == {"stopped"}
    store.close()


# --- serving ----------------------------------------------------------------------------------------------------------


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = archviz("serve", "--port", str(port))
    assert found.exit_code == 2
    assert found.stderr == f"Port {port} is taken; choose another one with --port, or leave it out.\n"


def test_without_a_port_the_next_free_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(cli_serve, "_free", lambda port: port >= 8503)
    monkeypatch.setattr(os, "execv", lambda _program, command: commands.append(command))
    monkeypatch.setattr(os, "chdir", lambda _folder: None)
    monkeypatch.setattr(subprocess, "call", lambda _command: 0)
    found = archviz("serve")
    assert found.stdout.startswith("archviz is at http://localhost:8503 ")
    assert commands[0][commands[0].index("--server.port") + 1] == "8503"


@pytest.mark.timeout(400)
def test_serve_answers_at_its_address_and_ends_when_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "ARCHVIZ_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "archviz.cli", "serve", "--port", str(port)]
    with subprocess_of(command, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith(f"archviz is at http://localhost:{port} ")
            deadline = time.monotonic() + 90
            while True:
                assert process.poll() is None, process.communicate()
                try:
                    with urlopen(f"http://localhost:{port}/_stcore/health", timeout=5) as answer:
                        assert answer.read() == b"ok"
                    break
                except OSError:
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
        finally:
            process.terminate()
            process.communicate(timeout=30)
