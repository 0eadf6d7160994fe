"""What each experiment promises of its arms: a Config and a source to compare, and blocks that compute the same."""

from collections.abc import Iterator

import pytest
import torch

from archviz import catalog
from archviz.core.record import fingerprint
from archviz.core.setup import Setup
from archviz.engine.evaluate_graph import evaluate_graph
from archviz.engine.initialize import initialize
from archviz.export.difference import config_text, difference
from archviz.export.disassemble import disassemble
from archviz.export.link import from_link, to_link
from archviz.export.source import to_source
from archviz.export.weights import batch_of
from tests.export.test_assembled import run_source

EXPERIMENTS = [(chapter, experiment) for chapter in catalog.chapters() for experiment in chapter.experiments]


def arms() -> Iterator[tuple[str, Setup]]:
    """Every arm of every experiment, where on the axis the page shows it, and at the ends of the axis; models once."""
    seen = set()
    for chapter, experiment in EXPERIMENTS:
        values = experiment.axis.values if experiment.axis else ()
        places = {experiment.claims[0].at, *values[:1], *values[-1:]} if values else {None}
        for arm in experiment.arms:
            for x in sorted(places, key=str):
                setup = experiment.setup(arm, x)
                identity = fingerprint(setup.model), setup.recipe.dataset.inputs
                if identity not in seen:
                    seen.add(identity)
                    where = "" if x is None else f" at {x}"
                    yield f"{chapter.slug}/{experiment.slug} {arm.name}{where}", setup


ARMS = dict(arms())


@pytest.mark.parametrize("name", ARMS)
def test_an_arm_as_blocks_and_as_source_computes_what_its_model_computes(name: str) -> None:
    model, inputs = ARMS[name].model, ARMS[name].recipe.dataset.inputs
    parts = disassemble(model, inputs)
    assert from_link(to_link(parts.model.sheet)) == parts.model.sheet
    assert evaluate_graph(parts.model.sheet).sentence is None
    original, assembled = model.build(), parts.model.build()
    initialize(original, 0)
    assembled.load_state_dict(parts.weights(original.state_dict()))
    exported = run_source(to_source(parts.model))()
    exported.load_state_dict(assembled.state_dict())
    batch = batch_of(inputs)
    with torch.no_grad():
        wanted = original.eval()(batch)
        torch.testing.assert_close(assembled.eval()(batch), wanted)
        torch.testing.assert_close(exported.eval()(batch), wanted)


@pytest.mark.parametrize("pair", EXPERIMENTS, ids=lambda pair: f"{pair[0].slug}/{pair[1].slug}")
def test_what_the_arms_of_an_experiment_differ_in_is_seen_in_their_configs(pair: tuple) -> None:
    _, experiment = pair
    first, *others = experiment.arms
    at = experiment.claims[0].at
    for arm in others:
        one, other = experiment.setup(first, at), experiment.setup(arm, at)
        shown = list(difference(config_text(one), config_text(other)))
        assert {line.where for line in shown} & {"A", "B"}, f"{arm.name} is like {first.name}"
        assert "both" in {line.where for line in shown}
