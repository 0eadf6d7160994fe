import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from archviz.blocks.residual import Bottleneck
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.resnet import ResNet, from_torchvision, small_resnet
from archviz.models.resnext import MODELS, resnext, small_resnext, with_cardinality

BY_NAME = {model.name: model for model in MODELS}

COSTS = [
    ("resnext50_32x4d", 25_028_904, 4_230_479_872),
    ("resnext101_32x8d", 88_791_336, 16_414_015_488),
]


@pytest.mark.parametrize(("name", "parameters", "macs"), COSTS)
def test_parameters_and_macs_are_as_published(name: str, parameters: int, macs: int) -> None:
    found = cost(BY_NAME[name].config, BY_NAME[name].inputs)
    assert (found.parameters, found.macs) == (parameters, macs)


@pytest.mark.parametrize("name", [name for name, *_ in COSTS])
def test_torchvisions_names_are_all_understood(name: str) -> None:
    with torch.device("meta"):
        theirs, ours = getattr(torchvision.models, name)(), BY_NAME[name].config.build()
    shapes = {key: value.shape for key, value in from_torchvision(theirs.state_dict()).items()}
    assert shapes == {key: value.shape for key, value in ours.state_dict().items()}


def test_outputs_are_torchvisions() -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.resnext50_32x4d().eval()
    for name, module in theirs.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 0.1 if name.endswith("bn3") else 1.0, 0.1)
            nn.init.normal_(module.bias, 0, 0.1)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    ours = BY_NAME["resnext50_32x4d"].config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = theirs(images)
        assert 0.1 < expected.std() < 100
        torch.testing.assert_close(ours(images), expected, atol=1e-4, rtol=1e-4)


def test_a_block_is_the_sum_of_as_many_branches_as_its_cardinality() -> None:
    """Xie et al. 2016, figure 3: (a), the branches one by one, is the same as (c), one grouped convolution."""
    cardinality, group_width = 4, 3
    block = Bottleneck.Config(groups=cardinality, expansion=20 / 12).build(20, 12).eval()
    for norm in (block.norm1, block.norm2, block.norm3):
        nn.init.uniform_(norm.weight, 0.5, 1.5)
        nn.init.normal_(norm.running_mean)
    x = torch.randn(2, 20, 6, 6)

    def normed(x: torch.Tensor, norm: nn.Module, part: slice = slice(None)) -> torch.Tensor:
        values = (values[part] for values in (norm.running_mean, norm.running_var, norm.weight, norm.bias))
        return F.batch_norm(x, *values, eps=norm.eps)

    total = torch.zeros(())
    for branch in range(cardinality):
        part = slice(branch * group_width, (branch + 1) * group_width)
        y = normed(F.conv2d(x, block.conv1.weight[part]), block.norm1, part).relu()
        y = normed(F.conv2d(y, block.conv2.weight[part], padding=1), block.norm2, part).relu()
        total = total + F.conv2d(y, block.conv3.weight[:, part])
    torch.testing.assert_close(block(x), (x + normed(total, block.norm3)).relu())


@pytest.mark.parametrize(("cardinality", "group_width"), [(1, 64), (2, 40), (4, 24), (8, 14), (32, 4)])
def test_equal_cost_gives_the_papers_widths(cardinality: int, group_width: int) -> None:
    """Xie et al. 2016, table 2."""
    config = with_cardinality(BY_NAME["resnext50_32x4d"].config, cardinality)
    expected = resnext(
        ResNet.Config(depths=(3, 4, 6, 3)), cardinality=cardinality, group_width=group_width, outputs=256
    )
    assert config == expected
    inputs = BY_NAME["resnext50_32x4d"].inputs
    assert cost(config, inputs).parameters == pytest.approx(25_028_904, rel=0.025)


@pytest.mark.parametrize("cardinality", [1, 2, 4, 8])
def test_small_networks_of_any_cardinality_cost_about_the_same(cardinality: int) -> None:
    base = BY_NAME["resnext-small"]
    config = with_cardinality(base.config, cardinality)
    assert config.block.outputs(config.widths[0]) == 64
    a, b = cost(base.config, base.inputs), cost(config, base.inputs)
    assert b.parameters == pytest.approx(a.parameters, rel=0.06)
    assert b.macs == pytest.approx(a.macs, rel=0.06)


def test_its_own_cardinality_leaves_a_network_as_it_is() -> None:
    for model in MODELS:
        assert with_cardinality(model.config, model.config.block.groups) == model.config


def test_groups_must_be_possible_and_at_least_one_channel_wide() -> None:
    with pytest.raises(ValueError, match="BasicBlock has no groups; use a bottleneck block"):
        with_cardinality(small_resnet(8), 2)
    with pytest.raises(ValueError, match="200 groups would be narrower than one channel at this cost; use at most 79"):
        with_cardinality(small_resnext(), 200)
    assert with_cardinality(small_resnext(), 79).block.groups == 79


def test_the_small_network_trains() -> None:
    model = small_resnext().build()
    initialize(model, seed=0)
    F.cross_entropy(model(torch.randn(4, 1, 14, 14)), torch.arange(4)).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []
