"""Small configs and random trees of them, for the property tests of core."""

from typing import Any

from hypothesis import strategies as st
from pydantic import Field

from archviz.core.config import Config
from archviz.core.record import Record


class Left:
    """A leaf."""

    class Config(Config):
        width: int = Field(1, ge=1)
        rate: float = 0.5
        note: str = ""

    def __init__(self, config: Config, *shape: int, scale: float = 1.0) -> None:
        self.config, self.shape, self.scale = config, shape, scale


class Right:
    """A leaf with the very same fields."""

    class Config(Config):
        width: int = Field(1, ge=1)
        rate: float = 0.5
        note: str = ""


class Branch:
    """A node: one part, some more, and some with names."""

    class Config(Config):
        part: Config
        more: tuple[Config, ...] = ()
        named: dict[str, Config] = {}


def leaves() -> st.SearchStrategy[Config]:
    """Leaves with few different values, so that equal ones are drawn, too."""
    widths, rates = st.integers(1, 3), st.sampled_from((0.1, 0.5, 1e-9, -0.0, 0.0, 1e300))
    notes = st.text(max_size=3)
    return st.one_of(
        st.builds(Left.Config, width=widths, rate=rates, note=notes),
        st.builds(Right.Config, width=widths, rate=rates, note=notes),
    )


def trees() -> st.SearchStrategy[Config]:
    """Trees of leaves and branches."""
    return st.recursive(
        leaves(),
        lambda parts: st.builds(
            Branch.Config,
            part=parts,
            more=st.lists(parts, max_size=2).map(tuple),
            named=st.dictionaries(st.sampled_from("xyz"), parts, max_size=2),
        ),
        max_leaves=6,
    )


def anatomy(value: Any) -> Any:
    """All that a value is, types included, read in a way that owes nothing to its JSON."""
    if isinstance(value, Record):
        return type(value), tuple((name, anatomy(getattr(value, name))) for name in type(value).model_fields)
    if isinstance(value, tuple):
        return tuple(map(anatomy, value))
    if isinstance(value, dict):
        return tuple((key, anatomy(item)) for key, item in value.items())
    return type(value), repr(value)
