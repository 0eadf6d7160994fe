import pytest
import torch
from torch import Tensor, nn

from archviz.blocks.norm import (
    BatchNorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LocalResponseNorm,
    NoNorm,
    NormConfig,
    RMSNorm,
)

IMAGES = torch.randn(4, 6, 5, 3, generator=torch.Generator().manual_seed(0)) * 3 + 2  # b c h w
ROWS = torch.randn(4, 7, 6, generator=torch.Generator().manual_seed(1)) * 3 + 2  # b l d

# the axes over which mean and variance are taken, of images and of rows; in groups c is split in two first
AXES: list[tuple[NormConfig, tuple[int, ...], tuple[int, ...]]] = [
    (BatchNorm.Config(), (0, 2, 3), (0, 1)),
    (LayerNorm.Config(), (1, 2, 3), (2,)),
    (InstanceNorm.Config(), (2, 3), (1,)),
]


def _standardized(x: Tensor, axes: tuple[int, ...], eps: float = 1e-5) -> Tensor:
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, unbiased=False, keepdim=True) + eps).sqrt()


def _with_random_affine(config: NormConfig) -> nn.Module:
    norm = config.build(6)
    for parameter in norm.parameters():
        nn.init.normal_(parameter, mean=1.0, generator=torch.Generator().manual_seed(2))
    return norm


@pytest.mark.parametrize(("config", "image_axes", "row_axes"), AXES, ids=lambda value: getattr(value, "kind", ""))
def test_mean_and_variance_are_over_the_declared_axes(
    config: NormConfig, image_axes: tuple[int, ...], row_axes: tuple[int, ...]
) -> None:
    norm = _with_random_affine(config)
    g, b = norm.weight, norm.bias
    expected = _standardized(IMAGES, image_axes) * g[:, None, None] + b[:, None, None]
    torch.testing.assert_close(norm(IMAGES), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(norm(ROWS), _standardized(ROWS, row_axes) * g + b, atol=1e-5, rtol=1e-5)


def test_group_norm_is_over_groups_of_channels() -> None:
    norm = _with_random_affine(GroupNorm.Config(groups=2))
    g, b = norm.weight, norm.bias
    images = _standardized(IMAGES.view(4, 2, 3, 5, 3), (2, 3, 4)).view_as(IMAGES)
    rows = _standardized(ROWS.view(4, 7, 2, 3), (3,)).view_as(ROWS)
    torch.testing.assert_close(norm(IMAGES), images * g[:, None, None] + b[:, None, None], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(norm(ROWS), rows * g + b, atol=1e-5, rtol=1e-5)


def test_rms_norm_divides_by_the_root_mean_square() -> None:
    norm = _with_random_affine(RMSNorm.Config())
    images = IMAGES / (IMAGES.square().mean((1, 2, 3), keepdim=True) + 1e-5).sqrt()
    rows = ROWS / (ROWS.square().mean(2, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(norm(IMAGES), images * norm.weight[:, None, None])
    torch.testing.assert_close(norm(ROWS), rows * norm.weight)


def test_local_response_norm_divides_by_the_neighbours_activity() -> None:
    norm = LocalResponseNorm.Config(neighbours=3, k=1.5, alpha=0.2, beta=0.6).build(6)

    def expected(x: Tensor, channels: int) -> Tensor:
        x = x.movedim(channels, 0)
        near = [x[max(0, c - 1) : c + 2].square().sum(0) for c in range(6)]
        return torch.stack([x[c] / (1.5 + 0.2 * near[c]) ** 0.6 for c in range(6)]).movedim(0, channels)

    torch.testing.assert_close(norm(IMAGES), expected(IMAGES, 1))
    torch.testing.assert_close(norm(ROWS), expected(ROWS, 2))
    torch.testing.assert_close(norm(ROWS[:, 0]), expected(ROWS[:, 0], 1))
    assert not list(norm.parameters())


def test_no_norm_passes_values_as_they_are() -> None:
    assert NoNorm.Config().build(6)(IMAGES) is IMAGES


@pytest.mark.parametrize("inputs", [IMAGES, ROWS], ids=["images", "rows"])
def test_only_batch_norm_makes_an_example_depend_on_its_batch(inputs: Tensor) -> None:
    for config in (BatchNorm.Config(), LayerNorm.Config(), GroupNorm.Config(groups=2), InstanceNorm.Config()):
        norm = config.build(6)
        alone, together = norm(inputs[:1]), norm(inputs)[:1]
        assert torch.allclose(alone, together, atol=1e-5) == (not isinstance(norm, BatchNorm))


def test_batch_norm_uses_running_averages_in_evaluation() -> None:
    norm = BatchNorm.Config(momentum=1.0).build(6)
    norm(ROWS)
    rows = (ROWS - ROWS.mean((0, 1))) / (ROWS.var((0, 1)) + 1e-5).sqrt()
    torch.testing.assert_close(norm.eval()(ROWS[:1]), rows[:1], atol=1e-5, rtol=1e-5)


def test_vectors_without_positions_are_normalized_too() -> None:
    for config in (BatchNorm.Config(), LayerNorm.Config(), GroupNorm.Config(groups=2), RMSNorm.Config()):
        assert config.build(6)(ROWS[:, 0]).shape == (4, 6)
    with pytest.raises(ValueError, match="use layer normalization"):
        InstanceNorm.Config().build(6)(ROWS[:, 0])


def test_groups_that_do_not_divide_are_refused_with_advice() -> None:
    with pytest.raises(ValueError, match="12 channels do not divide into 5 groups; use 4 or 6"):
        GroupNorm.Config(groups=5).build(12)


def test_only_norms_with_a_bias_spare_the_convolution_before_them_one() -> None:
    for config in (BatchNorm.Config(), LayerNorm.Config(), GroupNorm.Config(), InstanceNorm.Config()):
        assert config.shifts
        assert "bias" in dict(config.build(8).named_parameters())
    for config in (NoNorm.Config(), RMSNorm.Config()):
        assert not config.shifts
        assert "bias" not in dict(config.build(8).named_parameters())
