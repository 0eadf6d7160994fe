import pytest
import torch
from torchvision.models._utils import _make_divisible

from archviz.blocks.inverted_residual import InvertedResidual, InvertedStage, scaled_width


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("expansion", [1, 4])
def test_blocks_are_wide_inside_and_map_shapes(size: int, stride: int, expansion: int) -> None:
    block = InvertedResidual.Config().build(4, 6, expansion=expansion, size=size, stride=stride)
    assert block(torch.randn(2, 4, 8, 12)).shape == (2, 6, 8 // stride, 12 // stride)
    assert block.depthwise.conv.weight.shape == (4 * expansion, 1, size, size)


def test_a_stage_has_a_block_for_each_place_and_one_width() -> None:
    config = InvertedStage.Config(width=6, depth=3, stride=2)
    stage = config.build(4, InvertedResidual.Config(), [0.0, 0.25, 0.5])
    assert [block.project.conv.out_channels for block in stage] == [6, 6, 6]
    assert [block.depthwise.conv.stride for block in stage] == [(2, 2), (1, 1), (1, 1)]
    assert stage(torch.randn(2, 4, 8, 8)).shape == (2, 6, 4, 4)


@pytest.mark.parametrize(
    ("width", "factor", "multiple", "expected"),
    [
        (32, 1.0, 8, 32),
        (16, 1.1, 8, 16),  # 17.6 is nearer to 16
        (24, 0.35, 8, 8),  # never less than one multiple
        (12, 0.91, 8, 16),  # 10.9 to 8 would be down by more than a tenth
        (12, 0.91, 1, 11),
    ],
)
def test_widths_are_rounded_like_torchvisions(width: int, factor: float, multiple: int, expected: int) -> None:
    assert scaled_width(width, factor, multiple) == expected == _make_divisible(width * factor, multiple)


def test_scaled_stages_round_blocks_up() -> None:
    stage = InvertedStage.Config(width=40, depth=2).scaled(1.4, 1.8, 8)
    assert (stage.width, stage.depth) == (56, 4)
