"""The Python manual: characters in, tokens out and back, and stretches that never overlap."""

import string

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from archviz.core.samples import Windows
from archviz.data.python_docs import ALPHABET, SIZES, PythonDocs, decode, encode


def stretches(length: int) -> list[Windows]:
    splits = PythonDocs.Config(length=length).build().load()
    return [splits.train, splits.validation, splits.test]  # type: ignore[list-item]


@given(st.text(alphabet=ALPHABET))
def test_text_survives_the_journey(text: str) -> None:
    assert decode(encode(text)) == text


def test_typography_becomes_plain_and_the_rest_a_question_mark() -> None:
    assert decode(encode("“it’s” – 20…30 °C")) == '"it\'s" - 20...30 ?C'


def test_the_alphabet_is_that_of_a_plain_keyboard_whatever_pythons_version() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 96
    assert set(string.ascii_letters + string.digits + string.punctuation + " \n") == set(ALPHABET)


def test_stretches_follow_each_other_in_the_text() -> None:
    from pydoc_data.topics import topics

    tokens = torch.cat([part.tokens for part in stretches(8)])
    assert tuple(len(part.tokens) for part in stretches(8)) == SIZES
    assert torch.equal(tokens, encode("\n".join(topics[name] for name in sorted(topics)))[: sum(SIZES)])


@given(st.integers(2, 128), st.sampled_from((0, 1, 2)), st.data())
def test_a_window_asks_for_the_next_character_within_its_stretch(length: int, which: int, data: st.DataObject) -> None:
    part = stretches(length)[which]
    start = data.draw(st.integers(0, len(part) - 1) | st.just(len(part) - 1))
    inputs, targets = part.batch(torch.tensor([start]))
    assert inputs.shape == targets.shape == (1, length)
    assert torch.equal(inputs[0], part.tokens[start : start + length])
    assert torch.equal(targets[0], part.tokens[start + 1 : start + length + 1])


def test_it_reads_like_the_manual() -> None:
    inputs, _ = stretches(200)[0].batch(torch.tensor([0]))
    assert decode(inputs[0]).startswith('The "assert" statement\n')


@pytest.mark.parametrize("length", [0, 1, 5000])
def test_windows_have_a_sensible_length(length: int) -> None:
    with pytest.raises(ValidationError, match="length"):
        PythonDocs.Config(length=length)
