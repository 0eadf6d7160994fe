"""Learning curves stand on axes that do not move."""

from app.ui.charts import learning
from archviz.core.results import Series
from tests.app.charts.examples import ALL, EXPECTED


def test_the_spec_of_a_live_chart_does_not_change_with_its_rows():
    line = Series(name="A", x=(1, 2, 3), y=(2, 1.5, 1))
    later = learning.losses(EXPECTED, {("A", 0): line}, {"A": line.replace(low=(1, 1, 1), high=(4, 4, 4))})
    assert later.spec == ALL["losses"].spec == learning.losses(EXPECTED, {}, {}).spec
    assert later.columns != ALL["losses"].columns


def test_a_start_far_above_guessing_is_on_the_chart():
    high = Series(name="A", x=(1, 2, 3), y=(20, 3, 1))
    spec = learning.losses(EXPECTED, {("A", 0): high}, {}).spec
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"][1] > 20
