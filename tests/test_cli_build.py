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


def test_what_only_training_uses_is_left_out_of_a_spec_and_said() -> None:
    done = run("spec", "inception_v3")
    assert done.exit_code == 0 and json.loads(done.stdout)["nodes"]
    assert done.stderr.startswith("Left out: what only training uses (auxiliary.0; 3,326,696 parameters)")


def test_a_file_that_would_not_fit_into_memory_is_refused(tmp_path: Path) -> None:
    spec = tmp_path / "spec.json"
    spec.write_text(run("spec", "gpt2-xl").stdout, encoding="utf-8")
    done = run("build", str(spec), "--weights", str(tmp_path / "xl.safetensors"))
    assert done.exit_code == 2 and "MiB of memory, more than the limit of" in done.stderr
    assert not (tmp_path / "xl.safetensors").exists()
    assert run("build", str(spec), "--source", str(tmp_path / "xl.py")).exit_code == 0


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
    assert run("spec", "resnet-1001").exit_code == 2


IMAGE = {"id": "image1", "block": {"kind": "ImageNode"}}


def conv(name: str, **values: object) -> dict:
    return {"id": name, "block": {"kind": "ConvolutionNode", **values}}


def linear(name: str, features: int) -> dict:
    return {"id": name, "block": {"kind": "LinearNode", "features": features}}


def graph(*nodes: dict, lines: str = "", **more: object) -> str:
    edges = [dict(zip(("source", "target", "port"), line.split(">"), strict=False)) for line in lines.split()]
    return json.dumps({"nodes": [IMAGE, *nodes], "edges": edges, **more})


FLAT = {"id": "flat", "block": {"kind": "FlattenNode"}}
ADD = {"id": "add1", "block": {"kind": "AddNode"}}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This is no JSON file (it is empty)"),
        ("[" * 100_000, "nested too deeply"),
        ('{"nodes": [{"id"', "line 1, character 17"),
        ("[1, 2]", "it has no list of nodes"),
        ('{"nodes": [{"id": 1, "label": "a"}], "links": []}', "it has 'links'"),
        (graph({"id": "x", "block": {"kind": "MagicNode"}}), "block 'x': unknown kind 'MagicNode'"),
        (graph(conv("c1"), ADD, lines="image1>add1>terms add1>c1 c1>add1>terms"), "This is a cycle: c1 → add1 → c1"),
        (graph(conv("c1"), conv("c2"), lines="image1>c1 image1>c2"), "2 blocks lead nowhere (c1, c2)"),
        (graph(FLAT, linear("l1", 10**9)), "block 'l1': features must be at most 1000000, not 1000000000"),
        (
            graph(FLAT, linear("l1", 10**6), linear("l2", 10**6), lines="image1>flat flat>l1 l1>l2"),
            "l2: This layer would have 1,000,000,000,000 parameters",
        ),
        (graph(conv("c1", kernel=0)), "block 'c1': kernel must be at least 1, not 0"),
        (graph(conv("c1", channels=-3)), "block 'c1': channels must be at least 1, not -3"),
        (graph(conv("c1", channels="many")), "block 'c1': channels must be a whole number, not 'many'"),
        (graph(conv("c1", colour="red")), "block 'c1': colour is not known here"),
        (graph(lines="image1>gone"), "there is no block 'gone'"),
        (graph(conv("c1"), lines="image1>c1>mask"), "c1's port 'mask', but its ports are: input"),
        (graph(IMAGE), "Two blocks or groups are called 'image1'"),
    ],
)
def test_odd_input_is_one_sentence_and_exit_code_2(text: str, sentence: str) -> None:
    done = run("build", "-", given=text)
    assert (done.exit_code, type(done.exception)) == (2, SystemExit)
    (said,) = done.stderr.strip().splitlines()
    assert sentence in said and said.endswith(".")


def test_files_that_cannot_be_read_or_written_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "binary.json").write_bytes(bytes(range(256)))
    (tmp_path / "model.json").write_text(graph(conv("c1"), lines="image1>c1"), encoding="utf-8-sig")
    model = str(tmp_path / "model.json")
    for arguments in (
        (str(tmp_path / "binary.json"),),
        (str(tmp_path),),
        (model, "--source", str(tmp_path)),
        (model, "--svg", str(tmp_path / "none" / "graph.svg")),
        (model, "--weights", str(tmp_path)),
    ):
        done = run("build", *arguments)
        assert (done.exit_code, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr


def test_a_model_that_onnx_cannot_hold_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("\x1b[96mstep 2\x1b[0m failed") from NotImplementedError("no operator for this.\nMore.")

    monkeypatch.setattr("torch.onnx.export", fail)
    path = tmp_path / "model.onnx"
    done = run("build", "-", "--onnx", str(path), given=graph(conv("c1"), lines="image1>c1"))
    assert done.exit_code == 2 and not path.exists()
    assert done.stderr.strip() == "ONNX cannot hold this model: no operator for this."
