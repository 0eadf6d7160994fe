import torch

from archviz.data import border_pairs


def test_the_class_is_whether_the_two_squares_at_the_border_have_one_colour() -> None:
    pairs = border_pairs.DATASET.config.build().load().train
    images, classes = pairs.batch(torch.arange(200))
    cells = images.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2)) > 1  # b 3 8 8
    for cell, same in zip(cells, classes, strict=True):
        sides = [
            (cell[:, 3].any(0), cell[:, 4].any(0), cell[:, 3], cell[:, 4]),
            (cell[:, :, 3].any(0), cell[:, :, 4].any(0), cell[:, :, 3], cell[:, :, 4]),
        ]
        touching = [(a[:, i], b[:, i]) for one, other, a, b in sides for i in (one & other).nonzero().flatten()]
        assert bool(same) in {torch.equal(a, b) for a, b in touching}


def test_no_part_of_the_image_gives_the_answer_away() -> None:
    """In every quarter, and in the whole, each colour is as frequent in one class as in the other."""
    pairs = border_pairs.DATASET.config.build().load().train
    images, classes = pairs.batch(torch.arange(len(pairs)))
    counts = images.unfold(2, 8, 8).unfold(3, 8, 8).mean((-1, -2)).flatten(1)  # b (3 2 2)
    change = counts[classes == 1].mean(0) - counts[classes == 0].mean(0)
    error = counts.std(0) * (2 / len(pairs)) ** 0.5 * 2**0.5
    assert (change.abs() / error).max() < 4
