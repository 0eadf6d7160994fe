"""What probes saw: profiles of the arms in one chart where they are of the same thing."""

from app.ui.probed import profiles
from archviz.core.results import Heatmap, Profile


def profile(title: str) -> Profile:
    return Profile(title=title, label="size", layers=("a", "b"), values=(1.0, 2.0))


def test_profiles_of_one_title_go_together_arm_by_arm() -> None:
    picture = Heatmap(title="head 1", x_label="x", y_label="y", label="weight", values=((1.0,),))
    found = {"A": [profile("size"), picture], "B": [profile("size"), profile("zeros")], "C": []}
    assert {title: list(by_arm) for title, by_arm in profiles(found).items()} == {"size": ["A", "B"], "zeros": ["B"]}
