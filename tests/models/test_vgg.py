import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from archviz.blocks.activation import GELU, ReLU, Tanh
from archviz.blocks.dense_head import DenseHead
from archviz.blocks.norm import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm, NoNorm
from archviz.blocks.pooling import MaxPool, MeanPool
from archviz.core.config import swap
from archviz.core.record import Record
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.vgg import MODELS, VGG, from_torchvision, small_vgg

BY_NAME = {model.name: model for model in MODELS}

COSTS = [
    ("vgg11", 132_863_336, 7_609_090_048),
    ("vgg13", 133_047_848, 11_308_466_176),
    ("vgg16", 138_357_544, 15_470_264_320),
    ("vgg19", 143_667_240, 19_632_062_464),
    ("vgg11_bn", 132_868_840, 7_609_090_048),
    ("vgg13_bn", 133_053_736, 11_308_466_176),
    ("vgg16_bn", 138_365_992, 15_470_264_320),
    ("vgg19_bn", 143_678_248, 19_632_062_464),
]


@pytest.mark.parametrize(("name", "parameters", "macs"), COSTS)
def test_parameters_and_macs_are_as_published(name: str, parameters: int, macs: int) -> None:
    found = cost(BY_NAME[name].config, BY_NAME[name].inputs)
    assert (found.parameters, found.macs) == (parameters, macs)


def test_every_paper_preset_is_checked() -> None:
    assert {model.name for model in MODELS if model.scale == "paper"} == {name for name, *_ in COSTS}


@pytest.mark.parametrize("name", [name for name, *_ in COSTS])
def test_torchvisions_names_are_all_understood(name: str) -> None:
    with torch.device("meta"):
        theirs, ours = getattr(torchvision.models, name)(init_weights=False), BY_NAME[name].config.build()
    shapes = {key: value.shape for key, value in from_torchvision(theirs.state_dict()).items()}
    assert shapes == {key: value.shape for key, value in ours.state_dict().items()}


@pytest.mark.parametrize("name", ["vgg11", "vgg13_bn"])
def test_outputs_are_torchvisions(name: str) -> None:
    with torch.device("meta"):
        theirs = getattr(torchvision.models, name)(init_weights=False)
        ours = BY_NAME[name].config.build().eval()
    theirs = _drawn(theirs.to_empty(device="cpu").eval())
    ours.load_state_dict(from_torchvision(theirs.state_dict()), assign=True)
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = theirs(images)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(images), expected, atol=1e-4, rtol=1e-4)


def _drawn(model: nn.Module) -> nn.Module:
    """Random weights that keep numbers near 1, random norms."""
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            fan_in = module.weight[0].numel()
            module.weight.data.uniform_(-((6 / fan_in) ** 0.5), (6 / fan_in) ** 0.5, generator=generator)
            module.bias.data.uniform_(-0.1, 0.1, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.num_batches_tracked.zero_()
            nn.init.normal_(module.weight, 1, 0.1, generator=generator)
            for values in (module.bias, module.running_mean):
                nn.init.normal_(values, 0, 0.1, generator=generator)
            nn.init.uniform_(module.running_var, 0.5, 1.5, generator=generator)
    return model


def test_depth_is_what_the_name_says() -> None:
    for name, *_ in COSTS:
        assert BY_NAME[name].config.depth == int(name.removeprefix("vgg").removesuffix("_bn"))
    assert BY_NAME["vgg-small"].title.startswith(f"VGG-{BY_NAME['vgg-small'].config.depth} ")


def test_depth_is_spread_over_the_stages() -> None:
    assert small_vgg((1, 1)).with_depth(14).depths == (6, 6)
    assert VGG.Config().with_depth(13).depths == (2,) * 5


@pytest.mark.parametrize(("depth", "advice"), [(5, "use 6"), (2, "use 4"), (0, "use 4")])
def test_a_depth_that_does_not_come_out_even_is_refused_with_advice(depth: int, advice: str) -> None:
    with pytest.raises(ValueError, match=rf"depth {depth} is not 2n \+ 2 for any n of at least 1; {advice}"):
        small_vgg().with_depth(depth)


def test_stages_need_as_many_depths_as_widths() -> None:
    with pytest.raises(ValidationError, match="3 depths, 2 widths"):
        small_vgg().replace(depths=(1, 1, 1))
    with pytest.raises(ValidationError, match="at least one layer"):
        small_vgg((1, 0))
    with pytest.raises(ValidationError, match="8 channels do not divide into 3 groups; use 2 or 4"):
        swap(small_vgg(), NoNorm.Config, lambda _: GroupNorm.Config(groups=3))


def test_another_activation_leaves_the_parameters_as_they_were() -> None:
    base = small_vgg()
    relu, tanh = base.build(), swap(base, ReLU.Config, lambda _: Tanh.Config()).build()
    initialize(relu, seed=3)
    initialize(tanh, seed=3)
    assert sum(isinstance(module, nn.Tanh) for module in tanh.modules()) == 5
    others = dict(tanh.named_parameters())
    assert all(torch.equal(parameter, others[name]) for name, parameter in relu.named_parameters())


NORMS = [NoNorm, BatchNorm, LayerNorm, LocalResponseNorm]


@st.composite
def configs(draw: st.DrawFn) -> VGG.Config:
    stages = draw(st.lists(st.tuples(st.integers(1, 2), st.sampled_from([2, 4, 6])), min_size=1, max_size=3))
    activation = draw(st.sampled_from([ReLU, GELU, Tanh])).Config()
    return VGG.Config(
        in_channels=draw(st.integers(1, 3)),
        classes=draw(st.integers(2, 5)),
        depths=tuple(depth for depth, _ in stages),
        widths=tuple(width for _, width in stages),
        norm=draw(st.sampled_from(NORMS)).Config(),
        activation=activation,
        pool=draw(st.sampled_from([MaxPool, MeanPool])).Config(),
        grid=draw(st.integers(1, 3)),
        head=DenseHead.Config(hidden=draw(st.sampled_from([(), (4,), (4, 3)])), activation=activation),
    )


@given(configs())
@settings(max_examples=25, deadline=None)
def test_every_valid_config_trains_and_survives_json(config: VGG.Config) -> None:
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = config.build()
    logits = model(torch.randn(2, config.in_channels, 14, 14))
    assert logits.shape == (2, config.classes)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
