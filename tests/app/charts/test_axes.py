"""Axes whose bounds are round and hold still."""

from app.ui.charts.axes import span


def test_bounds_are_round_and_hold_still():
    assert span([0.02, 1.9]) == span([0.03, 1.86]) == (0.0, 2.0)
    assert span([]) == (0.0, 1.0)
    low, high = span([0.5, 0.5])
    assert low < 0.5 < high
