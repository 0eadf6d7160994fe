"""Looks into trained networks: of pictures and of texts, arm beside arm, with examples and the reader's own."""

import numpy as np
import pytest
import torch
from PIL import Image

from archviz import catalog
from archviz.core.events import Finished, Started, Step
from archviz.core.results import Heatmap, Images, Profile
from archviz.core.setup import DatasetConfig
from archviz.engine import checkpoint
from archviz.engine.initialize import initialize
from archviz.runs import examples, inside, inspection
from archviz.runs.examples import Example, NoExample
from archviz.runs.inspection import Ended
from archviz.runs.store import Store, trained
from archviz.runs.trained import NotKept, choose
from tests.engine.tiny import trial as tiny


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is."""
    monkeypatch.setattr("archviz.probes.attribution.SECONDS", 1e9)


def left(store: Store, identity: str, scale: float = 1.0) -> str:
    """A run of this experiment whose first seed left networks with the weights that they start from."""
    chapter, experiment = catalog.experiment(identity)
    trials = experiment.trials(chapter.slug, experiment.live)
    run_id = store.create_run(identity, "A vs B", {"A": (), "B": ("a-tweak",)}, trials, "live")
    for state in choose(store, run_id):
        store.append(state.id, [Started(step=0, device="cpu", parameters=1), Step(step=9, loss=1.0, lr=0.1)])
        store.append(state.id, [Finished(step=9, status="done", seconds=1.0)])
        net = store.trial(state.id).setup.model.build()
        initialize(net, state.seed)
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.mul_(scale)
        checkpoint.keep(trained(state.id), net, 9)
    return run_id


def first(dataset: DatasetConfig) -> Example:
    return examples.of_test(dataset, 0)


def test_arms_are_looked_into_with_the_same_example(store: Store) -> None:
    run_id = left(store, "residual/identity")
    chosen = choose(store, run_id)
    stages: list[set[str]] = []
    looks = inside.inspect(store, chosen, first, seen=lambda found: stages.append(set(found)))
    assert list(looks) == ["A", "B"] and stages[0] == {"A"} and stages[-1] == {"A", "B"}
    a, b = looks["A"], looks["B"]
    assert a.picture == b.picture and a.truth == b.truth and a.truth in "0123456789"
    assert "residual/identity, A (as it is), at 56, seed" in a.source and "after 9 of" in a.source
    assert "B (a-tweak)" in b.source
    for look in (a, b):
        assert not look.pending and look.features is not None and len(look.guesses) == 5
        (reasons,) = look.attribution
        assert isinstance(reasons, Images)
        assert reasons.captions == ("the picture", "Saliency", "Grad-CAM", "Integrated Gradients")
    assert a.activations != b.activations


def test_the_answer_is_that_of_the_network(store: Store) -> None:
    (state,) = choose(store, left(store, "residual/identity"), "A")
    look = inside.inspect(store, (state,), first)["A"]
    net = store.trial(state.id).setup.model.build()
    checkpoint.restore(trained(state.id), net)
    with torch.no_grad():
        logits = net.eval()(first(store.trial(state.id).setup.recipe.dataset).inputs)[0]
    assert look.guesses[0].name == str(int(logits.argmax()))
    assert look.guesses[0].probability == pytest.approx(float(logits.softmax(0).max()), abs=1e-5)


def test_another_layer_does_not_compute_the_attribution_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = choose(store, left(store, "residual/identity"), "A")
    before = inside.inspect(store, chosen, first)
    monkeypatch.setattr("archviz.probes.attribution.unfold", None)
    path = before["A"].layers[-1].path
    after = inside.inspect(store, chosen, first, layers={"A": path}, known=before)
    assert after["A"].layer == path and after["A"].attribution == before["A"].attribution
    assert after["A"].features != before["A"].features


def test_a_look_can_be_ended_and_the_next_one_begins(store: Store) -> None:
    chosen = choose(store, left(store, "residual/identity"), "A")
    told: list[str] = []

    def watch(text: str, share: float | None) -> None:
        told.append(text)
        if "Integrated Gradients" in text:
            raise Ended("enough")

    kept: list[inspection.Inspection] = []
    with pytest.raises(Ended):
        inside.inspect(store, chosen, first, watch=watch, seen=lambda found: kept.append(found["A"]))
    assert kept[-1].attribution and kept[-1].pending == "which pixels the answer depends on"
    assert inside.inspect(store, chosen, first)["A"].pending == ""


def test_texts_are_shown_token_by_token(store: Store) -> None:
    chosen = choose(store, left(store, "transformer/pre-ln"))[:2]
    looks = inside.inspect(store, chosen, lambda dataset: examples.own_text(dataset, "The end"))
    look = looks["A"]
    assert "".join(token.text for token in look.tokens) == "The end" and look.size == 7
    assert look.tokens[0].surprise is None
    assert all(token.surprise is not None and token.surprise > 0 for token in look.tokens[1:])
    maps, last, entropy = look.attention
    assert isinstance(maps, Images) and isinstance(last, Heatmap) and isinstance(entropy, Profile)
    assert last.x_ticks == ("T", "h", "e", "␣", "e", "n", "d") and len(last.values) == 7
    assert isinstance(look.features, Heatmap) and look.features.x_ticks == last.x_ticks
    tested = inside.inspect(store, chosen, first)["A"]
    assert tested.truth and len(tested.tokens) == tested.size > 7


def test_a_network_that_diverged_says_so_beside_the_others(store: Store) -> None:
    run_id = left(store, "residual/identity")
    chosen = choose(store, run_id)
    net = store.trial(chosen[1].id).setup.model.build()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(1e30)
    checkpoint.keep(trained(chosen[1].id), net, 9)
    looks = inside.inspect(store, chosen, first)
    assert "B of run" in looks["B"].note and "diverged" in looks["B"].note
    assert not looks["B"].guesses and not looks["B"].attribution and looks["A"].guesses
    assert None in [layer["standard deviation"] for layer in inspection.summary(looks["B"])["layers"]]


def test_an_arm_without_a_network_says_why_and_without_any_there_is_no_look(store: Store) -> None:
    chosen = choose(store, left(store, "residual/identity"))
    trained(chosen[1].id).unlink()
    looks = inside.inspect(store, chosen, first)
    assert looks["A"].guesses and "are not on this machine" in looks["B"].note
    trained(chosen[0].id).write_bytes(b"damaged")
    with pytest.raises(NotKept, match="cannot be read"):
        inside.inspect(store, chosen, first)


def test_what_reads_neither_pictures_nor_text_is_refused(store: Store) -> None:
    run_id = store.create_run("test/tiny", "A", {}, [tiny()], "custom")
    (state,) = store.trials(run_id)
    store.append(state.id, [Finished(step=9, status="done", seconds=1.0)])
    checkpoint.keep(trained(state.id), tiny().setup.model.build(), 9)
    with pytest.raises(inspection.NotInspectable, match="neither pictures nor text"):
        inside.inspect(store, choose(store, run_id), first)


def test_the_next_example_worth_a_look_is_one_that_is_answered_differently(store: Store) -> None:
    chosen = choose(store, left(store, "residual/identity"))
    number = inside.worth_a_look(store, chosen, 3)
    assert number is not None and number != 3
    looks = inside.inspect(store, chosen, lambda dataset: examples.of_test(dataset, number))
    assert looks["A"].guesses[0].name != looks["B"].guesses[0].name
    wrong = inside.worth_a_look(store, chosen[:1], 3)
    assert wrong is not None
    look = inside.inspect(store, chosen[:1], lambda dataset: examples.of_test(dataset, wrong))["A"]
    assert look.guesses[0].name != look.truth


DIGITS = next(one.config for one in catalog.datasets() if one.slug == "digits")
DOCS = next(one.config for one in catalog.datasets() if one.slug == "python-docs")


def test_an_own_picture_is_as_bright_as_those_of_the_dataset() -> None:
    train, _ = DIGITS.build().load().train.batch(torch.arange(1000))
    half = Image.fromarray(np.repeat(np.repeat([[0, 255]], 80, 0).repeat(40, 1)[..., None], 3, -1).astype(np.uint8))
    inputs = examples.own_picture(DIGITS, half).inputs
    assert inputs.shape == (1, 1, 8, 8)
    assert inputs[..., 0].mean() == pytest.approx(float(train.min()), abs=1e-3)
    assert inputs[..., -1].mean() == pytest.approx(float(train.max()), abs=1e-3)
    swapped = examples.own_picture(DIGITS, half, inverted=True).inputs
    torch.testing.assert_close(swapped, inputs.flip(-1), atol=1e-3, rtol=0)


def test_examples_that_cannot_be_had_are_refused_in_a_sentence() -> None:
    with pytest.raises(NoExample, match=r"has examples 0 to 496, and none with number 497\.$"):
        examples.of_test(DIGITS, 497)
    with pytest.raises(NoExample, match="reads pictures, not text"):
        examples.own_text(DIGITS, "seven")
    with pytest.raises(NoExample, match="reads text, not pictures"):
        examples.own_picture(DOCS, Image.new("RGB", (8, 8)))
    with pytest.raises(NoExample, match="too short"):
        examples.own_text(DOCS, "x")
    length = DOCS.inputs.shape[0]
    long = examples.own_text(DOCS, "x" * 500 + "end")
    assert long.inputs.shape == (1, length) and f"{length} characters at once" in long.note
    assert "".join(examples.spelling(DOCS, long.inputs[0])).endswith("end")


def test_classes_have_names_where_the_dataset_gives_them() -> None:
    by_slug = {one.slug: one.config for one in catalog.datasets()}
    assert examples.named(by_slug["border-pairs"], 1) == "the same colour"
    assert examples.named(by_slug["fashion-mnist"], 9) == "ankle boot"
    assert examples.named(by_slug["few-examples"], 7) == "7"
    assert examples.named(DOCS, 0) == "new line"
    for config in by_slug.values():
        assert len({examples.named(config, output) for output in range(config.outputs)}) == config.outputs
