"""What a trial leaves behind: the weights that gave its final numbers, read back without unpickling."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from archviz import catalog
from archviz.core.events import Event, Finished
from archviz.core.spec import Train, Trial
from archviz.engine import checkpoint
from archviz.engine.checkpoint import Unreadable, keep, restore
from archviz.engine.devices import one_thread
from archviz.engine.train import run_trial
from tests.engine.tiny import TinyNet, setup, trial

MEASURE = Train(metrics=("test_accuracy",))


def finished(events: Iterator[Event]) -> Finished:
    *_, last = events
    assert isinstance(last, Finished)
    return last


def measured(last: Finished) -> dict[str, float]:
    return {one.metric: one.value for one in last.observations if one.metric != "seconds"}


def short(identity: str, arm: int, steps: int = 12) -> Trial:
    chapter, experiment = catalog.experiment(identity)
    declared = experiment.trials(chapter.slug, experiment.live)[arm]
    shorter = declared.setup.replace(recipe=declared.setup.recipe.replace(steps=steps))
    return declared.replace(setup=shorter)


CASES = {
    "tiny": trial(),
    "batch norm on pictures": short("residual/identity", 0),
    "without norm": short("residual/batch-norm", 1),
    "text": short("transformer/pre-ln", 1),
}


@pytest.mark.parametrize("name", CASES)
def test_the_weights_that_are_kept_gave_the_final_scores(name: str, tmp_path: Path) -> None:
    case, path = CASES[name], tmp_path / "weights.safetensors"
    last = finished(run_trial(case, MEASURE, device="cpu", trained=path))
    recipe = case.setup.recipe
    model = case.setup.model.build()
    assert restore(path, model) == last.step == recipe.steps
    if len(recipe.dataset.inputs.shape) == 3:
        model.to(memory_format=torch.channels_last)
    with one_thread(torch.device("cpu")):
        again = recipe.task.build().evaluate(model.eval(), recipe.dataset.build().load().test)
    scores = measured(last)
    assert again and {f"test_{name}": value for name, value in again.items()}.items() <= scores.items()


def test_keeping_changes_no_number(tmp_path: Path) -> None:
    kept = finished(run_trial(trial(), MEASURE, device="cpu", trained=tmp_path / "weights.safetensors"))
    assert measured(kept) == measured(finished(run_trial(trial(), MEASURE, device="cpu")))


def test_what_stopped_or_diverged_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    asked = iter([False] * 5 + [True])
    stopped = finished(run_trial(trial(), MEASURE, device="cpu", stop=lambda: next(asked), trained=path))
    assert stopped.status == "stopped" and restore(path, TinyNet(TinyNet.Config())) == 5
    path.unlink()
    lost = finished(run_trial(trial(lr=1e6), MEASURE, device="cpu", trained=path))
    assert lost.status == "diverged" and restore(path, TinyNet(TinyNet.Config())) == lost.step


def test_a_trial_without_a_step_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    finished(run_trial(trial(), MEASURE, device="cpu", stop=lambda: True, trained=path))
    assert not path.exists()


def test_weights_that_cannot_be_written_do_not_fail_the_trial(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    last = finished(run_trial(trial(), MEASURE, device="cpu", trained=tmp_path / "file" / "weights.safetensors"))
    assert last.status == "done" and last.observations


def test_large_models_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, model = tmp_path / "weights.safetensors", setup().model.build()
    size = sum(value.nbytes for value in model.state_dict().values())
    monkeypatch.setattr(checkpoint, "KEPT_BYTES", size - 1)
    assert not keep(path, model, 1) and not list(tmp_path.iterdir())
    monkeypatch.setattr(checkpoint, "KEPT_BYTES", size)
    assert keep(path, model, 1) and path.stat().st_size < size + 2000


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\x80\x04cos\nsystem\n(S'true'\ntR."])
def test_a_damaged_file_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=r"damaged or of another model; train again to look inside\.$"):
        restore(path, TinyNet(TinyNet.Config()))


def test_weights_of_another_model_and_half_a_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    keep(path, TinyNet(TinyNet.Config(width=8)), 3)
    with pytest.raises(Unreadable, match="of another model"):
        restore(path, TinyNet(TinyNet.Config()))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Unreadable):
        restore(path, TinyNet(TinyNet.Config(width=8)))
