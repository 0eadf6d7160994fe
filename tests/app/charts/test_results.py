"""Charts of results by type."""

from app.ui.charts.colours import SIGNED
from tests.app.charts.examples import ALL, encodings


def test_signed_values_run_through_grey_at_zero():
    (encoding,) = encodings(ALL["heatmap"].spec)
    assert encoding["color"]["scale"]["domain"] == [-3, 0, 3]
    assert encoding["color"]["scale"]["range"] == list(SIGNED)
