"""Options: the fields of a record as widgets, each with its bounds and its description as help.

A field with `json_schema_extra={"when": {"kernel": "own"}}` is asked for only while `kernel` is "own".
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from archviz.core.record import Record

FEW = 4
"""So many short choices stand side by side; more become a list to open."""
SHORT = 34
"""Characters of all choices together that fit side by side."""
SLIDES = 64
"""Steps of a whole number that a slider still hits."""


def fields(kind: type[Record], key: str) -> Record:
    """A record of this kind as the reader has set it, by one widget for each field.

    Raises pydantic's ValidationError when the values do not go together.
    """
    chosen: dict[str, Any] = {}
    row = st.container(horizontal=True, gap="medium", key=f"{key}-options")
    for name, field in kind.model_fields.items():
        if asked(field, chosen):
            with row:
                chosen[name] = _widget(name, field, f"{key}-{name}")
    return kind.model_validate(chosen)


def asked(field: FieldInfo, chosen: Mapping[str, Any]) -> bool:
    """Whether a field matters, with what was chosen for those before it."""
    extra = field.json_schema_extra
    wanted = extra.get("when", {}) if isinstance(extra, dict) else {}
    assert isinstance(wanted, dict)
    return all(chosen.get(name) == value for name, value in wanted.items())


def label(name: str, field: FieldInfo) -> str:
    """How a field is called."""
    return field.title or name.replace("_", " ").capitalize()


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The smallest and the largest value of a number; whole numbers beyond an open bound."""
    low = high = None
    step = 1 if field.annotation is int else 0
    for limit in field.metadata:
        if isinstance(limit, Ge | Gt):
            low = float(str(limit.ge)) if isinstance(limit, Ge) else float(str(limit.gt)) + step
        elif isinstance(limit, Le | Lt):
            high = float(str(limit.le)) if isinstance(limit, Le) else float(str(limit.lt)) - step
    return low, high


def _widget(name: str, field: FieldInfo, key: str) -> Any:
    title, help, default, of = label(name, field), field.description, field.default, field.annotation
    if get_origin(of) is Literal:
        return _choice(title, get_args(of), default, help, key)
    if of is bool:
        return st.toggle(title, default, help=help, key=key)
    if of is int:
        return _whole(title, field, key)
    if of is float:
        low, high = bounds(field)
        if low is not None and high is not None:
            return st.slider(title, low, high, float(default), help=help, key=key, width=220)
        return st.number_input(title, low, high, float(default), help=help, key=key, width=160)
    if of is str:
        return st.text_input(title, default, help=help, key=key, width=260)
    if get_origin(of) is tuple and isinstance(default[0], tuple):
        return _matrix(title, default, help, key)
    raise TypeError(f"there is no widget for {title!r} of type {of}; add one to app/ui/options.py")


def _choice(title: str, choices: Sequence[Any], default: Any, help: str | None, key: str) -> Any:
    if len(choices) <= FEW and sum(len(str(choice)) for choice in choices) <= SHORT:
        return st.segmented_control(title, choices, default=default, required=True, help=help, key=key)
    return st.selectbox(title, choices, choices.index(default), help=help, key=key, width=260)


def _whole(title: str, field: FieldInfo, key: str) -> int:
    low, high = (None if bound is None else int(bound) for bound in bounds(field))
    default, help = int(field.default), field.description
    if low is not None and high is not None and high - low <= SLIDES:
        return int(st.slider(title, low, high, default, help=help, key=key, width=180))
    return int(st.number_input(title, low, high, default, help=help, key=key, width=140))


def _matrix(
    title: str, default: Sequence[Sequence[float]], help: str | None, key: str
) -> tuple[tuple[float, ...], ...]:
    """Numbers to type in, row by row."""
    names = [str(column + 1) for column in range(len(default[0]))]
    with st.container(gap="xsmall", width=64 * len(names) + 16):
        st.caption(title, help=help)
        edited: Mapping[str, Sequence[float | None]] = st.data_editor(
            {name: [float(row[index]) for row in default] for index, name in enumerate(names)},
            key=key,
            hide_index=True,
            num_rows="fixed",
            row_height=32,
            column_config={name: st.column_config.NumberColumn(name, width=56, format="%g") for name in names},
        )
    columns = [edited[name] for name in names]
    return tuple(tuple(float(value or 0.0) for value in row) for row in zip(*columns, strict=True))
