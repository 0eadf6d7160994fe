import torch

from archviz.blocks.pooling import MaxPool, MeanPool, NoPool

IMAGE = torch.arange(16.0).view(1, 1, 4, 4)


def test_each_window_becomes_its_largest_value() -> None:
    assert MaxPool.Config().build()(IMAGE).tolist() == [[[[5.0, 7.0], [13.0, 15.0]]]]


def test_each_window_becomes_its_mean() -> None:
    assert MeanPool.Config().build()(IMAGE).tolist() == [[[[2.5, 4.5], [10.5, 12.5]]]]


def test_windows_overlap_where_the_stride_is_smaller_than_the_size() -> None:
    assert MaxPool.Config(size=3, stride=1).build()(IMAGE).tolist() == [[[[10.0, 11.0], [14.0, 15.0]]]]


def test_no_pooling_passes_the_image_as_it_is() -> None:
    assert NoPool.Config().build()(IMAGE) is IMAGE
