import torch

from archviz.core.setup import Inputs
from archviz.engine.example import example


def test_images_have_the_declared_shape_and_are_the_same_every_time() -> None:
    inputs = Inputs(shape=(3, 8, 6))
    first = example(inputs, batch=4)
    assert first.shape == (4, 3, 8, 6)
    assert first.dtype == torch.float32
    assert torch.equal(first, example(inputs, batch=4))


def test_tokens_stay_inside_the_vocabulary() -> None:
    tokens = example(Inputs(shape=(500,), vocabulary=7), batch=2)
    assert tokens.dtype == torch.int64
    assert set(tokens.unique().tolist()) == set(range(7))


def test_on_the_meta_device_there_are_only_shapes() -> None:
    assert example(Inputs(shape=(5,), vocabulary=9), device="meta").is_meta
    huge = example(Inputs(shape=(3, 1_000_000, 1_000_000)), batch=1000, device="meta")
    assert huge.shape[0] == 1000
    assert huge.dtype == torch.float32
