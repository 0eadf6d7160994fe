"""Objections: why what a reader has put on the lanes of an experiment cannot be compared."""

from archviz.core.spec import Experiment, NotApplicable, Tweak


def of_lanes(experiment: Experiment) -> dict[str, str]:
    """What is wrong with the tweaks on a lane, by arm."""
    found: dict[str, str] = {}
    for arm in experiment.arms:
        try:
            for x in experiment.values(experiment.live):
                experiment.setup(arm, x)
        except NotApplicable as error:
            found[arm.name] = str(error)
    return found


def nothing_to_compare(experiment: Experiment) -> str | None:
    """That two arms of a claim are the same, or none."""
    setups = {arm.name: experiment.setup(arm) for arm in experiment.arms}
    for claim in experiment.claims:
        if setups[claim.variant] == setups[claim.baseline]:
            return f"{claim.baseline} and {claim.variant} are the same: put a tweak on one of them."
    return None


def to_tweak(tweak: Tweak, experiment: Experiment) -> str | None:
    """Why a tweak cannot be used in this experiment, or none."""
    try:
        tweak(experiment.base)
    except NotApplicable as error:
        return str(error)
    return None
