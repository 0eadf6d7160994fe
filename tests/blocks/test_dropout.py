import torch

from archviz.blocks.dropout import Dropout, NoDropout


def test_dropout_keeps_the_mean_and_drops_the_declared_share() -> None:
    torch.manual_seed(0)
    dropped = Dropout.Config(rate=0.3).build()(torch.ones(100_000))
    assert abs((dropped == 0).float().mean().item() - 0.3) < 0.01
    assert abs(dropped.mean().item() - 1) < 0.01


def test_nothing_is_dropped_in_evaluation_or_without_dropout() -> None:
    ones = torch.ones(1000)
    assert torch.equal(Dropout.Config(rate=0.3).build().eval()(ones), ones)
    assert torch.equal(NoDropout.Config().build().train()(ones), ones)
    assert NoDropout.Config().build().p == 0
