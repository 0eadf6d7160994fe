import pytest

from archviz.blocks.divisors import check_divides


@pytest.mark.parametrize(
    ("part", "whole", "use"),
    [(5, 48, "use 4 or 6"), (7, 12, "use 6 or 12"), (4, 7, "use 1 or 7"), (99, 12, "use 12")],
)
def test_the_nearest_divisors_are_suggested(part: int, whole: int, use: str) -> None:
    with pytest.raises(ValueError, match=rf"^so it is; {use}$"):
        check_divides(part, whole, "so it is")


def test_a_divisor_passes() -> None:
    check_divides(6, 48, "so it is")
