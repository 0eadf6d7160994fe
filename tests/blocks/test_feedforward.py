import torch

from archviz.blocks.activation import Tanh
from archviz.blocks.feedforward import FeedForward


def test_two_layers_act_on_each_position_by_itself() -> None:
    part = FeedForward.Config(ratio=3, activation=Tanh.Config()).build(8)
    x = torch.randn(2, 5, 8)
    expected = torch.tanh(x @ part.up.weight.T + part.up.bias) @ part.down.weight.T + part.down.bias
    torch.testing.assert_close(part(x), expected)
    assert part.up.weight.shape == (24, 8)
    torch.testing.assert_close(part(x[:, 2:3]), part(x)[:, 2:3])
