"""The perceptron has the published size and no idea of where pixels are."""

import pytest
import torch

from archviz.core.size import parameters
from archviz.engine.cost import cost
from archviz.engine.initialize import initialize
from archviz.models.mlp import MLP, MODELS, small_mlp
from archviz.models.vgg import tiny_cnn
from archviz.models.vit import small_vit


def test_lenet_300_100_is_as_large_as_published() -> None:
    paper = next(model for model in MODELS if model.name == "lenet-300-100")
    assert parameters(paper.config) == 266_610
    assert cost(paper.config, paper.inputs).macs == 784 * 300 + 300 * 100 + 100 * 10


def test_it_equals_the_same_layers_of_torch() -> None:
    config = small_mlp()
    model = config.build()
    initialize(model, 3)
    weights = [parameter.detach() for parameter in model.parameters()]
    x = torch.randn(5, 1, 16, 16)
    h = x.reshape(5, -1)
    for weight, bias in zip(weights[:4:2], weights[1:4:2], strict=True):
        h = (h @ weight.T + bias).clamp(min=0)
    torch.testing.assert_close(model(x), h @ weights[4].T + weights[5])


def test_shuffling_pixels_and_weights_alike_changes_nothing() -> None:
    model = small_mlp().build()
    x, order = torch.randn(4, 1, 16, 16), torch.randperm(256)
    before = model(x)
    with torch.no_grad():
        first = next(model.parameters())
        first.copy_(first[:, order])
    torch.testing.assert_close(model(x.flatten(1)[:, order].view_as(x)), before)


def test_the_three_networks_of_the_introduction_are_of_one_size() -> None:
    sizes = [parameters(config) for config in (tiny_cnn(), small_mlp(), small_vit())]
    assert sizes == [17_970, 18_154, 18_538]


def test_an_impossible_layer_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        small_mlp(hidden=(8, 0))
    assert isinstance(small_mlp(), MLP.Config)
