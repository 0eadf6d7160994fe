import pytest
import torch
import torch.nn.functional as F
from torch import nn

from archviz.blocks.activation import NoActivation
from archviz.blocks.norm import BatchNorm, GroupNorm, NoNorm
from archviz.blocks.separable import ConvolutionLayerConfig, DepthwiseSeparable, FullConvolution

LAYERS: list[ConvolutionLayerConfig] = [FullConvolution.Config(), DepthwiseSeparable.Config()]


@pytest.mark.parametrize("config", LAYERS, ids=lambda part: part.kind)
@pytest.mark.parametrize("size", [1, 3, 5, 7])
@pytest.mark.parametrize("stride", [1, 2])
def test_layers_keep_or_halve_height_and_width(config: ConvolutionLayerConfig, size: int, stride: int) -> None:
    layer = config.replace(size=size).build(4, 6, stride)
    assert layer(torch.randn(2, 4, 8, 12)).shape == (2, 6, 8 // stride, 12 // stride)


@pytest.mark.parametrize(("inputs", "outputs", "size"), [(8, 16, 3), (32, 64, 3), (16, 16, 5)])
def test_the_cost_ratio_is_that_of_the_paper(inputs: int, outputs: int, size: int) -> None:
    def weights(config: ConvolutionLayerConfig) -> int:
        layer = config.replace(size=size).build(inputs, outputs)
        return sum(p.numel() for p in layer.parameters() if p.dim() == 4)

    full, separable = weights(FullConvolution.Config()), weights(DepthwiseSeparable.Config())
    assert separable / full == pytest.approx(1 / outputs + 1 / size**2)


def test_two_steps_are_one_full_convolution_with_a_product_of_filters() -> None:
    """Without anything between them: full[n, m] = pointwise[n, m] depthwise[m]."""
    config = DepthwiseSeparable.Config(norm=NoNorm.Config(), activation=NoActivation.Config())
    layer = config.build(4, 6)
    nn.init.zeros_(layer.depthwise.bias)
    x = torch.randn(2, 4, 8, 8)
    full = layer.pointwise.weight * layer.depthwise.weight[:, 0]  # n m 1 1 and m k k -> n m k k
    torch.testing.assert_close(layer(x), F.conv2d(x, full, layer.pointwise.bias, padding=1))


def test_in_the_first_step_channels_do_not_see_each_other() -> None:
    layer = DepthwiseSeparable.Config().build(4, 6)
    x = torch.randn(1, 4, 8, 8)
    other = x.clone()
    other[:, 2] += 1
    changed = (layer.depthwise(x) - layer.depthwise(other)).abs().amax((0, 2, 3)) > 0
    assert changed.tolist() == [False, False, True, False]


@pytest.mark.parametrize("config", LAYERS, ids=lambda part: part.kind)
def test_convolutions_get_a_bias_only_without_a_norm(config: ConvolutionLayerConfig) -> None:
    def biases(layer: nn.Module) -> set[str]:
        return {
            name for name, _ in layer.named_parameters() if name in ("conv.bias", "depthwise.bias", "pointwise.bias")
        }

    assert not biases(config.replace(norm=BatchNorm.Config()).build(4, 6))
    assert biases(config.replace(norm=NoNorm.Config()).build(4, 6))


def test_norms_that_do_not_fit_are_refused_with_advice() -> None:
    norm = GroupNorm.Config(groups=3)
    FullConvolution.Config(norm=norm).check(4, 6)
    with pytest.raises(ValueError, match="4 channels do not divide into 3 groups; use 2 or 4"):
        DepthwiseSeparable.Config(norm=norm).check(4, 6)
