import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archviz.blocks.activation import GELU, ReLU, Tanh
from archviz.blocks.norm import BatchNorm, GroupNorm, LayerNorm, NoNorm
from archviz.blocks.residual import (
    BasicBlock,
    Bottleneck,
    IdentitySkip,
    NoSkip,
    PaddedSkip,
    PreActivationBlock,
    PreActivationBottleneck,
    ProjectionSkip,
    SkipConfig,
)
from archviz.core.config import swap
from archviz.core.record import Record
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.resnet import MODELS, ImageNetStem, ResNet, SmallStem, from_torchvision, small_resnet

PAPER = {model.name: model.config for model in MODELS if model.scale == "paper"}


def _settle(model: nn.Module) -> None:
    """Random norms, tame enough that 152 layers keep numbers near 1."""
    generator = torch.Generator().manual_seed(0)
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            last = name.endswith("bn3") or (name.endswith("bn2") and not hasattr(model.layer1[0], "conv3"))
            nn.init.normal_(module.weight, 0.1 if last else 1.0, 0.1, generator=generator)
            nn.init.normal_(module.bias, 0, 0.1, generator=generator)
            nn.init.normal_(module.running_mean, 0, 0.1, generator=generator)
            nn.init.uniform_(module.running_var, 0.5, 1.5, generator=generator)


@pytest.mark.parametrize("name", PAPER)
def test_outputs_are_torchvisions(name: str) -> None:
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, name)().eval()
    _settle(theirs)
    ours = PAPER[name].build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = theirs(images)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(images), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", PAPER)
def test_parameters_are_as_many_as_torchvisions(name: str) -> None:
    with torch.device("meta"):
        ours, theirs = PAPER[name].build(), getattr(torchvision.models, name)()
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())


@pytest.mark.parametrize(
    ("name", "macs"), [("resnet18", 1_814_073_344), ("resnet50", 4_089_184_256), ("resnet152", 11_513_626_624)]
)
def test_macs_are_those_of_torchvision(name: str, macs: int) -> None:
    """Its `_ops` (1.814, 4.089 and 11.514 GMAC at 224x224), and torch's own counter to the last digit."""
    architecture = next(model for model in MODELS if model.name == name)
    assert cost(architecture.config, architecture.inputs).macs == macs
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        getattr(torchvision.models, name)().eval()(torch.empty(1, 3, 224, 224))
    assert counter.get_total_flops() == 2 * macs


def test_grouped_bottlenecks_are_those_of_torchvisions_resnext() -> None:
    theirs = torchvision.models.resnext50_32x4d().eval()
    config = PAPER["resnet50"].replace(block=Bottleneck.Config(groups=32, expansion=2), widths=(128, 256, 512, 1024))
    ours = config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), atol=1e-4, rtol=0)


def test_the_name_of_a_network_is_its_depth() -> None:
    for model in MODELS:
        assert model.config.depth == int(model.name.removeprefix("resnet").split("-")[0])


@pytest.mark.parametrize(("depth", "blocks"), [(8, 1), (20, 3), (56, 9)])
def test_small_networks_spread_their_depth_over_the_stages(depth: int, blocks: int) -> None:
    assert small_resnet(depth).depths == (blocks,) * 3


@pytest.mark.parametrize(("depth", "advice"), [(21, "use 20"), (2, "use 8"), (0, "use 8"), (55, "use 56")])
def test_a_depth_that_does_not_come_out_even_is_refused_with_advice(depth: int, advice: str) -> None:
    with pytest.raises(ValueError, match=rf"depth {depth} is not 6n \+ 2.*{advice}"):
        small_resnet(depth)


def test_stages_need_as_many_depths_as_widths() -> None:
    with pytest.raises(ValidationError, match="2 depths, 3 widths"):
        small_resnet(8).replace(depths=(1, 1))
    with pytest.raises(ValidationError, match="at least one block"):
        small_resnet(8).replace(depths=(1, 0, 1))


def test_a_norm_that_does_not_fit_is_refused_before_anything_is_built() -> None:
    with pytest.raises(ValidationError, match="8 channels do not divide into 3 groups; use 2 or 4"):
        swap(small_resnet(8), BatchNorm.Config, lambda _: GroupNorm.Config(groups=3))


def test_heads_start_at_he_and_every_convolution_too() -> None:
    model = small_resnet(20).build()
    initialize(model, seed=0)
    weight = model.stages[2][1].conv2.weight
    assert weight.std().item() == pytest.approx((2 / (32 * 9)) ** 0.5, rel=0.05)


def test_taking_the_identity_path_away_leaves_the_other_parameters_as_they_were() -> None:
    config = small_resnet(20)
    residual, plain = config.build(), swap(config, SkipConfig, lambda _: NoSkip.Config()).build()
    initialize(residual, seed=3)
    initialize(plain, seed=3)
    ours, others = dict(residual.named_parameters()), dict(plain.named_parameters())
    assert set(others) < set(ours)
    assert all(torch.equal(ours[name], parameter) for name, parameter in others.items())
    assert {name.split(".")[3] for name in set(ours) - set(others)} == {"skip"}


def test_without_an_identity_path_a_silent_branch_silences_the_network() -> None:
    image = torch.randn(1, 1, 8, 8)
    outputs = {}
    for skip in (IdentitySkip, NoSkip):
        config = swap(small_resnet(8), SkipConfig, lambda _, skip=skip: skip.Config())
        model = config.build().eval()
        nn.init.zeros_(model.stages[0][0].conv2.weight)
        outputs[skip] = (model(image) - model(2 * image)).abs().max().item()
    assert outputs[IdentitySkip] > 0
    assert outputs[NoSkip] == 0


BLOCKS = st.sampled_from([BasicBlock, Bottleneck, PreActivationBlock, PreActivationBottleneck])
NORMS = st.sampled_from([BatchNorm.Config(), LayerNorm.Config(), GroupNorm.Config(groups=2), NoNorm.Config()])
ACTIVATIONS = st.sampled_from([ReLU.Config(), GELU.Config(), Tanh.Config()])
SKIPS = st.sampled_from([IdentitySkip.Config(), PaddedSkip.Config(), ProjectionSkip.Config(), NoSkip.Config()])
STAGES = st.lists(st.tuples(st.integers(1, 2), st.sampled_from([2, 4, 6])), min_size=1, max_size=3)


@st.composite
def configs(draw: st.DrawFn) -> ResNet.Config:
    norm, activation, stages = draw(NORMS), draw(ACTIVATIONS), draw(STAGES)
    return ResNet.Config(
        in_channels=draw(st.integers(1, 3)),
        classes=draw(st.integers(2, 5)),
        stem=draw(st.sampled_from([ImageNetStem, SmallStem])).Config(norm=norm, activation=activation),
        stem_width=draw(st.sampled_from([2, 4])),
        block=draw(BLOCKS).Config(norm=norm, activation=activation, skip=draw(SKIPS)),
        depths=tuple(depth for depth, _ in stages),
        widths=tuple(width for _, width in stages),
    )


@given(configs())
@settings(max_examples=25, deadline=None)
def test_every_valid_config_trains_and_survives_json(config: ResNet.Config) -> None:
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = config.build()
    logits = model(torch.randn(2, config.in_channels, 16, 16))
    assert logits.shape == (2, config.classes)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
