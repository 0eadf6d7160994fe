"""The commands `build` and `spec`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from archviz import catalog
from archviz.cli import app
from archviz.engine.cost import cost


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=given)


@pytest.fixture(scope="module")
def resnet20() -> str:
    done = run("spec", "resnet20")
    assert done.exit_code == 0
    return done.stdout


def test_a_model_of_the_book_goes_through_its_spec(resnet20: str) -> None:
    done = run("build", "-", "--json", given=resnet20)
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    model = catalog.model("resnet20")
    whole = cost(model.config, model.inputs)
    assert (told["parameters"], told["macs"], told["output_shape"]) == (whole.parameters, whole.macs, [10])
    assert told["error"] is None and all(node["output_shape"] for node in told["nodes"])


def test_the_exports_are_written(resnet20: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(resnet20, encoding="utf-8")
    files = {name: str(tmp_path / f"model.{name}") for name in ("py", "onnx", "safetensors", "svg")}
    done = run(
        "build", str(spec), "--source", files["py"], "--onnx", files["onnx"], "--weights", files["safetensors"],
        "--svg", files["svg"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    ran = subprocess.run([sys.executable, "-I", files["py"]], capture_output=True, text=True, check=True)
    assert "output (1, 10)" in ran.stdout
    assert Path(files["svg"]).read_text(encoding="utf-8").count("<svg") == 1
    assert Path(files["onnx"]).stat().st_size > Path(files["safetensors"]).stat().st_size > 10_000


def test_what_is_no_model_is_said_with_exit_code_2(tmp_path: Path) -> None:
    nodes = [
        {"id": "image1", "block": {"kind": "ImageNode"}},
        {"id": "linear1", "block": {"kind": "LinearNode"}},
    ]
    spec = {"nodes": nodes, "edges": [{"source": "image1", "target": "linear1"}]}
    done = run("build", "-", "--json", given=json.dumps(spec))
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    assert told["nodes"][1]["fix"] == "Insert Flatten"
    assert told["error"].startswith("linear1: Linear needs a row of numbers")
    for wrong in ("no json", "[]", '{"nodes": 3}'):
        done = run("build", "-", given=wrong)
        assert done.exit_code == 2 and len(done.stderr.strip().splitlines()) == 1
    assert run("build", str(tmp_path / "none.json")).exit_code == 2
    assert run("spec", "gpt2").exit_code == 2
