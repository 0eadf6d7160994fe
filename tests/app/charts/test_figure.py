"""Long lines are thinned, and numbers are written as in a table."""

from app.ui.charts.figure import POINTS, number, thin


def test_long_lines_are_thinned_to_their_ends():
    kept = thin(10_000)
    assert len(kept) == POINTS
    assert (kept[0], kept[-1]) == (0, 9_999)
    assert kept == sorted(set(kept))
    assert thin(7) == list(range(7))


def test_numbers_have_at_most_three_digits_unless_exact():
    assert number(0.123456) == "0.123"
    assert number(1_234_567) == "1,234,567"
    assert number(None) == ""
    assert number("text") == "text"
