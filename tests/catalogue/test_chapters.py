"""What every chapter, tweak, probe and experiment promises, over everything that is discovered."""

import pytest
import torch

from archviz import catalog
from archviz.core.book import page
from archviz.core.events import Finished, Probed
from archviz.core.record import fingerprint
from archviz.core.results import Curve, Heatmap, Images, Profile, Table
from archviz.core.setup import Setup
from archviz.core.spec import Chapter, Experiment, NotApplicable, Probe, Train, Tweak
from archviz.engine.capture import fits
from archviz.engine.demonstrate import untrained
from archviz.engine.train import run_trial

CHAPTERS = catalog.chapters()
EXPERIMENTS = [(chapter, experiment) for chapter in CHAPTERS for experiment in chapter.experiments]
TWEAKS = [(chapter, tweak) for chapter in CHAPTERS for tweak in chapter.tweaks]


def name(pair: tuple[Chapter, Tweak | Experiment]) -> str:
    return f"{pair[0].slug}/{pair[1].slug}"


def bases(chapter: Chapter) -> list[Setup]:
    """The different setups that the chapter's experiments start from."""
    return list({fingerprint(experiment.base): experiment.base for experiment in chapter.experiments}.values())


def short(setup: Setup) -> Setup:
    return setup.replace(recipe=setup.recipe.replace(steps=3, batch_size=8))


def attempt(tweak: Tweak, setup: Setup) -> tuple[Setup | None, str]:
    """The changed setup, or none and why not."""
    try:
        return tweak(setup), ""
    except NotApplicable as refusal:
        return None, str(refusal)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.slug)
def test_a_chapter_is_a_page_of_the_book_with_something_to_run(chapter: Chapter) -> None:
    assert page(chapter.slug).prose
    assert chapter.experiments and chapter.tweaks and chapter.architectures and chapter.probes
    slugs = [experiment.slug for experiment in chapter.experiments]
    assert len(set(slugs)) == len(slugs)
    used = {tweak.slug for e in chapter.experiments for arm in e.arms for tweak in arm.tweaks}
    assert used <= {tweak.slug for tweak in chapter.tweaks}, "the lanes must offer what the experiments use"


@pytest.mark.parametrize("pair", TWEAKS, ids=name)
def test_a_tweak_changes_a_setup_and_nothing_else(pair: tuple[Chapter, Tweak]) -> None:
    chapter, tweak = pair
    applied = 0
    for base in bases(chapter):
        before = base.model_dump_json()
        changed, refusal = attempt(tweak, base)
        assert base.model_dump_json() == before
        if changed is None:
            assert refusal.endswith(".") and "\n" not in refusal
            continue
        applied += 1
        assert fingerprint(changed) != fingerprint(base)
        assert Setup.model_validate_json(changed.model_dump_json()) == changed
        with torch.no_grad():
            model, (inputs, _) = untrained(base)
            other, (other_inputs, _) = untrained(changed)
            assert other_inputs.shape == inputs.shape
            assert other(inputs[:2]).shape == model(inputs[:2]).shape
    assert applied, "no experiment of its chapter can use it"


@pytest.mark.parametrize("tweak", catalog.tweaks(), ids=lambda tweak: tweak.slug)
def test_a_tweak_is_explained(tweak: Tweak) -> None:
    assert 20 <= len(tweak.text.split()) <= 150
    assert len(tweak.title.split()) <= 4
    assert tweak.formula and tweak.source and tweak.needs


@pytest.mark.parametrize("pair", EXPERIMENTS, ids=name)
def test_an_experiment_is_complete_and_pairs_its_arms(pair: tuple[Chapter, Experiment]) -> None:
    chapter, experiment = pair
    arms = {arm.name for arm in experiment.arms}
    values = experiment.values(experiment.reference)
    assert experiment.claims and experiment.live.seeds >= 3 and experiment.reference.seeds >= 4
    for claim in experiment.claims:
        assert {claim.variant, claim.baseline} <= arms
        assert claim.at in values
        assert claim.metric in experiment.measure.metrics
        assert claim.by > 0 and claim.sentence.endswith(".")
    assert experiment.claims[0].at in experiment.values(experiment.live)
    live, reference = (
        {t.seed for t in experiment.trials(chapter.slug, budget)} for budget in (experiment.live, experiment.reference)
    )
    assert not live & reference, "the reference is measured on seeds that nobody has looked at before"
    trials = experiment.trials(chapter.slug, experiment.reference)
    assert len({fingerprint(trial) for trial in trials}) == len(trials)
    setups = {(t.x, fingerprint(t.setup)) for t in trials if t.seed == experiment.reference.first_seed}
    assert len(setups) == len(arms) * len(values), "two arms are the same"


@pytest.mark.parametrize("pair", EXPERIMENTS, ids=name)
def test_a_demonstration_can_be_drawn(pair: tuple[Chapter, Experiment]) -> None:
    _, experiment = pair
    results = experiment.demonstration.show({arm.name: experiment.setup(arm) for arm in experiment.arms})
    assert results
    for result in results:
        assert result.title and isinstance(result, Curve | Heatmap | Images | Profile | Table)
        if isinstance(result, Curve):
            assert result.x_label and result.y_label
            assert all(len(line.x) == len(line.y) > 1 for line in result.series)


@pytest.mark.parametrize("pair", EXPERIMENTS, ids=name)
def test_every_arm_trains_and_reports_what_the_page_charts(pair: tuple[Chapter, Experiment]) -> None:
    chapter, experiment = pair
    seen: set[str] = set()
    for arm in experiment.arms:
        smallest = next(v for v in experiment.values(experiment.reference))
        trial = experiment.trials(chapter.slug, experiment.live)[0]
        trial = trial.replace(arm=arm.name, x=smallest, setup=short(experiment.setup(arm, smallest)))
        events = list(run_trial(trial, experiment.measure, device="cpu"))
        final = events[-1]
        assert isinstance(final, Finished) and final.status == "done"
        assert set(experiment.measure.metrics) <= {row.metric for row in final.observations}
        if isinstance(experiment.measure, Train):
            model = trial.setup.model.build()
            readable = {probe.slug for probe in experiment.measure.probes if fits(probe, model)}
            assert {event.probe for event in events if isinstance(event, Probed)} == readable
            seen |= readable
    if isinstance(experiment.measure, Train):
        assert seen == {probe.slug for probe in experiment.measure.probes}, "a probe must see something in some arm"


@pytest.mark.parametrize("probe", catalog.probes(), ids=lambda probe: probe.slug)
def test_a_probe_is_offered_where_a_model_has_what_it_reads(probe: Probe) -> None:
    assert probe.text and probe.source
    offered = [chapter for chapter in CHAPTERS for base in bases(chapter) if fits(probe, base.model.build())]
    assert offered, "no chapter can use it"


def test_lanes_with_other_tweaks_ask_whether_the_arms_differ() -> None:
    chapter, experiment = catalog.experiment("residual/identity")
    same = experiment.with_lanes({arm.name: arm.tweaks for arm in experiment.arms})
    assert same is experiment
    other = experiment.with_lanes({"B": (chapter.tweaks[1],)})
    assert [claim.direction for claim in other.claims] == ["different"]
    assert other.arms[1].title == chapter.tweaks[1].title and other.arms[0] == experiment.arms[0]
