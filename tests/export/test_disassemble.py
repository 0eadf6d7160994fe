"""A model of the book as blocks: the same parameters, and with its weights the same outputs."""

import pytest
import torch

from archviz import catalog
from archviz.engine.cost import cost
from archviz.engine.evaluate_graph import evaluate_graph
from archviz.engine.initialize import initialize
from archviz.export.arrange import arranged
from archviz.export.disassemble import NotAssemblable, disassemble
from archviz.export.source import to_source
from archviz.export.weights import batch_of
from tests.export.test_assembled import run_source

SAME = (
    "resnet20", "resnet56", "resnet14-bottleneck", "resnet18", "vgg-small", "alexnet-small", "googlenet-small",
    "mobilenet_v2-tiny", "efficientnet-tiny", "vit-tiny", "swin-mini", "gpt-nano",
)  # fmt: skip
COUNTED = ("resnet50", "resnet152", "vgg16_bn", "alexnet", "vit_b_16", "swin_t", "mobilenet_v2", "resnext50_32x4d")


@pytest.mark.parametrize("name", SAME)
def test_blocks_with_the_weights_of_the_model_give_its_outputs(name: str) -> None:
    model = catalog.model(name)
    parts = disassemble(model.config, model.inputs)
    original, assembled = model.config.build(), parts.model.build()
    initialize(original, 0)
    assembled.load_state_dict(parts.weights(original.state_dict()))
    exported = run_source(to_source(parts.model))()
    exported.load_state_dict(assembled.state_dict())
    inputs = batch_of(model.inputs)
    with torch.no_grad():
        wanted = original.eval()(inputs)
        torch.testing.assert_close(assembled.eval()(inputs), wanted)
        torch.testing.assert_close(exported.eval()(inputs), wanted)


@pytest.mark.parametrize("name", COUNTED)
def test_blocks_cost_what_the_model_costs(name: str) -> None:
    model = catalog.model(name)
    parts = disassemble(model.config, model.inputs)
    report, whole = evaluate_graph(arranged(parts.model.sheet)), cost(model.config, model.inputs)
    assert report.sentence is None
    assert (report.parameters, report.macs) == (whole.parameters, whole.macs)


@pytest.mark.parametrize("name", ["gpt2", "bert-tiny", "googlenet-aux"])
def test_what_has_no_blocks_says_why(name: str) -> None:
    model = catalog.model(name)
    with pytest.raises(NotAssemblable, match=r"\.$"):
        disassemble(model.config, model.inputs)
