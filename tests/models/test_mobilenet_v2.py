import pytest
import torch
import torchvision
from pydantic import ValidationError
from torch import nn

from archviz.blocks.activation import ReLU6
from archviz.blocks.excitation import NoExcitation, SqueezeExcitation
from archviz.blocks.inverted_residual import InvertedStage, LinearBottleneck, ReLU6Bottleneck, SameShapeSkip
from archviz.blocks.norm import BatchNorm, GroupNorm, NoNorm, NormConfig
from archviz.blocks.residual import NoSkip, SkipConfig
from archviz.core.config import Config, swap
from archviz.core.record import Record
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.mobilenet_v2 import MODELS, MobileNetV2, from_torchvision, small_mobilenet_v2
from tests.models.reference import randomize, reference_macs

PAPER = next(model for model in MODELS if model.name == "mobilenet_v2")


def test_outputs_are_torchvisions() -> None:
    theirs = torchvision.models.mobilenet_v2().eval()
    randomize(theirs)
    ours = PAPER.config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    images = torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = theirs(images)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(images), expected, atol=1e-4, rtol=1e-4)


def test_parameters_and_macs_are_torchvisions() -> None:
    found = cost(PAPER.config, PAPER.inputs)
    assert found.parameters == 3_504_872  # Sandler et al. 2018, table 4: 3.4 million
    with torch.device("meta"):
        theirs = torchvision.models.mobilenet_v2()
    assert found.macs == reference_macs(theirs, 1, 3, 224, 224) == 300_774_272  # table 4: 300 million


def test_the_narrow_side_is_linear_unless_it_is_swapped() -> None:
    config = small_mobilenet_v2()
    changed = swap(config, LinearBottleneck.Config, lambda _: ReLU6Bottleneck.Config())
    linear, nonlinear = config.build(), changed.build()
    initialize(linear, seed=3)
    initialize(nonlinear, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(linear.parameters(), nonlinear.parameters(), strict=True))
    x = torch.randn(4, 8, 7, 7, generator=torch.Generator().manual_seed(0))
    branches = [model.stages[0][0].project(model.stages[0][0].depthwise(model.stages[0][0].expand(x)))
                for model in (linear, nonlinear)]  # fmt: skip
    assert branches[0].min() < 0 == branches[1].min()
    torch.testing.assert_close(branches[1], branches[0].clamp(0, 6))
    assert sum(isinstance(module, nn.ReLU6) for module in nonlinear.modules()) == 4 + sum(
        isinstance(module, nn.ReLU6) for module in linear.modules()
    )


def test_the_input_is_added_only_where_shapes_agree() -> None:
    adds = [module.adds for module in PAPER.config.build().modules() if isinstance(module, SameShapeSkip)]
    assert len(adds) == 17 and sum(adds) == 10  # torchvision: use_res_connect
    theirs = torchvision.models.mobilenet_v2()
    assert adds == [block.use_res_connect for block in theirs.features[1:-1]]


def test_without_skips_a_silent_branch_silences_the_block() -> None:
    x = torch.randn(2, 8, 7, 7)
    for skip, expected in ((SameShapeSkip.Config(), x), (NoSkip.Config(), torch.zeros_like(x))):
        config = swap(small_mobilenet_v2(), SkipConfig, lambda _, skip=skip: skip)
        block = config.build().eval().stages[0][1]
        nn.init.zeros_(block.project.conv.weight)
        assert torch.equal(block(x), expected)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LinearBottleneck.Config, ReLU6Bottleneck.Config()),
        (NoExcitation.Config, SqueezeExcitation.Config()),
        (SameShapeSkip.Config, NoSkip.Config()),
        (BatchNorm.Config, NoNorm.Config()),
        (BatchNorm.Config, GroupNorm.Config(groups=4)),
    ],
    ids=lambda part: part.kind,
)
def test_swapped_parts_train_and_survive_json(old: type[Config], new: Config) -> None:
    config = swap(small_mobilenet_v2(), old, lambda _: new)
    assert config != small_mobilenet_v2()
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = config.build()
    initialize(model, seed=0)
    logits = model(torch.randn(8, 1, 14, 14, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (8, 10)
    nn.functional.cross_entropy(logits, torch.arange(8)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_an_expansion_of_1_leaves_the_first_convolution_out() -> None:
    block = MobileNetV2.Config().build().stages[0][0]
    assert isinstance(block.expand, nn.Identity)
    assert not any(isinstance(module, ReLU6) for module in block.expand.modules())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stages": ()}, "at least 1 item"),
        ({"top_width": 0}, "greater than or equal to 1"),
        ({"stages": ({"size": 4},)}, "1, 3, 5 or 7"),
    ],
)
def test_what_cannot_be_built_is_refused(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        MobileNetV2.Config(**changes)


@pytest.mark.parametrize(
    ("norm", "sentence"),
    [
        (GroupNorm.Config(groups=3), "8 channels do not divide into 3 groups; use 2 or 4"),
        (GroupNorm.Config(groups=16), "8 channels do not divide into 16 groups; use 8"),
    ],
)
def test_a_norm_that_does_not_fit_is_refused_with_advice(norm: NormConfig, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        swap(small_mobilenet_v2(), BatchNorm.Config, lambda _: norm)


def test_the_stride_of_a_stage_is_that_of_its_first_block() -> None:
    stage = InvertedStage.Config(width=8, depth=3, stride=2)
    model = small_mobilenet_v2().replace(stages=(stage,)).build()
    strides = [block.depthwise.conv.stride[0] for block in model.stages[0]]
    assert strides == [2, 1, 1]
