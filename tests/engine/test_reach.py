import pytest
import torch

from archviz.blocks.window_attention import FixedWindows, ShiftedWindows
from archviz.core.config import swap
from archviz.engine.initialize import initialize
from archviz.engine.reach import arrival, felt
from archviz.models.swin import Swin, small_swin
from archviz.models.vit import small_vit


def model(config: Swin.Config) -> Swin:
    built: Swin = config.build()
    initialize(built, 0)
    return built


def fixed(config: Swin.Config) -> Swin.Config:
    return swap(config, ShiftedWindows.Config, lambda windows: FixedWindows.Config(size=windows.size))


@pytest.mark.parametrize("place", [(0, 0), (3, 3), (5, 2)])
def test_in_fixed_windows_nothing_is_heard_of_other_windows(place: tuple[int, int]) -> None:
    first = arrival(model(fixed(small_swin())), torch.randn(1, 3, 16, 16), *place)
    top, left = (4 * (at // 4) for at in place)
    inside = torch.zeros(8, 8, dtype=torch.bool)
    inside[top : top + 4, left : left + 4] = True
    assert torch.equal(first.isfinite(), inside)
    assert first[place] == 0 and (first[inside] <= 1).all()


def test_one_shift_brings_news_from_everywhere_to_the_corner_of_a_window() -> None:
    first = arrival(model(small_swin(depths=(2,))), torch.randn(1, 3, 16, 16), 3, 3)
    assert (first <= 1).sum() == 16
    assert (first <= 2).sum() == 64


def test_the_corner_of_the_image_hears_of_it_all_one_layer_later() -> None:
    first = arrival(model(small_swin()), torch.randn(1, 3, 16, 16), 0, 0)
    assert (first <= 2).sum() == 16
    assert (first <= 4).sum() > 16


def test_global_attention_reaches_everything_at_once() -> None:
    built = small_vit().build()
    initialize(built, 0)
    assert (arrival(built, torch.randn(1, 1, 16, 16), 1, 1) <= 1).all()


def test_a_map_counts_the_layers_in_which_a_patch_is_felt() -> None:
    first = torch.tensor([0, 1, 2, 3, float("inf")])
    assert felt(first, 3).tolist() == [3, 3, 2, 1, 0]
