import os

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: this test needs no internet

import pytest
import torch
import transformers
from pydantic import ValidationError
from torch import nn

from archviz.blocks.norm import BatchNorm, GroupNorm, NoNorm, NormConfig
from archviz.blocks.separable import DepthwiseSeparable, FullConvolution
from archviz.core.config import swap
from archviz.core.record import Record
from archviz.core.spec import Architecture
from archviz.engine.cost import cost
from archviz.engine.example import example
from archviz.engine.initialize import initialize
from archviz.models.mobilenet_v1 import MODELS, MobileNetV1, from_transformers, small_mobilenet_v1
from tests.models.reference import randomize, reference_macs

PAPER = next(model for model in MODELS if model.name == "mobilenet_v1")


def _transformers_model() -> nn.Module:
    """1000 classes, padded like ours; neither its dropout nor its running statistics matter in evaluation."""
    config = transformers.MobileNetV1Config(num_labels=1000, tf_padding=False)
    return transformers.MobileNetV1ForImageClassification(config).eval()


def test_outputs_are_those_of_transformers() -> None:
    theirs = _transformers_model()
    randomize(theirs)
    ours = PAPER.config.build().eval()
    ours.load_state_dict(from_transformers(theirs.state_dict()))
    images = torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = theirs(images).logits
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(images), expected, atol=1e-4, rtol=1e-4)


def test_parameters_and_macs_are_as_published() -> None:
    found = cost(PAPER.config, PAPER.inputs)
    assert found.parameters == 4_231_976  # Howard et al. 2017, table 8: 4.2 million
    assert found.macs == 568_740_352  # table 8: 569 million
    with torch.device("meta"):
        theirs = PAPER.config.build()
    assert reference_macs(theirs, 1, 3, 224, 224) == found.macs


def test_full_convolutions_cost_what_the_paper_says() -> None:
    full = swap(PAPER.config, DepthwiseSeparable.Config, lambda layer: FullConvolution.Config(**dict(layer)))
    found = cost(full, PAPER.inputs)
    assert found.parameters == pytest.approx(29.3e6, rel=0.005)  # Howard et al. 2017, table 4
    assert found.macs == pytest.approx(4866e6, rel=0.005)


def test_swapping_the_layers_leaves_stem_and_head_as_they_were() -> None:
    config = small_mobilenet_v1()
    separable = config.build()
    full = swap(config, DepthwiseSeparable.Config, lambda layer: FullConvolution.Config(**dict(layer))).build()
    initialize(separable, seed=3)
    initialize(full, seed=3)
    for part in ("stem", "head"):
        ours, others = getattr(separable, part).state_dict(), getattr(full, part).state_dict()
        assert ours and all(torch.equal(ours[name], value) for name, value in others.items())


def test_the_stem_of_the_small_network_keeps_height_and_width() -> None:
    model = small_mobilenet_v1().build()
    assert model.stem(torch.randn(2, 1, 14, 14)).shape == (2, 16, 14, 14)
    assert model.stages(model.stem(torch.randn(2, 1, 14, 14))).shape == (2, 64, 4, 4)


@pytest.mark.parametrize("architecture", MODELS, ids=lambda a: a.name)
def test_presets_give_logits_for_their_inputs(architecture: Architecture) -> None:
    with torch.device("meta"):
        model = architecture.config.build()
    images = example(architecture.inputs, 2, "meta")
    assert model(images).shape == (2, architecture.config.classes)


@pytest.mark.parametrize(
    "norm", [BatchNorm.Config(), GroupNorm.Config(groups=4), NoNorm.Config()], ids=lambda n: n.kind
)
def test_gradients_reach_every_parameter_with_any_norm(norm: NormConfig) -> None:
    config = swap(small_mobilenet_v1(), BatchNorm.Config, lambda _: norm)
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = config.build()
    initialize(model, seed=0)
    logits = model(torch.randn(4, 1, 14, 14, generator=torch.Generator().manual_seed(0)))
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_without_a_norm_signals_neither_vanish_nor_explode() -> None:
    config = swap(small_mobilenet_v1(depths=(1, 4, 4)), BatchNorm.Config, lambda _: NoNorm.Config())
    model = config.build().eval()
    initialize(model, seed=0)
    with torch.no_grad():
        x = model.stem(torch.randn(8, 1, 14, 14, generator=torch.Generator().manual_seed(0)))
        for stage in model.stages:
            x = stage(x)
            assert 0.05 < x.square().mean().sqrt() < 10


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"depths": (1, 1)}, "2 depths, 5 widths; give each stage one of both"),
        ({"depths": (1, 0, 1, 1, 1)}, "at least one layer and one channel"),
        ({"stem_stride": 3}, "less than or equal to 2"),
        (
            {"layer": DepthwiseSeparable.Config(norm=GroupNorm.Config(groups=5))},
            "32 channels do not divide into 5 groups; use 4 or 8",
        ),
    ],
)
def test_what_cannot_be_built_is_said_in_words(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        MobileNetV1.Config(**changes)
