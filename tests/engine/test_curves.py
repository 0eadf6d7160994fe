"""Learning curves over seeds: means only where every running seed has arrived."""

from archviz.engine.compare import interval
from archviz.engine.curves import LossPoint, mean_lines, seed_lines


def points(seed: int, *losses: float) -> list[LossPoint]:
    return [LossPoint(arm="A", x=8.0, seed=seed, step=10 * i, loss=loss) for i, loss in enumerate(losses, 1)]


def test_every_trial_has_its_own_line() -> None:
    lines = seed_lines(points(0, 2.0, 1.0) + points(1, 3.0))
    assert lines["A", 8.0, 0].y == (2.0, 1.0)
    assert lines["A", 8.0, 1].x == (10.0,)


def test_the_mean_stops_where_the_slowest_seed_is() -> None:
    line = mean_lines(points(0, 2.0, 1.0, 0.5) + points(1, 4.0, 3.0))["A", 8.0]
    assert line.x == (10.0, 20.0) and line.y == (3.0, 2.0)
    assert line.low is not None and line.high is not None
    assert (line.low[0], line.high[0]) == interval([2.0, 4.0])


def test_losses_that_exploded_are_left_out() -> None:
    line = mean_lines(points(0, 2.0, float("inf")) + points(1, 4.0, float("nan")))["A", 8.0]
    assert line.x == (10.0,)
