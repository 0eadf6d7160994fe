import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from archviz import cli, cli_print


@pytest.fixture
def cat(tmp_path: Path) -> Path:
    file = tmp_path / "cat.png"
    Image.fromarray(np.random.RandomState(0).randint(0, 256, (30, 40, 3), np.uint8)).save(file)
    return file


def inspect(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["inspect", *map(str, arguments)])


def test_json_says_what_was_seen_and_pictures_are_written(cat: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    found = inspect("vit-tiny", "--image", cat, "--weights", "untrained", "-o", folder, "--json")
    assert found.exit_code == 0, found.output
    seen = json.loads(found.stdout)
    assert (seen["name"], seen["weights"], seen["classes"]) == ("vit-tiny", "untrained", [])
    assert [layer["path"] for layer in seen["layers"]] == ["patches.output", "blocks.0.output", "blocks.1.output"]
    assert all(layer["standard deviation"] > 0 for layer in seen["layers"])
    files = [Path(file) for file in seen["files"]]
    assert len(files) == len(set(files)) > 10
    with Image.open(folder / "what-the-answer-depends-on-saliency.png") as picture:
        assert picture.size == (16, 16)


def test_a_network_that_nobody_publishes_weights_of_is_said_to_be_untrained(cat: Path) -> None:
    found = inspect("vit-tiny", "--image", cat)
    assert found.exit_code == 0
    assert "untrained, drawn with seed 0" in found.stdout
    assert "Nobody publishes weights of vit-tiny that we know of; this is the untrained network." in found.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere", "--image", "CAT"), "There is no model 'nowhere'"),
        (("vit-tiny", "--image", "nothing.png"), "nothing.png cannot be read (no such file or directory)."),
        (("vit-tiny", "--image", __file__), "This file cannot be read as a picture; choose a PNG"),
        (("gpt2", "--image", "CAT"), "gpt2 reads text, not pictures; choose a network of pictures."),
        (("vit-tiny", "--image", "CAT", "--weights", "best"), "Weights are published or untrained, not 'best'."),
        (("vit-tiny", "--image", "CAT", "--layer", "x"), "vit-tiny has no layer 'x' to look at; it has patches.output"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(arguments: tuple[str, ...], sentence: str, cat: Path) -> None:
    found = inspect(*(str(cat) if argument == "CAT" else argument for argument in arguments))
    assert found.exit_code == cli_print.USAGE
    assert sentence in found.stderr and "Traceback" not in found.output


@pytest.fixture
def trained_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run of two arms that were trained for three steps each."""
    from archviz import catalog
    from archviz.core.spec import Train
    from archviz.engine.train import run_trial
    from archviz.runs.store import Store, trained

    monkeypatch.setenv("ARCHVIZ_HOME", str(tmp_path / "home"))
    chapter, experiment = catalog.experiment("residual/batch-norm")
    trials = [
        trial.replace(setup=trial.setup.replace(recipe=trial.setup.recipe.replace(steps=3)))
        for trial in experiment.trials(chapter.slug, experiment.live)[:2]
    ]
    store = Store()
    run_id = store.create_run("residual/batch-norm", "A vs B", {"A": (), "B": ("no-batch-norm",)}, trials, "custom")
    for state, trial in zip(store.trials(run_id), trials, strict=True):
        measure = Train(metrics=("test_accuracy",))
        store.append(state.id, run_trial(trial, measure, device="cpu", trained=trained(state.id)))
    store.close()
    return run_id


def test_what_a_run_has_trained_is_looked_into(trained_run: str, cat: Path, tmp_path: Path) -> None:
    found = inspect("--run", trained_run, "--example", 3, "--json", "-o", tmp_path / "pictures")
    assert found.exit_code == 0, found.output
    seen = json.loads(found.stdout)
    assert (seen["run"], seen["example"], list(seen["arms"])) == (trained_run, 3, ["A", "B"])
    a = seen["arms"]["A"]
    assert a["weights"] == "trained" and len(a["classes"]) == 5 and a["truth"] in "0123456789"
    assert "residual/batch-norm, A (as it is)" in a["source"] and a["source"].endswith("trained for 3 steps")
    assert a["files"] and all(Path(file).parent.name == "A" and Path(file).exists() for file in a["files"])
    own = json.loads(inspect("--run", trained_run, "--arm", "B", "--image", cat, "--json").stdout)
    assert own["example"] is None and list(own["arms"]) == ["B"] and own["arms"]["B"]["truth"] == ""
    shown = inspect("--run", trained_run, "--arm", "A")
    assert "The right answer is" in shown.stdout and "8 x 8 pixels" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--run", "nowhere"), "There is no run 'nowhere' in the history; it may have been deleted."),
        (("--run", "RUN", "--arm", "Z"), "has no arm 'Z'; it has A and B."),
        (("--run", "RUN", "--text", "hello"), "This network reads pictures, not text"),
        (("--run", "RUN", "--example", "9999"), "The test split has examples 0 to 496"),
        (("--run", "RUN", "--example", "1", "--text", "x"), "Give one of --example, --image and --text."),
        (("vit-tiny", "--run", "RUN"), "Give either the name of a network or --run"),
        (("vit-tiny",), "Give the picture that vit-tiny is to look at: --image FILE."),
        ((), "Give the name of a network with --image FILE, or --run with the id of a run."),
    ],
)
def test_what_a_run_cannot_show_is_said_in_a_sentence(
    arguments: tuple[str, ...], sentence: str, trained_run: str
) -> None:
    found = inspect(*(trained_run if argument == "RUN" else argument for argument in arguments))
    assert found.exit_code == cli_print.USAGE
    assert sentence in found.stderr and "Traceback" not in found.output
