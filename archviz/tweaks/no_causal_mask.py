"""No causal mask: every position sees the future."""

from archviz.blocks.attention import CausalMask, NoMask
from archviz.core.config import swap
from archviz.core.setup import Setup
from archviz.core.spec import Tweak


def change(setup: Setup) -> Setup:
    """Every causal mask becomes none."""
    return swap(setup, CausalMask.Config, lambda mask: NoMask.Config())


TWEAK = Tweak(
    slug="no-causal-mask",
    title="No causal mask",
    text="Lets every position look at all others, the following ones included. A model that is trained to predict the "
    "next token can then simply copy it from the input: the training loss falls towards zero and says nothing. As soon "
    "as it has to write on its own there is no future to copy from, and it fails. The loss from the prefix alone "
    "shows that.",
    formula=r"M_{qk} = \begin{cases} 0 & k \le q \\ -\infty & k > q \end{cases} \quad\longrightarrow\quad M_{qk} = 0",
    source="Vaswani et al. 2017, arXiv:1706.03762, section 3.2.3",
    needs="attention with a causal mask",
    change=change,
)
