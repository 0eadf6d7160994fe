"""The cost of separable convolutions: counted in layers, and equal to the formula."""

import pytest

from archviz.engine.separable_cost import WIDTHS, counted, formula, ratio_curve


@pytest.mark.parametrize("inputs", [1, 16, 100])
@pytest.mark.parametrize("outputs", [1, 8, 512])
@pytest.mark.parametrize("size", [1, 3, 5])
def test_layers_cost_what_the_paper_says(inputs: int, outputs: int, size: int) -> None:
    full, separable = counted(inputs, outputs, size, side=6)  # type: ignore[arg-type]
    assert full == 36 * size**2 * inputs * outputs
    assert separable == 36 * (size**2 * inputs + inputs * outputs)
    assert separable / full == pytest.approx(formula(outputs, size), rel=1e-12)


def test_the_curve_has_the_count_on_the_formula() -> None:
    says, found, limit = ratio_curve(3, 16).series
    assert says.x == found.x == WIDTHS
    assert found.y == pytest.approx(says.y, rel=1e-12)
    assert all(share > least for share, least in zip(found.y, limit.y, strict=True))
    assert found.y[-1] == pytest.approx(limit.y[-1], rel=0.01)
