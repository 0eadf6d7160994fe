"""A model of the book as blocks: the same parameters, and with its weights the same outputs."""

import re
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from archviz import catalog
from archviz.core.setup import Inputs, ModelConfig
from archviz.engine.cost import cost
from archviz.engine.evaluate_graph import evaluate_graph
from archviz.engine.initialize import initialize
from archviz.export.arrange import arranged
from archviz.export.disassemble import MOST_PARTS, NotAssemblable, disassemble
from archviz.export.source import to_source
from archviz.export.weights import batch_of
from archviz.models.transformer import bert, gpt
from tests.export.test_assembled import run_source

SAME = (
    "resnet20", "resnet56", "resnet14-bottleneck", "resnet18", "vgg-small", "alexnet-small", "googlenet-small",
    "mobilenet_v2-tiny", "efficientnet-tiny", "vit-tiny", "swin-mini", "gpt-nano", "bert-tiny",
)  # fmt: skip
SMALL_TEXT = {
    "GPT-2, its head tied": gpt(layers=3, heads=2, width=16, vocabulary=40, length=12),
    "BERT, its segments and pooler": bert(layers=2, heads=2, width=16, vocabulary=40, length=12),
}


@pytest.mark.parametrize("name", SAME)
def test_blocks_with_the_weights_of_the_model_give_its_outputs(name: str) -> None:
    model = catalog.model(name)
    agree(model.config, model.inputs)


@pytest.mark.parametrize("name", SMALL_TEXT)
def test_blocks_of_the_text_models_give_their_outputs_at_a_smaller_size(name: str) -> None:
    config = SMALL_TEXT[name]
    agree(config, Inputs(shape=(config.length,), vocabulary=config.vocabulary))


def agree(config: ModelConfig, inputs_of: Inputs) -> None:
    """The model, the model as blocks, and the exported source give the same with the same weights."""
    parts = disassemble(config, inputs_of)
    original, assembled = config.build(), parts.model.build()
    initialize(original, 0)
    assembled.load_state_dict(parts.weights(original.state_dict()))
    exported = run_source(to_source(parts.model))()
    exported.load_state_dict(assembled.state_dict())
    inputs = batch_of(inputs_of)
    with torch.no_grad():
        wanted = original.eval()(inputs)
        torch.testing.assert_close(assembled.eval()(inputs), wanted)
        torch.testing.assert_close(exported.eval()(inputs), wanted)


@pytest.mark.parametrize("name", [model.name for model in catalog.models()])
def test_every_model_opens_as_blocks_that_cost_what_it_costs(name: str) -> None:
    model = catalog.model(name)
    parts = disassemble(model.config, model.inputs)
    report, whole = evaluate_graph(arranged(parts.model.sheet)), cost(model.config, model.inputs)
    assert report.sentence is None
    left_out = int(re.sub(r"\D", "", re.findall(r"([\d,]+) parameters", parts.left_out)[0])) if parts.left_out else 0
    assert report.parameters + left_out == whole.parameters
    assert report.macs == whole.macs
    assert len(parts.model.nodes) <= MOST_PARTS


@pytest.mark.parametrize("name", ["googlenet-aux", "inception_v3"])
def test_what_only_training_uses_is_left_out_and_said(name: str) -> None:
    model = catalog.model(name)
    parts = disassemble(model.config, model.inputs)
    heads = {path: module for path, module in model.config.build().named_modules() if path.count(".") == 1}
    parameters = sum(
        p.numel() for path, head in heads.items() if path.startswith("auxiliary.") for p in head.parameters()
    )
    assert parts.left_out is not None and f"{parameters:,} parameters" in parts.left_out
    plain = catalog.model("googlenet")
    assert disassemble(plain.config, plain.inputs).left_out is None


class Unusual(nn.Module):
    """A network with one part that the canvas does not have."""

    class Config(ModelConfig):
        part: Literal["dilated", "uneven", "twice", "constant"]

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.part = config.part
        dilation, stride = (2 if config.part == "dilated" else 1), ((1, 2) if config.part == "uneven" else 1)
        self.conv = nn.Conv2d(3, 3, 3, stride, padding=1, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        return self.conv(x) if self.part == "twice" else x * torch.ones(3, 1, 1) if self.part == "constant" else x


@pytest.mark.parametrize("part", ["dilated", "uneven", "twice", "constant"])
def test_what_has_no_blocks_says_why(part: str) -> None:
    with pytest.raises(NotAssemblable, match=r"^[A-Z].*\.$"):
        disassemble(Unusual.Config(part=part), Inputs(shape=(3, 8, 8)))
