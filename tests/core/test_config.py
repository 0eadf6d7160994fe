"""Configs: trees that are walked, swapped and edited without being changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from archviz.core.config import Config, edit, swap, walk
from archviz.core.record import fingerprint
from tests.core.trees import Branch, Left, Right, anatomy, trees

TREE = Branch.Config(
    part=Left.Config(width=1),
    more=(Left.Config(width=2), Branch.Config(part=Right.Config(width=3))),
    named={"x": Left.Config(width=4)},
)


def test_walk_names_every_part_parents_first() -> None:
    assert [(path, type(part)) for path, part in walk(TREE)] == [
        ("", Branch.Config),
        ("part", Left.Config),
        ("more.0", Left.Config),
        ("more.1", Branch.Config),
        ("more.1.part", Right.Config),
        ("named.x", Left.Config),
    ]


@given(trees())
def test_swapping_all_of_a_kind_leaves_none_and_the_base_as_it_was(tree: Config) -> None:
    before = anatomy(tree)
    changed = swap(tree, Left.Config, lambda left: Right.Config(**dict(left)))
    assert anatomy(tree) == before
    assert not any(isinstance(part, Left.Config) for _, part in walk(changed))
    assert [path for path, _ in walk(changed)] == [path for path, _ in walk(tree)]
    assert [dict(part) for _, part in walk(changed) if not isinstance(part, Branch.Config)] == [
        dict(part) for _, part in walk(tree) if not isinstance(part, Branch.Config)
    ]


@given(trees())
def test_a_swap_that_finds_nothing_gives_the_same_tree(tree: Config) -> None:
    assert swap(tree, Left.Config, Right.Config, where="nowhere") is tree
    assert swap(tree, Config, lambda part: part) is tree


@given(trees(), st.data())
def test_a_swap_at_one_place_changes_only_that_place(tree: Config, data: st.DataObject) -> None:
    path, part = data.draw(st.sampled_from([place for place in walk(tree) if not isinstance(place[1], Branch.Config)]))
    changed = swap(tree, type(part), lambda found: found.replace(width=99), where=path)
    for (old_path, old), (new_path, new) in zip(walk(tree), walk(changed), strict=True):
        assert old_path == new_path
        if old_path == path:
            assert new == old.replace(width=99)
        elif not isinstance(old, Branch.Config):
            assert new is old


def test_a_pattern_limits_a_swap() -> None:
    changed = swap(TREE, Left.Config, lambda left: left.replace(width=9), where="more.*")
    assert {path: part.width for path, part in walk(changed) if isinstance(part, Left.Config)} == {
        "part": 1,
        "more.0": 9,
        "named.x": 4,
    }


def test_parts_below_a_replaced_part_are_replaced_first() -> None:
    changed = swap(TREE, Config, lambda part: part.part if isinstance(part, Branch.Config) else part.replace(width=7))
    assert changed == Left.Config(width=7)


def test_a_replacement_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValidationError):
        swap(TREE, Left.Config, lambda left: "not a config")  # type: ignore[arg-type,return-value]


@given(trees(), st.integers(1, 9))
def test_edit_changes_one_field_of_one_part(tree: Config, width: int) -> None:
    root = Branch.Config(part=Branch.Config(part=Left.Config(), more=(tree,)))
    changed = edit(root, "part.part", width=width)
    assert changed.part.part.width == width
    assert changed.part.more[0] is tree
    assert root.part.part.width == 1
    assert (fingerprint(changed) == fingerprint(root)) == (width == 1)


def test_edit_without_a_path_changes_the_root_and_validates() -> None:
    assert edit(Left.Config(), "", width=5) == Left.Config(width=5)
    with pytest.raises(ValidationError):
        edit(TREE, "part", width=0)


def test_build_makes_the_part_around_the_config() -> None:
    config = Left.Config(width=2)
    built = config.build(3, 4, scale=0.5)
    assert isinstance(built, Left)
    assert (built.config, built.shape, built.scale) == (config, (3, 4), 0.5)


def test_what_is_not_declared_inside_a_part_cannot_be_built() -> None:
    with pytest.raises(TypeError, match="cannot be built"):
        Config().build()


def test_configs_hold_no_infinities() -> None:
    with pytest.raises(ValidationError, match="finite"):
        Left.Config(rate=float("inf"))
