"""Divisors: what to suggest when one number does not divide another."""


def check_divides(part: int, whole: int, sentence: str) -> None:
    """Raise ValueError unless `part` divides `whole`; the nearest numbers that do are added to the sentence.

    >>> check_divides(5, 48, "width 48 does not divide into 5 heads")
    Traceback (most recent call last):
    ValueError: width 48 does not divide into 5 heads; use 4 or 6
    """
    if whole % part == 0:
        return
    divisors = [n for n in range(1, whole + 1) if whole % n == 0]
    near = [max(n for n in divisors if n < part), *(n for n in divisors if n > part)][:2]
    raise ValueError(f"{sentence}; use {' or '.join(map(str, near))}")
