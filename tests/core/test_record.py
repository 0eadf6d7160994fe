"""Records: frozen, self-describing, the same after a journey through JSON, and never mistaken for one another."""

import math
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from archviz.core.config import Config
from archviz.core.record import KINDS, Record, fingerprint, reason
from archviz.core.results import Observation, Verdict
from tests.core.trees import Branch, Left, Right, anatomy, trees


@given(trees())
def test_json_gives_back_the_same_record(tree: Config) -> None:
    again = Config.model_validate_json(tree.model_dump_json())
    assert again == tree
    assert anatomy(again) == anatomy(tree)


@given(trees(), trees())
def test_fingerprints_are_equal_exactly_when_the_records_are(one: Config, other: Config) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (anatomy(one) == anatomy(other))


def test_a_class_name_alone_makes_a_difference() -> None:
    left, right = Branch.Config(part=Left.Config(width=3)), Branch.Config(part=Right.Config(width=3))
    assert dict(left.part) == dict(right.part)
    assert fingerprint(left) != fingerprint(right)


def test_fingerprints_do_not_change_between_processes() -> None:
    tree = Branch.Config(part=Left.Config(width=3), more=(Right.Config(note="x"),))
    program = (
        "from archviz.core.record import fingerprint\n"
        "from tests.core.trees import Branch, Left, Right\n"
        "print(fingerprint(Branch.Config(part=Left.Config(width=3), more=(Right.Config(note='x'),))))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == fingerprint(tree)
    assert re.fullmatch("[0-9a-f]{20}", fingerprint(tree))


def test_nothing_about_a_record_can_be_changed() -> None:
    left = Left.Config(width=3)
    with pytest.raises(ValidationError, match="frozen"):
        left.width = 4
    with pytest.raises(ValidationError, match="Extra inputs"):
        Left.Config(widht=3)


def test_replace_validates_and_leaves_the_old_record() -> None:
    left = Left.Config(width=3)
    assert left.replace(width=4) == Left.Config(width=4)
    assert left.width == 3
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        left.replace(width=0)


@pytest.mark.parametrize("kind", ["Nonsense", "", "os.system", 3])
def test_an_unknown_kind_is_refused_in_one_sentence(kind: object) -> None:
    with pytest.raises(ValidationError, match=f"unknown kind {kind!r}; this version of archviz does not have it"):
        Config.model_validate({"kind": kind})


def test_a_kind_that_does_not_belong_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected a Left, got a Right"):
        Left.Config.model_validate({"kind": "Right"})


def test_a_name_is_given_only_once() -> None:
    assert KINDS["Left"] is Left.Config
    with pytest.raises(TypeError, match=r"two kinds named 'Left': .* rename one"):
        type("Left.Config", (Config,), {"__qualname__": "Left.Config", "__module__": "elsewhere"})
    assert KINDS["Left"] is Left.Config


@given(st.floats())
def test_measured_values_survive_json_even_when_they_are_not_finite(value: float) -> None:
    row = Observation(arm="A", seed=0, metric="train_loss", value=value)
    again = Record.model_validate_json(row.model_dump_json())
    assert isinstance(again, Observation)
    assert again.value == value or (math.isnan(again.value) and math.isnan(value))


def test_results_read_back_as_what_they_were() -> None:
    verdict = Verdict(
        title="t", claim="c", outcome="inconclusive", effect=None, interval=None, n=1, sentence="Too few runs."
    )
    assert type(Record.model_validate_json(verdict.model_dump_json())) is Verdict


def test_reason_is_pydantics_message_without_its_framing() -> None:
    with pytest.raises(ValidationError) as refused:
        Left.Config(width=0)
    assert reason(refused.value) == "width must be at least 1, not 0"
    with pytest.raises(ValidationError) as unknown:
        Config.model_validate({"kind": "Nonsense"})
    assert reason(unknown.value) == "unknown kind 'Nonsense'; this version of archviz does not have it"
    assert reason(ValueError("plain")) == "plain"
