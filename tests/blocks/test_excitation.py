import torch
from torch import nn
from torchvision.ops import SqueezeExcitation as TorchvisionSqueezeExcitation

from archviz.blocks.activation import SiLU
from archviz.blocks.excitation import NoExcitation, SqueezeExcitation
from archviz.engine.capture import watching


def test_it_is_torchvisions() -> None:
    theirs = TorchvisionSqueezeExcitation(12, 2, activation=nn.SiLU)
    ours = SqueezeExcitation.Config(activation=SiLU.Config()).build(12, 8)
    names = {"fc1": "squeeze", "fc2": "excite"}
    ours.load_state_dict(
        {f"{names[key.split('.')[0]]}.{key.split('.')[1]}": v.squeeze() for key, v in theirs.state_dict().items()}
    )
    x = torch.randn(2, 12, 5, 4)
    torch.testing.assert_close(ours(x), theirs(x))


def test_gates_are_what_each_channel_is_multiplied_by() -> None:
    part = SqueezeExcitation.Config().build(12, 8)
    x = torch.randn(2, 12, 5, 4)
    with watching(part, "b c") as seen:
        y = part(x)
    gates = seen["gates"].value
    assert gates.shape == (2, 12) and gates.min() > 0 and gates.max() < 1
    torch.testing.assert_close(y, x * gates[:, :, None, None])


def test_the_layer_between_is_never_empty() -> None:
    assert SqueezeExcitation.Config(reduction=64).build(12, 8).squeeze.out_features == 1


def test_without_excitation_nothing_happens() -> None:
    x = torch.randn(2, 12, 5, 4)
    assert NoExcitation.Config().build(12, 8)(x) is x
