import pytest
import torch
from torch import Tensor, nn
from torchvision.models.swin_transformer import ShiftedWindowAttention

from archviz.blocks.grid_attention import NoPositionBias, RelativePositionBias
from archviz.blocks.window_attention import FixedWindows, ShiftedWindows, WindowAttention, WindowLayoutConfig
from archviz.engine.capture import watching

LAYOUTS: list[WindowLayoutConfig] = [ShiftedWindows.Config(size=4), FixedWindows.Config(size=4)]


def attention(windows: WindowLayoutConfig, layer: int = 1, *, biased: bool = True) -> WindowAttention:
    bias = RelativePositionBias.Config(reach=windows.size - 1) if biased else NoPositionBias.Config()
    part: WindowAttention = WindowAttention.Config(head_width=4, windows=windows, position_bias=bias).build(8, layer)
    return part.eval()


def sources(part: nn.Module, grid: int, row: int, column: int) -> Tensor:
    """Which patches, `h w`, the output at one patch depends on."""
    x = torch.randn(1, grid * grid, 8, requires_grad=True)
    part(x)[0, row * grid + column].sum().backward()
    return (x.grad[0].abs().sum(-1) > 0).view(grid, grid)


@pytest.mark.parametrize("grid", [4, 8, 10, 12])
@pytest.mark.parametrize("layer", [0, 1])
def test_it_is_torchvisions_on_any_grid(grid: int, layer: int) -> None:
    theirs = ShiftedWindowAttention(8, [4, 4], [2 * layer, 2 * layer], 2)
    ours = attention(ShiftedWindows.Config(size=4), layer)
    state = theirs.state_dict()
    renamed = {"position_bias.weight": state["relative_position_bias_table"]}
    for leaf in ("weight", "bias"):
        renamed[f"output.{leaf}"] = state[f"proj.{leaf}"]
        for name, rows in zip(("query", "key", "value"), state[f"qkv.{leaf}"].chunk(3), strict=True):
            renamed[f"{name}.{leaf}"] = rows
    ours.load_state_dict(renamed)
    x = torch.randn(3, grid, grid, 8)
    torch.testing.assert_close(ours(x.flatten(1, 2)), theirs(x).flatten(1, 2), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("windows", LAYOUTS, ids=lambda part: part.kind)
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("grid", [8, 10])
def test_the_fused_kernel_and_the_visible_weights_agree(windows: WindowLayoutConfig, biased: bool, grid: int) -> None:
    part = attention(windows, biased=biased)
    x = torch.randn(3, grid * grid, 8)
    fused = part(x)
    with watching(part, "b h q k") as seen:
        visible = part(x)
    torch.testing.assert_close(fused, visible, atol=1e-5, rtol=1e-4)
    weights = seen["weights"].value
    assert weights.shape == (3 * (-(-grid // 4)) ** 2, 2, 16, 16)
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))


def test_windows_move_in_every_other_layer_only() -> None:
    assert [ShiftedWindows.Config(size=7).offset(layer) for layer in range(4)] == [0, 3, 0, 3]
    assert [FixedWindows.Config(size=7).offset(layer) for layer in range(4)] == [0, 0, 0, 0]


def test_a_patch_sees_its_window_and_nothing_else() -> None:
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[:4, 4:] = True
    assert torch.equal(sources(attention(FixedWindows.Config(size=4)), 8, 3, 4), expected)
    moved = torch.zeros(8, 8, dtype=torch.bool)
    moved[2:6, 2:6] = True
    assert torch.equal(sources(attention(ShiftedWindows.Config(size=4)), 8, 3, 4), moved)


def test_moved_windows_do_not_join_the_ends_of_the_grid() -> None:
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[:2, :2] = True
    assert torch.equal(sources(attention(ShiftedWindows.Config(size=4)), 8, 0, 0), expected)


def test_a_single_window_stays_where_it_is() -> None:
    shifted, fixed = (attention(windows) for windows in LAYOUTS)
    fixed.load_state_dict(shifted.state_dict())
    x = torch.randn(2, 16, 8)
    assert torch.equal(shifted(x), fixed(x))


def test_a_width_that_heads_do_not_divide_is_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="width 48 does not divide into heads of width 32; use 24 or 48"):
        WindowAttention.Config().build(48)
