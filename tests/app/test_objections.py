"""Why what is on the lanes cannot be compared, in sentences."""

from app import objections
from archviz import catalog
from archviz.core.spec import Experiment
from archviz.tweaks import no_batch_norm


def declared() -> Experiment:
    _, experiment = catalog.experiment("residual/identity")
    return experiment


def test_what_the_book_declares_can_be_compared():
    for chapter in catalog.chapters():
        for experiment in chapter.experiments:
            assert not objections.of_lanes(experiment)
            assert objections.nothing_to_compare(experiment) is None


def test_a_lane_whose_tweak_finds_nothing_to_change_is_named_with_the_reason():
    twice = declared().with_lanes({"B": (no_batch_norm.TWEAK, no_batch_norm.TWEAK)})
    assert list(objections.of_lanes(twice)) == ["B"]
    assert "it needs" in objections.of_lanes(twice)["B"]


def test_equal_arms_are_nothing_to_compare():
    same = declared().with_lanes({"B": ()})
    assert objections.nothing_to_compare(same) == "A and B are the same: put a tweak on one of them."


def test_a_tweak_of_another_kind_of_network_says_why_it_cannot_be_used():
    reasons = {tweak.slug: objections.to_tweak(tweak, declared()) for tweak in catalog.tweaks()}
    assert reasons[no_batch_norm.TWEAK.slug] is None
    assert any(reason is not None and "it needs" in reason for reason in reasons.values())
