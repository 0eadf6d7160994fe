"""The selection and the address say the same, whatever the address says."""

from hypothesis import given
from hypothesis import strategies as st

from app.state import MAX_SEEDS, Choices, Selection, read, with_run, write

CHOICES = Choices(
    experiments=("identity", "bottleneck"),
    graphs=("arms", "resnet50"),
    arms=("A", "B"),
    tweaks=("no-identity-path", "no-batch-norm"),
    values=(8.0, 20.0, 56.0),
    devices=("auto", "cpu"),
)

selections = st.builds(
    Selection,
    experiment=st.none() | st.sampled_from(CHOICES.experiments),
    run=st.none() | st.text("0123456789abcdef", min_size=1, max_size=12),
    graph=st.none() | st.sampled_from(CHOICES.graphs),
    lanes=st.dictionaries(
        st.sampled_from(CHOICES.arms), st.lists(st.sampled_from(CHOICES.tweaks), unique=True).map(tuple)
    ),
    seeds=st.none() | st.integers(1, MAX_SEEDS),
    values=st.none() | st.lists(st.sampled_from(CHOICES.values), min_size=1, unique=True).map(tuple),
    device=st.none() | st.sampled_from(CHOICES.devices),
)


@given(selections)
def test_what_is_written_is_read_back(selection: Selection):
    assert read(write(selection), CHOICES) == (selection, ())


def test_an_empty_address_is_the_default():
    assert read({}, CHOICES) == (Selection(), ())


def test_an_unknown_value_gives_one_sentence_and_falls_back():
    selection, problems = read({"experiment": "identitty", "device": "cpu"}, CHOICES)
    assert selection == Selection(device="cpu")
    assert problems == (
        'The address asks for experiment "identitty", which is not here. Did you mean "identity"? '
        "Showing the default instead.",
    )


def test_a_far_off_value_names_what_there_is():
    _, (problem,) = read({"experiment": "xyz"}, CHOICES)
    assert "There is: identity, bottleneck." in problem


def test_of_a_lane_the_known_tweaks_stay():
    selection, problems = read({"lane.B": "no-batch-norm,no-such"}, CHOICES)
    assert selection.lanes == {"B": ("no-batch-norm",)}
    assert len(problems) == 1
    assert 'tweak "no-such"' in problems[0]


def test_an_unknown_arm_is_said():
    selection, (problem,) = read({"lane.Z": "no-batch-norm"}, CHOICES)
    assert selection.lanes == {}
    assert 'arm "Z"' in problem


def test_seeds_out_of_bounds_are_said():
    for text in ("0", "21", "-1", "three", "3.5", ""):
        selection, problems = read({"seeds": text}, CHOICES)
        assert selection.seeds is None, text
        assert f"choose 1 to {MAX_SEEDS}" in problems[0], text


def test_values_that_the_axis_does_not_have_are_said():
    selection, problems = read({"values": "8,9,nan,x,56"}, CHOICES)
    assert selection.values == (8.0, 56.0)
    assert len(problems) == 3


def test_what_is_not_known_yet_passes_unchecked():
    selection, problems = read({"experiment": "later", "values": "1,2", "lane.Q": "some"}, Choices())
    assert problems == ()
    assert selection == Selection(experiment="later", values=(1.0, 2.0), lanes={"Q": ("some",)})


def test_a_run_decides_what_the_address_leaves_open():
    found = with_run(
        Selection(run="r", lanes={"A": ("no-batch-norm",)}), "bottleneck", {"A": (), "B": ("no-identity-path",)}
    )
    assert found.experiment == "bottleneck"
    assert found.lanes == {"A": ("no-batch-norm",), "B": ("no-identity-path",)}
