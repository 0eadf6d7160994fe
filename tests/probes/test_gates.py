"""The gates probe reads what squeeze and excitation multiplies by."""

import torch
from torch import nn

from archviz.core.results import Heatmap, Profile
from archviz.core.tap import Capture, TapValue
from archviz.engine.capture import capture, fits
from archviz.models.efficientnet import small_efficientnet
from archviz.models.mobilenet_v2 import small_mobilenet_v2
from archviz.probes import gates


def seen(**values: torch.Tensor) -> Capture:
    taps = {f"{name}.gates": TapValue("b c", value) for name, value in values.items()}
    return Capture(nn.Identity(), {**taps, "other": TapValue("b c h w", torch.zeros(2, 3, 1, 1))})


def test_it_shows_the_first_and_the_last_layer_and_a_profile_of_all() -> None:
    first = torch.tensor([[0.1, 0.9, 0.5], [0.1, 0.5, 0.5]])
    middle, last = torch.full((2, 4), 0.5), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    one, other, mean, spread = gates.read(seen(first=first, middle=middle, last=last))
    assert isinstance(one, Heatmap) and isinstance(other, Heatmap)
    assert (one.title, other.title) == ("first", "last")
    torch.testing.assert_close(torch.tensor(one.values), first)
    assert isinstance(mean, Profile) and isinstance(spread, Profile)
    assert mean.layers == spread.layers == ("first", "middle", "last")
    torch.testing.assert_close(torch.tensor(mean.values), torch.tensor([2.6 / 6, 0.5, 0.5]))
    expected = torch.tensor([first.std(0).mean(), 0.0, last.std(0).mean()])
    torch.testing.assert_close(torch.tensor(spread.values), expected)


def test_one_layer_is_shown_once_and_one_example_has_no_spread() -> None:
    results = gates.read(seen(only=torch.rand(1, 3)))
    assert [type(result) for result in results] == [Heatmap, Profile]


def test_without_gates_there_is_nothing_to_show() -> None:
    assert gates.read(seen()) == ()


def test_it_is_offered_where_there_is_excitation_and_reads_it() -> None:
    model = small_efficientnet().build()
    assert fits(gates.PROBE, model)
    assert not fits(gates.PROBE, small_mobilenet_v2().build())
    found = capture(model, (torch.randn(3, 1, 14, 14), torch.zeros(3)), gates.AXES)
    results = gates.read(found)
    assert len(results) == 4
    assert all(
        0 < value < 1 for result in results if isinstance(result, Heatmap) for row in result.values for value in row
    )
