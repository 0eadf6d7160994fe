"""An arm has its colour, and nothing else has it."""

from app.ui.charts.colours import ARM_COLORS, arm_scale, series_colors
from tests.app.charts.examples import ARMS


def test_arms_have_their_colours():
    scale = arm_scale(ARMS)["scale"]
    assert scale == {"domain": ["A · identity path", "B · no identity path"], "range": ["#0072B2", "#D55E00"]}


def test_other_lines_do_not_take_an_arms_colour():
    colors = series_colors(["A", "other", "third"])
    assert colors[0] == ARM_COLORS["A"]
    assert not set(colors[1:]) & set(ARM_COLORS.values())
