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
