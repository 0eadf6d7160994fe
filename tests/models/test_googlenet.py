import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from archviz.blocks.activation import GELU, ReLU
from archviz.blocks.auxiliary import AuxiliaryConfig, DenseAuxiliaryHead
from archviz.blocks.dropout import NoDropout
from archviz.blocks.filters import ConvLayer, FactorizedFilter, FilterConfig, SquareFilter, StackedFilter
from archviz.blocks.norm import BatchNorm, GroupNorm, LayerNorm, NoNorm
from archviz.core.config import edit, swap
from archviz.core.record import Record
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.engine.tasks import Classification, HasAuxiliaryHeads
from archviz.models.googlenet import (
    MODELS,
    Halving,
    InceptionModule,
    InceptionNetwork,
    OneLayerStem,
    from_torchvision,
    small_googlenet,
)

BY_NAME = {model.name: model for model in MODELS}


def small_with_heads() -> InceptionNetwork.Config:
    heads = (DenseAuxiliaryHead.Config(after=1, hidden=16), DenseAuxiliaryHead.Config(after=3, hidden=16, weight=0.2))
    return small_googlenet().replace(auxiliary=heads)


@pytest.mark.parametrize(("name", "parameters"), [("googlenet", 6_624_904), ("googlenet-aux", 13_004_888)])
def test_parameters_and_macs_are_as_published(name: str, parameters: int) -> None:
    found = cost(BY_NAME[name].config, BY_NAME[name].inputs)
    assert (found.parameters, found.macs) == (parameters, 1_498_376_192)


def test_with_the_papers_5x5_filters_it_costs_more() -> None:
    config = BY_NAME["googlenet"].config
    paper = swap(config, InceptionModule.Config, lambda module: module.replace(size=5))
    large = [block.large for block in config.blocks if isinstance(block, InceptionModule.Config)]
    more = sum((25 - 9) * narrow * wide for narrow, wide in large)
    inputs = BY_NAME["googlenet"].inputs
    assert cost(paper, inputs).parameters == cost(config, inputs).parameters + more


def _settle(model: nn.Module) -> nn.Module:
    """Random norms that keep numbers near 1 from layer to layer."""
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            fan_in = module.weight[0].numel()
            nn.init.normal_(module.weight, 0, (2 / fan_in) ** 0.5, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1, 0.1, generator=generator)
            for values in (module.bias, module.running_mean):
                nn.init.normal_(values, 0, 0.1, generator=generator)
            nn.init.uniform_(module.running_var, 0.5, 1.5, generator=generator)
    return model


@pytest.mark.parametrize("heads", [False, True])
def test_outputs_are_torchvisions(heads: bool) -> None:
    theirs = _settle(torchvision.models.googlenet(init_weights=False, aux_logits=heads)).eval()
    ours = BY_NAME["googlenet-aux" if heads else "googlenet"].config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    images = torch.randn(2, 3, 75, 90, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = theirs(images)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(images), expected, atol=1e-4, rtol=1e-4)
        if heads:
            _same_auxiliary_logits(ours, theirs, images)


def _same_auxiliary_logits(ours: nn.Module, theirs: nn.Module, images: torch.Tensor) -> None:
    """Theirs come in training mode only; the norms and dropouts inside stay in evaluation mode."""
    theirs.training = True
    outputs = theirs(images)
    logits = ours.weighted_logits(images)
    assert [weight for weight, _ in logits] == [1.0, 0.3, 0.3]
    expected = (outputs.logits, outputs.aux_logits1, outputs.aux_logits2)
    for (_, found), wanted in zip(logits, expected, strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_a_module_splits_transforms_and_merges() -> None:
    config = InceptionModule.Config(one=2, three=(3, 4), large=(3, 5), pool=6)
    layer = ConvLayer.Config()
    module = config.build(7, layer).eval()
    x = torch.randn(2, 7, 9, 9)
    y = module(x)
    assert y.shape[1] == config.outputs(7) == 2 + 4 + 5 + 6
    with torch.no_grad():
        one, three, large, pool = y.split([2, 4, 5, 6], 1)
        torch.testing.assert_close(one, module.one(x))
        torch.testing.assert_close(three, module.three[1](module.three[0](x)))
        torch.testing.assert_close(large, module.large[1](module.large[0](x)))
        torch.testing.assert_close(pool, module.pool[1](nn.functional.max_pool2d(x, 3, 1, 1)))


def test_forward_gives_the_last_layers_logits_in_training_as_well() -> None:
    model = small_with_heads().replace(dropout=NoDropout.Config()).build()
    initialize(model, seed=0)
    images = torch.randn(3, 1, 14, 14)
    for training in (True, False):
        model.train(training)
        weights, logits = zip(*model.weighted_logits(images), strict=True)
        assert weights == (1.0, 0.3, 0.2)
        assert [each.shape for each in logits] == [(3, 10)] * 3
        assert torch.equal(model(images), logits[0])


def test_every_parameter_learns_by_the_task() -> None:
    model = small_with_heads().build()
    initialize(model, seed=0)
    assert isinstance(model, HasAuxiliaryHeads)
    torch.manual_seed(0)
    Classification.Config().build().loss(model, (torch.randn(8, 1, 14, 14), torch.arange(8))).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_auxiliary_heads_change_nothing_in_what_the_network_answers() -> None:
    without, with_heads = small_googlenet().build(), small_with_heads().build()
    initialize(without, seed=3)
    initialize(with_heads, seed=3)
    images = torch.randn(2, 1, 14, 14)
    assert torch.equal(without.eval()(images), with_heads.eval()(images))


@pytest.mark.parametrize("other", [FactorizedFilter.Config(), StackedFilter.Config()], ids=lambda config: config.kind)
def test_another_filter_changes_only_the_branch_that_it_is_in(other: FilterConfig) -> None:
    base = small_googlenet()
    a, b = base.build(), swap(base, SquareFilter.Config, lambda _: other).build()
    initialize(a, seed=3)
    initialize(b, seed=3)
    ours, others = dict(a.named_parameters()), dict(b.named_parameters())
    for name in set(ours) ^ set(others):
        assert ".large.1." in name
    assert all(torch.equal(ours[name], others[name]) for name in set(ours) & set(others) if ".large.1." not in name)
    assert sum(p.numel() for p in others.values()) < sum(p.numel() for p in ours.values())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: InceptionModule.Config(size=4), "size 4 has no middle; use 3 or 5"),
        (lambda: InceptionModule.Config(three=(0, 8)), "0 channels passes nothing on"),
        (
            lambda: small_googlenet().replace(auxiliary=(DenseAuxiliaryHead.Config(after=5),)),
            "reads block 5, but the last block is 4",
        ),
        (
            lambda: swap(small_googlenet(), BatchNorm.Config, lambda _: GroupNorm.Config(groups=3)),
            "16 channels do not divide into 3 groups; use 2 or 4",
        ),
        (
            lambda: edit(
                small_with_heads().replace(auxiliary=(DenseAuxiliaryHead.Config(channels=9),)),
                "layer",
                norm=GroupNorm.Config(groups=4),
            ),
            "9 channels do not divide into 4 groups; use 3 or 9",
        ),
    ],
)
def test_what_cannot_be_built_is_said_in_words(change: object, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        change()  # type: ignore[operator]


WIDTH = st.integers(1, 4)


@st.composite
def configs(draw: st.DrawFn) -> InceptionNetwork.Config:
    modules = st.builds(
        InceptionModule.Config,
        one=WIDTH,
        three=st.tuples(WIDTH, WIDTH),
        large=st.tuples(WIDTH, WIDTH),
        pool=WIDTH,
        size=st.sampled_from([3, 5, 7]),
        filter=st.sampled_from([SquareFilter.Config(), FactorizedFilter.Config(), StackedFilter.Config()]),
    )
    blocks = tuple(draw(st.lists(modules | st.builds(Halving.Config, size=st.integers(2, 3)), min_size=1, max_size=3)))
    heads = st.builds(DenseAuxiliaryHead.Config, after=st.integers(0, len(blocks) - 1), channels=WIDTH, hidden=WIDTH)
    auxiliary: tuple[AuxiliaryConfig, ...] = tuple(draw(st.lists(heads, max_size=2)))
    return InceptionNetwork.Config(
        in_channels=draw(st.integers(1, 3)),
        classes=draw(st.integers(2, 5)),
        layer=ConvLayer.Config(
            norm=draw(st.sampled_from([BatchNorm, LayerNorm, NoNorm])).Config(),
            activation=draw(st.sampled_from([ReLU, GELU])).Config(),
        ),
        stem=OneLayerStem.Config(width=draw(WIDTH), stride=draw(st.integers(1, 2))),
        blocks=blocks,
        auxiliary=auxiliary,
    )


@given(configs())
@settings(max_examples=25, deadline=None)
def test_every_valid_config_trains_and_survives_json(config: InceptionNetwork.Config) -> None:
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = config.build()
    batch = torch.randn(4, config.in_channels, 16, 16), torch.zeros(4, dtype=torch.int64)
    assert model(batch[0]).shape == (4, config.classes)
    Classification.Config().build().loss(model, batch).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
