"""A chart over layers shows what its axis can."""

from tests.app.charts.examples import ALL


def test_a_logarithmic_profile_leaves_zeros_out():
    assert ALL["profile"].columns["value"] == [0.1, 2.0]
    assert ALL["profile"].columns["layer"] == [1, 3]
