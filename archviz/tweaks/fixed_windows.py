"""Fixed windows: they are not shifted in every other layer."""

from archviz.blocks.window_attention import FixedWindows, ShiftedWindows
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """All windows stay where they are in the first layer."""
    return swap(setup, ShiftedWindows.Config, lambda windows: FixedWindows.Config(**dict(windows)))


TWEAK = Tweak(
    slug="fixed-windows",
    title="Fixed windows",
    text="Swin computes attention inside small windows, so that its cost grows with the number of patches and not with "
    "its square. In every other layer the windows are moved by half their size, and patches that were separated by a "
    "border meet. This tweak leaves the windows where they are: no parameter and no multiplication changes, but "
    "whatever happens in one window is never heard of in another until all patches are averaged at the end.",
    formula=r"\text{offset}_\ell = \tfrac{M}{2}\,(\ell \bmod 2) \quad\longrightarrow\quad \text{offset}_\ell = 0",
    source="Liu et al. 2021, arXiv:2103.14030, section 3.2 and table 4",
    needs="shifted windows",
    change=change,
)
