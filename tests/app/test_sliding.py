"""The three panels of a sliding window: right numbers, and a spec that is plain JSON."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ui import sliding
from archviz.core.results import Sliding
from archviz.engine.sliding import rows, slide


def shown(stride: int = 1, padding: int = 0, size: int = 3) -> Sliding:
    image = np.arange(49, dtype=np.float32).reshape(7, 7) / 49
    kernel = np.ones((size, size), np.float32)
    return Sliding(
        title="t",
        image=rows(image),
        kernel=rows(kernel),
        output=rows(slide(image, kernel, stride, padding)),
        stride=stride,
        padding=padding,
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(0, 3), st.integers(1, 5))
def test_the_window_that_the_spec_cuts_out_gives_the_output(stride: int, padding: int, size: int) -> None:
    result = shown(stride, padding, size)
    spec = json.loads(json.dumps(sliding.spec(result)))
    pixels, step = (parameter["value"] for parameter in spec["params"])
    for i, row in enumerate(result.output):
        for j, value in enumerate(row):
            window = [pixels[i * step + a][j * step + b] for a in range(size) for b in range(size)]
            assert abs(sum(window) - value) < 1e-3


def test_padding_is_drawn_apart_and_every_cell_can_be_pointed_at() -> None:
    result = shown(padding=2)
    image, _, output = sliding.spec(result)["hconcat"]
    cells = image["data"]["values"]
    assert len(cells) == 11 * 11
    assert sum(not cell["padding"] for cell in cells) == 49
    assert {(cell["i"], cell["j"]) for cell in output["data"]["values"]} == {(i, j) for i in range(9) for j in range(9)}


def test_one_without_sight_is_told_and_has_the_numbers() -> None:
    assert sliding.alt(shown()) == "t: a window of 3 by 3 slides over the image and gives an output of 5 by 5"
    table = sliding.table(shown())
    assert len(table["row"]) == 5 and len(table) == 6
