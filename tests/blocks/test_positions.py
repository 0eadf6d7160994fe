import math

import pytest
import torch

from archviz.blocks.positions import LearnedPositions, NoPositions, PositionsConfig, SinusoidalPositions


def test_sinusoids_are_those_of_the_paper() -> None:
    code = SinusoidalPositions.Config().build(20, 8)(torch.zeros(1, 20, 8))[0]
    for position in (0, 1, 7, 19):
        for i in range(4):
            angle = position / 10_000 ** (2 * i / 8)
            assert code[position, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-5)
            assert code[position, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-5)


def test_the_product_of_two_sinusoidal_codes_depends_on_their_distance_alone() -> None:
    code = SinusoidalPositions.Config().build(40, 16)(torch.zeros(1, 40, 16))[0]
    products = code @ code.T
    torch.testing.assert_close(products[3, 8], products[30, 35], atol=1e-4, rtol=1e-4)


def test_nothing_is_learned_or_stored_with_sinusoids() -> None:
    part = SinusoidalPositions.Config().build(20, 8)
    assert not list(part.parameters())
    assert not part.state_dict()


def test_learned_vectors_are_added_by_position() -> None:
    part = LearnedPositions.Config().build(20, 8)
    x = torch.randn(3, 5, 8)
    torch.testing.assert_close(part(x) - x, part.weight[:5].expand(3, 5, 8))


def test_no_positions_pass_values_as_they_are() -> None:
    x = torch.randn(3, 5, 8)
    assert NoPositions.Config().build(20, 8)(x) is x


@pytest.mark.parametrize("config", [LearnedPositions.Config(), SinusoidalPositions.Config()], ids=lambda c: c.kind)
def test_too_long_an_input_is_refused_with_advice(config: PositionsConfig) -> None:
    with pytest.raises(ValueError, match="21 tokens, but this model has only 20 positions; raise its length"):
        config.build(20, 8)(torch.zeros(1, 21, 8))


def test_sinusoids_need_an_even_width() -> None:
    with pytest.raises(ValueError, match="width 9 is odd, but sines and cosines come in pairs; use 8 or 10"):
        SinusoidalPositions.Config().build(20, 9)
