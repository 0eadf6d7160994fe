from itertools import pairwise

import pytest
import torch
import torchvision
from pydantic import ValidationError
from torch import nn

from archviz.blocks.excitation import NoExcitation, SqueezeExcitation
from archviz.blocks.inverted_residual import SameShapeSkip
from archviz.blocks.norm import BatchNorm, GroupNorm
from archviz.blocks.residual import NoSkip
from archviz.blocks.stochastic_depth import StochasticDepth
from archviz.core.config import swap
from archviz.core.record import Record
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.efficientnet import MBCONV, MODELS, EfficientNet, from_torchvision, small_efficientnet
from tests.models.reference import randomize, reference_macs

BY_NAME = {model.name: model for model in MODELS}

COSTS = [  # name, resolution, parameters, MACs
    ("efficientnet_b0", 224, 5_288_548, 385_814_752),
    ("efficientnet_b1", 240, 7_794_184, 686_802_832),
    ("efficientnet_b2", 260, 9_109_994, 993_561_872),
    ("efficientnet_b3", 300, 12_233_232, 1_827_141_392),
    ("efficientnet_b4", 380, 19_341_616, 4_393_771_024),
    ("efficientnet_b5", 456, 30_389_784, 10_266_384_752),
    ("efficientnet_b6", 528, 43_040_704, 19_067_593_536),
    ("efficientnet_b7", 600, 66_347_960, 37_745_884_192),
]


def test_every_paper_preset_is_checked() -> None:
    assert {model.name for model in MODELS if model.scale == "paper"} == {name for name, *_ in COSTS}


@pytest.mark.parametrize(("name", "resolution", "parameters", "macs"), COSTS)
def test_parameters_and_macs_are_as_published(name: str, resolution: int, parameters: int, macs: int) -> None:
    architecture = BY_NAME[name]
    assert architecture.inputs.shape == (3, resolution, resolution)
    found = cost(architecture.config, architecture.inputs)
    assert (found.parameters, found.macs) == (parameters, macs)
    published = torchvision.models.get_model_weights(name).DEFAULT.meta
    assert published["num_params"] == parameters
    if name != "efficientnet_b2":  # torchvision counts it at 288 pixels, the paper has 260
        assert round(macs / 1e9, 3) == published["_ops"]


@pytest.mark.parametrize("name", ["efficientnet_b0", "efficientnet_b2", "efficientnet_b5"])
def test_the_key_map_finds_every_parameter_and_torch_counts_as_many_macs(name: str) -> None:
    architecture = BY_NAME[name]
    with torch.device("meta"):
        ours, theirs = architecture.config.build(), getattr(torchvision.models, name)()
    renamed = from_torchvision(theirs.state_dict())
    assert {key: value.shape for key, value in renamed.items()} == {k: v.shape for k, v in ours.state_dict().items()}
    expected = next(macs for known, *_, macs in COSTS if known == name)
    assert reference_macs(theirs, 1, *architecture.inputs.shape) == expected


def test_outputs_are_torchvisions() -> None:
    theirs = torchvision.models.efficientnet_b1().eval()  # unlike B0 it is scaled
    randomize(theirs)
    ours = BY_NAME["efficientnet_b1"].config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    images = torch.randn(2, 3, 96, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = theirs(images)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(images), expected, atol=1e-4, rtol=1e-4)


def test_dropping_branches_follows_torchvision() -> None:
    theirs = [
        block.stochastic_depth.p for stage in torchvision.models.efficientnet_b0().features[1:-1] for block in stage
    ]
    with torch.device("meta"):
        ours = BY_NAME["efficientnet_b0"].config.build()
    rates = [
        block.stochastic_depth.rate if isinstance(block.stochastic_depth, StochasticDepth) else None
        for stage in ours.stages
        for block in stage
    ]
    assert len(rates) == len(theirs) == 16
    assert [rate for rate in rates if rate is not None] == pytest.approx(
        [p for p, rate in zip(theirs, rates, strict=True) if rate is not None]
    )
    assert [rate is not None for rate in rates] == [
        module.adds for module in ours.modules() if isinstance(module, SameShapeSkip)
    ]


def test_without_an_identity_path_no_branch_is_left_out() -> None:
    block = MBCONV.replace(skip=NoSkip.Config()).build(8, 8, place=1.0)
    assert not any(isinstance(module, StochasticDepth) for module in block.modules())


def test_scaling_multiplies_macs_as_the_paper_says() -> None:
    """Equation 2: width 2 and resolution 2 each cost four times as much, depth 2 twice."""
    base = EfficientNet.Config()
    inputs, large = BY_NAME["efficientnet_b0"].inputs, BY_NAME["efficientnet_b0"].inputs.replace(shape=(3, 448, 448))
    macs = cost(base, inputs).macs
    assert cost(base.scaled(width=2), inputs).macs / macs == pytest.approx(4, rel=0.1)
    assert cost(base.scaled(depth=2), inputs).macs / macs == pytest.approx(2, rel=0.15)
    assert cost(base, large).macs / macs == pytest.approx(4, rel=0.01)


def test_scaling_by_1_changes_nothing_and_multiples_are_kept() -> None:
    small = small_efficientnet()
    assert small.scaled(multiple=1) == small
    assert [stage.width for stage in small.scaled(width=1.4, multiple=1).stages] == [11, 22, 34]
    wider = small.scaled(width=1.4, depth=2, multiple=4)
    assert all(stage.width % 4 == 0 and stage.depth == 2 for stage in wider.stages)
    with pytest.raises(ValueError, match="must both be above 0"):
        small.scaled(width=0)


def test_larger_models_cost_more_in_every_respect() -> None:
    for smaller, larger in pairwise(COSTS):
        assert all(a < b for a, b in zip(smaller[1:], larger[1:], strict=True))


def test_without_excitation_the_other_parameters_stay() -> None:
    config = small_efficientnet()
    excited = config.build()
    plain = swap(config, SqueezeExcitation.Config, lambda _: NoExcitation.Config()).build()
    initialize(excited, seed=3)
    initialize(plain, seed=3)
    ours, others = dict(excited.named_parameters()), dict(plain.named_parameters())
    assert set(others) < set(ours)
    assert all(torch.equal(ours[name], parameter) for name, parameter in others.items())
    assert {name.split(".")[3] for name in set(ours) - set(others)} == {"excitation"}


@pytest.mark.parametrize("name", ["efficientnet-nano", "efficientnet-tiny"])
def test_playground_presets_train(name: str) -> None:
    architecture = BY_NAME[name]
    assert Record.model_validate_json(architecture.config.model_dump_json()) == architecture.config
    model = architecture.config.build()
    initialize(model, seed=0)
    images = torch.randn(16, *architecture.inputs.shape, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(16) % 10
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(15):
        loss = nn.functional.cross_entropy(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_what_cannot_be_built_is_refused_with_advice() -> None:
    with pytest.raises(ValidationError, match="8 channels do not divide into 5 groups; use 4 or 8"):
        swap(small_efficientnet(), BatchNorm.Config, lambda _: GroupNorm.Config(groups=5))
    with pytest.raises(ValidationError, match="at least 1 item"):
        EfficientNet.Config(stages=())
