import subprocess
import sys

import pytest

from archviz import catalog


def test_chapters_come_in_the_order_of_the_book() -> None:
    numbers = [chapter.page.number for chapter in catalog.chapters()]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "names",
    [
        [chapter.slug for chapter in catalog.chapters()],
        [model.name for model in catalog.models()],
        [tweak.slug for tweak in catalog.tweaks()],
        [dataset.slug for dataset in catalog.datasets()],
        [probe.slug for probe in catalog.probes()],
    ],
)
def test_names_are_unique(names: list[str]) -> None:
    assert names
    assert len(set(names)) == len(names)


def test_each_thing_is_found_by_its_name() -> None:
    for identity, (chapter, experiment) in catalog.experiments().items():
        assert catalog.experiment(identity) == (chapter, experiment)
        assert identity == f"{chapter.slug}/{experiment.slug}"
        assert catalog.chapter(chapter.slug) is chapter
    assert all(catalog.model(model.name) is model for model in catalog.models())
    assert all(catalog.tweak(tweak.slug) is tweak for tweak in catalog.tweaks())
    assert all(catalog.dataset(dataset.slug) is dataset for dataset in catalog.datasets())
    assert all(catalog.probe(probe.slug) is probe for probe in catalog.probes())


def test_an_unknown_name_is_answered_with_the_ones_that_come_close() -> None:
    with pytest.raises(KeyError) as caught:
        catalog.model("resnet5O")
    assert str(caught.value).startswith("There is no model 'resnet5O'; did you mean resnet5")
    with pytest.raises(KeyError, match="did you mean residual/identity"):
        catalog.experiment("residual/identiy")
    with pytest.raises(KeyError, match="did you mean residual/identity"):
        catalog.experiment("identity")
    with pytest.raises(KeyError, match="`archviz list` shows all"):
        catalog.tweak("zzzzzz")


def test_importing_the_catalog_scans_nothing() -> None:
    code = "import sys, archviz.catalog; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
