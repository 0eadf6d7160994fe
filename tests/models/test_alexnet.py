import pytest
import torch
import torch.nn.functional as F
import torchvision
from pydantic import ValidationError
from torch import Tensor

from archviz.blocks.activation import ReLU, Sigmoid
from archviz.blocks.dropout import Dropout, NoDropout
from archviz.blocks.norm import BatchNorm, GroupNorm, LocalResponseNorm, NoNorm
from archviz.core.config import Config, edit, swap
from archviz.core.spec import Architecture
from archviz.engine.cost import cost
from archviz.engine.example import example
from archviz.engine.initialize import initialize
from archviz.models.alexnet import MODELS, AlexNet, AlexNetLayer, from_torchvision, grouped_alexnet, small_alexnet

BY_NAME = {architecture.name: architecture for architecture in MODELS}

COSTS = [
    ("alexnet", 61_100_840, 714_188_480),
    ("alexnet-grouped", 60_965_224, 724_406_816),  # Krizhevsky et al. 2012: "60 million parameters"
]


@pytest.mark.parametrize(("name", "parameters", "macs"), COSTS)
def test_parameters_and_macs_are_as_published(name: str, parameters: int, macs: int) -> None:
    found = cost(BY_NAME[name].config, BY_NAME[name].inputs)
    assert (found.parameters, found.macs) == (parameters, macs)


def test_every_paper_preset_is_checked() -> None:
    assert {a.name for a in MODELS if a.scale == "paper"} == {name for name, *_ in COSTS}


def test_same_output_as_torchvision() -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.alexnet(weights=None).eval()
    ours = BY_NAME["alexnet"].config.build().eval()
    ours.load_state_dict(from_torchvision(theirs.state_dict()))
    x = torch.randn(2, 3, 80, 96)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x), atol=1e-4, rtol=1e-4)


def test_grouped_network_computes_what_the_paper_says() -> None:
    """Two halves on two GPUs, written out: the halves meet only in the third layer and in the dense ones."""
    model = grouped_alexnet().build().eval()
    initialize(model, seed=0)
    state = model.state_dict()
    x = torch.randn(1, 3, 95, 95, generator=torch.Generator().manual_seed(0)) * 5

    def conv(x: Tensor, layer: int, half: slice = slice(None), **settings: int) -> Tensor:
        weight, bias = (state[f"layers.{layer}.conv.{leaf}"][half] for leaf in ("weight", "bias"))
        return F.conv2d(x, weight, bias, **settings).relu()

    def normalized(x: Tensor) -> Tensor:
        """b_i = a_i / (2 + 10^-4 sum of a_j^2 over the two channels on either side and the channel itself)^(3/4)."""
        squares = F.pad(x.square(), (0, 0, 0, 0, 2, 2))
        total = sum(squares[:, i : i + x.shape[1]] for i in range(5))
        return x / (2 + 1e-4 * total) ** 0.75

    def pooled(x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2)

    x1 = pooled(normalized(conv(x, 0, stride=4, padding=2)))
    a, b = slice(0, 128), slice(128, 256)
    x2 = torch.cat([conv(x1[:, :48], 1, a, padding=2), conv(x1[:, 48:], 1, b, padding=2)], 1)
    x3 = conv(pooled(normalized(x2)), 2, padding=1)
    a, b = slice(0, 192), slice(192, 384)
    left, right = conv(x3[:, a], 3, a, padding=1), conv(x3[:, b], 3, b, padding=1)
    a, b = slice(0, 128), slice(128, 256)
    x5 = pooled(torch.cat([conv(left, 4, a, padding=1), conv(right, 4, b, padding=1)], 1))
    x6 = F.adaptive_avg_pool2d(x5, 6).flatten(1)  # b c h w -> b (c h w)
    for layer in ("head.hidden.0.linear", "head.hidden.1.linear"):
        x6 = F.linear(x6, state[f"{layer}.weight"], state[f"{layer}.bias"]).relu()
    expected = F.linear(x6, state["head.output.weight"], state["head.output.bias"])
    with torch.no_grad():
        torch.testing.assert_close(model(x), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("size", [14, 28])
def test_small_network_trains_on_either_size_of_mnist(size: int) -> None:
    model = small_alexnet().build()
    initialize(model, seed=0)
    logits = model(torch.randn(2, 1, size, size))
    assert logits.shape == (2, 10)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.parametrize(
    ("old", "new", "modules"),
    [
        (ReLU.Config, Sigmoid.Config(), torch.nn.Sigmoid),
        (NoNorm.Config, LocalResponseNorm.Config(), LocalResponseNorm),
        (NoNorm.Config, BatchNorm.Config(), BatchNorm),
    ],
    ids=["activation", "lrn", "batch norm"],
)
def test_a_swapped_part_is_built_and_leaves_the_other_parameters_as_they_are(
    old: type[Config], new: Config, modules: type[torch.nn.Module]
) -> None:
    base = small_alexnet()
    swapped = swap(base, old, lambda _: new)
    a, b = base.build(), swapped.build()
    assert sum(isinstance(m, modules) for m in b.modules()) >= 3 > sum(isinstance(m, modules) for m in a.modules())
    initialize(a, seed=3)
    initialize(b, seed=3)
    others = dict(b.named_parameters())
    assert all(torch.equal(parameter, others[name]) for name, parameter in a.named_parameters())


def test_dropout_acts_in_training_only() -> None:
    x = example(BY_NAME["alexnet-small"].inputs, batch=4)
    config = small_alexnet()
    model = config.build()
    initialize(model, seed=0)
    torch.manual_seed(0)
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))
    without = swap(config, Dropout.Config, lambda _: NoDropout.Config()).build()
    initialize(without, seed=0)
    assert torch.equal(without(x), model(x))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: edit(small_alexnet(), "head", hidden=(0,)), "at least one unit"),
        (
            lambda: AlexNet.Config(layers=(AlexNetLayer.Config(channels=64, groups=2),)),
            "3 channels do not divide into 2 groups; use 1 or 3",
        ),
        (
            lambda: swap(small_alexnet(), NoNorm.Config, lambda _: GroupNorm.Config(groups=5)),
            "12 channels do not divide into 5 groups; use 4 or 6",
        ),
        (lambda: AlexNet.Config(layers=()), "at least 1 item"),
    ],
)
def test_what_cannot_be_built_is_said_in_words(change: object, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        change()  # type: ignore[operator]


def test_presets_give_logits_for_their_inputs() -> None:
    for architecture in MODELS:
        _gives_logits(architecture)


def _gives_logits(architecture: Architecture) -> None:
    with torch.device("meta"):
        model = architecture.config.build()
    assert model(example(architecture.inputs, 2, "meta")).shape == (2, architecture.config.classes)
