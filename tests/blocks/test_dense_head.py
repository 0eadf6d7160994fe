import pytest
import torch
from pydantic import ValidationError

from archviz.blocks.activation import Tanh
from archviz.blocks.dense_head import DenseHead
from archviz.blocks.dropout import Dropout


def test_layers_follow_each_other() -> None:
    head = DenseHead.Config(hidden=(7, 6), activation=Tanh.Config()).build(5, 3).eval()
    x = torch.randn(4, 5)
    first, second = (layer.linear for layer in head.hidden)
    expected = head.output(torch.tanh(second(torch.tanh(first(x)))))
    torch.testing.assert_close(head(x), expected)
    assert [linear.out_features for linear in (first, second, head.output)] == [7, 6, 3]


def test_without_hidden_layers_it_is_one_matrix() -> None:
    head = DenseHead.Config(hidden=()).build(5, 3)
    assert sum(p.numel() for p in head.parameters()) == 5 * 3 + 3


def test_hidden_units_are_dropped_at_the_rate_and_logits_never() -> None:
    torch.manual_seed(0)
    head = DenseHead.Config(hidden=(1000,), dropout=Dropout.Config(rate=0.3)).build(5, 3)
    with torch.no_grad():
        head.hidden[0].linear.bias.fill_(1)
        head.hidden[0].linear.weight.zero_()
        head.output.bias.fill_(1)
        head.output.weight.zero_()
    x = torch.ones(1, 5)
    assert (head.hidden(x) == 0).float().mean().item() == pytest.approx(0.3, abs=0.05)
    assert head(x).tolist() == [[1.0, 1.0, 1.0]]


def test_an_empty_layer_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least one unit"):
        DenseHead.Config(hidden=(8, 0))
