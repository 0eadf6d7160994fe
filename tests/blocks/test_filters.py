import pytest
import torch
from torch import nn

from archviz.blocks.activation import NoActivation, Tanh
from archviz.blocks.filters import (
    ConvLayer,
    FactorizedFilter,
    FilterConfig,
    SquareFilter,
    StackedFilter,
    check_odd,
)
from archviz.blocks.norm import BatchNorm, NoNorm

PLAIN = ConvLayer.Config(norm=NoNorm.Config(), activation=NoActivation.Config())
FILTERS = [SquareFilter.Config(), FactorizedFilter.Config(), StackedFilter.Config()]


def _weights(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters() if p.dim() == 4)


@pytest.mark.parametrize("size", [3, 5, 7, 9])
def test_weights_are_as_the_formulas_say(size: int) -> None:
    m, n = 6, 10
    square, factorized, stacked = (config.build(m, n, size, PLAIN) for config in FILTERS)
    assert _weights(square) == size**2 * m * n
    assert _weights(factorized) == size * m * m + size * m * n
    assert _weights(stacked) == 9 * (size - 3) // 2 * m * m + 9 * m * n


@pytest.mark.parametrize("config", FILTERS, ids=lambda config: config.kind)
@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("column_first", [False, True])
def test_all_filters_see_exactly_n_by_n(config: FilterConfig, size: int, column_first: bool) -> None:
    model = config.build(2, 3, size, PLAIN, column_first=column_first)
    image = torch.randn(1, 2, 15, 15, requires_grad=True)
    y = model(image)
    assert y.shape == (1, 3, 15, 15)
    y[0, :, 7, 7].sum().backward()
    seen = (image.grad[0].abs().sum(0) > 0).nonzero()  # rows and columns of the pixels that matter
    assert seen.min(0).values.tolist() == [7 - size // 2] * 2
    assert seen.max(0).values.tolist() == [7 + size // 2] * 2
    assert len(seen) == size**2


def test_a_row_and_a_column_make_a_filter_of_rank_one() -> None:
    model = FactorizedFilter.Config().build(1, 1, 5, PLAIN)
    impulse = torch.zeros(1, 1, 9, 9)
    impulse[0, 0, 4, 4] = 1
    with torch.no_grad():
        answer = (model(impulse) - model(torch.zeros_like(impulse)))[0, 0, 2:7, 2:7]
    assert torch.linalg.matrix_rank(answer, rtol=1e-4) == 1


def test_rows_come_first_unless_the_column_should() -> None:
    config = FactorizedFilter.Config()
    assert [layer.conv.kernel_size for layer in config.build(2, 3, 7, PLAIN)] == [(1, 7), (7, 1)]
    assert [layer.conv.kernel_size for layer in config.build(2, 3, 7, PLAIN, column_first=True)] == [(7, 1), (1, 7)]


def test_a_layer_is_convolution_norm_activation() -> None:
    layer = ConvLayer.Config(norm=BatchNorm.Config(), activation=Tanh.Config()).build(2, 3, (1, 3), stride=2)
    x = torch.randn(2, 2, 8, 8)
    expected = torch.tanh(layer.norm(nn.functional.conv2d(x, layer.conv.weight, stride=2, padding=(0, 1))))
    torch.testing.assert_close(layer(x), expected)
    assert layer.conv.bias is None
    assert PLAIN.build(2, 3).conv.bias is not None


def test_a_filter_without_a_middle_is_refused() -> None:
    with pytest.raises(ValueError, match="size 4 has no middle; use 3 or 5"):
        check_odd(4)
