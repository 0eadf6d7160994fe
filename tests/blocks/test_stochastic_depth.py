import pytest
import torch
from torchvision.ops import StochasticDepth as TorchvisionStochasticDepth

from archviz.blocks.stochastic_depth import NoStochasticDepth, StochasticDepth


def test_the_same_random_numbers_leave_out_the_same_branches_as_torchvision() -> None:
    x = torch.randn(64, 3, 2, 2)
    torch.manual_seed(0)
    ours = StochasticDepth.Config(rate=0.4).build(0.5)(x)
    torch.manual_seed(0)
    theirs = TorchvisionStochasticDepth(0.2, "row")(x)
    torch.testing.assert_close(ours, theirs)
    left_out = (ours == 0).flatten(1).all(1)
    assert 0 < left_out.sum() < 64
    torch.testing.assert_close(ours[~left_out], x[~left_out] / 0.8)


@pytest.mark.parametrize("shape", [(4096, 1, 1, 1), (4096, 1, 1)])
def test_the_mean_is_kept_for_images_and_tokens(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    kept = StochasticDepth.Config(rate=0.25).build(1.0)(torch.ones(shape))
    assert kept.mean().item() == pytest.approx(1, abs=0.04)
    assert kept.unique().tolist() == [0, pytest.approx(1 / 0.75)]


def test_the_first_block_and_evaluation_leave_nothing_out() -> None:
    x = torch.randn(64, 3)
    assert torch.equal(StochasticDepth.Config().build(0.0)(x), x)
    assert torch.equal(StochasticDepth.Config().build(1.0).eval()(x), x)
    assert torch.equal(NoStochasticDepth.Config().build(1.0)(x), x)
