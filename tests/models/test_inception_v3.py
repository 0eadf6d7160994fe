import pytest
import torch
import torchvision
from pydantic import ValidationError
from torch import nn

from archviz.blocks.filters import FactorizedFilter, FilterConfig, SquareFilter, StackedFilter
from archviz.core.config import swap
from archviz.core.record import Record
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.engine.tasks import Classification
from archviz.models.googlenet import OneLayerStem
from archviz.models.inception_v3 import (
    MODELS,
    InceptionA,
    InceptionB,
    InceptionC,
    InceptionD,
    InceptionE,
    InceptionV3Stem,
    from_torchvision,
    small_inception,
)

BY_NAME = {model.name: model for model in MODELS}


def test_parameters_and_macs_are_as_published() -> None:
    found = cost(BY_NAME["inception_v3"].config, BY_NAME["inception_v3"].inputs)
    assert (found.parameters, found.macs) == (27_161_264, 5_713_216_096)
    without = BY_NAME["inception_v3"].config.replace(auxiliary=())
    assert cost(without, BY_NAME["inception_v3"].inputs).parameters == 23_834_568


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


def test_outputs_are_torchvisions() -> None:
    theirs = _settle(torchvision.models.inception_v3(init_weights=False)).eval()
    ours = BY_NAME["inception_v3"].config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    generator = torch.Generator().manual_seed(1)
    small, full = torch.randn(2, 3, 96, 120, generator=generator), torch.randn(1, 3, 299, 299, generator=generator)
    with torch.no_grad():
        expected = theirs(small)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(small), expected, atol=1e-4, rtol=1e-4)
        theirs.training = True  # itself alone, not its norms: only then it gives its auxiliary logits
        (_, logits), (weight, auxiliary) = ours.weighted_logits(full)
        outputs = theirs(full)
    assert weight == 0.4
    torch.testing.assert_close(logits, outputs.logits, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(auxiliary, outputs.aux_logits, atol=1e-4, rtol=1e-4)


FILTERS: list[tuple[FilterConfig, int, int]] = [
    # weights of one 7x7 filter with w channels in and out; MACs at 7x7 positions
    (SquareFilter.Config(), 49, 49),
    (FactorizedFilter.Config(), 14, 14),
    (StackedFilter.Config(), 27, 27),
]


@pytest.mark.parametrize(("config", "weights", "macs"), FILTERS, ids=lambda value: getattr(value, "kind", ""))
def test_filters_cost_what_the_formulas_say(config: FilterConfig, weights: int, macs: int) -> None:
    """Of all filters of one network together: three in each of two modules, 8 channels in and out."""
    inputs = BY_NAME["inception-small"].inputs
    found = cost(small_inception(filters=config), inputs)
    rest = [row for row in found.layers if ".large.1" not in row.path and ".deep.1" not in row.path]
    rest = [row for row in rest if ".deep.2" not in row.path]
    convolutions = [row for row in found.layers if row not in rest and row.macs]
    assert sum(row.parameters for row in convolutions) == 6 * weights * 8 * 8
    assert sum(row.macs for row in convolutions) == 6 * macs * 8 * 8 * 49


def test_another_filter_leaves_the_other_parameters_as_they_were() -> None:
    base = small_inception()
    a, b = base.build(), swap(base, FactorizedFilter.Config, lambda _: SquareFilter.Config()).build()
    initialize(a, seed=3)
    initialize(b, seed=3)
    ours, others = dict(a.named_parameters()), dict(b.named_parameters())
    inside = (".large.1.", ".deep.1.", ".deep.2.")
    for name in set(ours) ^ set(others):
        assert any(part in name for part in inside)
    assert all(torch.equal(ours[name], others[name]) for name in ours if not any(part in name for part in inside))


def test_every_kind_of_module_trains() -> None:
    config = small_inception().replace(
        stem=OneLayerStem.Config(width=4),
        blocks=(
            InceptionA.Config(one=2, five=(2, 3), deep=(2, 3), pool=2),
            InceptionB.Config(three=4, deep=(2, 3)),
            InceptionC.Config(width=3, branch=4, size=5, filter=StackedFilter.Config()),
            InceptionD.Config(three=(2, 3), large=4),
            InceptionE.Config(one=2, cross=3, deep=4, pool=2),
        ),
    )
    assert Record.model_validate_json(config.model_dump_json()) == config
    model = config.build()
    initialize(model, seed=0)
    Classification.Config().build().loss(model, (torch.randn(4, 1, 28, 28), torch.arange(4))).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


@pytest.mark.parametrize("config", [*BY_NAME["inception_v3"].config.blocks, BY_NAME["inception_v3"].config.stem])
def test_modules_give_as_many_channels_as_they_say(config: object) -> None:
    layer = BY_NAME["inception_v3"].config.layer
    with torch.device("meta"):
        if isinstance(config, InceptionV3Stem.Config):
            module, expected, inputs = config.build(3, layer), config.outputs, 3
        else:
            module, expected, inputs = config.build(288, layer), config.outputs(288), 288  # type: ignore[attr-defined]
        y = module(torch.empty(2, inputs, 35, 35))
    assert y.shape[1] == expected


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: InceptionC.Config(size=6), "size 6 has no middle; use 5 or 7"),
        (lambda: InceptionD.Config(three=(0, 1)), "0 channels passes nothing on"),
        (lambda: InceptionV3Stem.Config(second=(8, 0)), "0 channels passes nothing on"),
    ],
)
def test_what_cannot_be_built_is_said_in_words(change: object, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        change()  # type: ignore[operator]
