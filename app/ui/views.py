"""Views: a result, by its type, as a picture with its numbers beside it."""

import base64
import io
from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.ui import figures
from app.ui.figures import Columns, Figure
from archviz.core.graph import Graph
from archviz.core.results import Curve, Heatmap, Histogram, Images, Profile, Result, Table, Verdict

OUTCOMES = {
    "supported": (":material/check_circle:", "green"),
    "contradicted": (":material/cancel:", "red"),
    "inconclusive": (":material/help:", "gray"),
}


def figure(drawn: Figure, key: str, title: str = "", numbers: bool = True) -> None:
    """A chart of fixed height, with its numbers as a table one click away."""
    if title or numbers:
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-head"):
            st.markdown(f"**{title}**", width="stretch")
            if numbers:
                table(drawn.table, f"{key}-table")
    st.vega_lite_chart(None, drawn.spec, key=key, width="stretch", height=drawn.height, alt=drawn.alt)


def live_chart(spec: figures.Spec, columns: Columns, key: str, alt: str) -> None:
    """A chart whose spec stays while its rows change."""
    import pyarrow as pa

    st.vega_lite_chart(pa.table(columns), spec, key=key, width="stretch", height=spec["height"], alt=alt)


def table(columns: Columns, key: str) -> None:
    """The table twin of a chart, behind a small button; nothing is computed before it is opened."""
    with st.popover(
        "Numbers", type="tertiary", icon=":material/table:", key=key, on_change="rerun", help="The chart as a table"
    ) as opened:
        if opened.open:
            st.dataframe(_typed(columns), hide_index=True, width=560, height=min(420, 40 + 35 * _length(columns)))


def result(drawn: Result, key: str, titles: Mapping[str, str] | None = None, height: int = figures.HEIGHT) -> None:
    """Any result as the picture that belongs to its type."""
    match drawn:
        case Curve():
            figure(figures.curve(drawn, titles, height), key, drawn.title)
        case Profile():
            figure(figures.profile(drawn, height), key, drawn.title)
        case Heatmap():
            figure(figures.heatmap(drawn, height), key, drawn.title)
        case Histogram():
            figure(figures.histogram(drawn, height), key, drawn.title)
        case Images():
            _images(drawn, key)
        case Table():
            st.markdown(f"**{drawn.title}**")
            st.html(_html_table(drawn))
        case Verdict():
            st.markdown(f"**{drawn.claim}** {drawn.sentence}")
        case Graph():
            from archviz.export.dot import to_dot

            st.graphviz_chart(to_dot(drawn), width="stretch", height=height)
        case _:
            raise TypeError(f"the screen has no view for {type(drawn).__name__}; add one to app/ui/views.py")


def outcome(verdict: Verdict) -> None:
    """The outcome as a coloured word; colour is never the only sign."""
    icon, color = OUTCOMES[verdict.outcome]
    st.badge(verdict.outcome, icon=icon, color=color)  # type: ignore[arg-type]


def _images(images: Images, key: str) -> None:
    st.markdown(f"**{images.title}**")
    captions = images.captions or ("",) * len(images.pictures)
    cells = "".join(
        f'<figure><img alt="{_escape(caption) or "picture"}" src="data:image/png;base64,{_png(picture)}">'
        f"<figcaption>{_escape(caption)}</figcaption></figure>"
        for picture, caption in zip(images.pictures, captions, strict=True)
    )
    st.html(f'<div class="az-pictures" data-testid="{key}">{cells}</div>')


def _png(picture: tuple[tuple[Any, ...], ...]) -> str:
    from PIL import Image

    height, width = len(picture), len(picture[0])
    color = isinstance(picture[0][0], tuple)
    values = [part for row in picture for pixel in row for part in (pixel if color else (pixel,))]
    data = bytes(round(255 * min(1.0, max(0.0, value))) for value in values)
    buffer = io.BytesIO()
    Image.frombytes("RGB" if color else "L", (width, height), data).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _html_table(shown: Table) -> str:
    head = "".join(f"<th>{_escape(column)}</th>" for column in shown.columns)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"az-text" if isinstance(value, str) else "az-number"}">{_escape(figures.number(value))}</td>'
            for value in row
        )
        + "</tr>"
        for row in shown.rows
    )
    return f'<div class="az-scroll"><table class="az-table"><tr>{head}</tr>{body}</table></div>'


def _typed(columns: Columns) -> dict[str, list[Any]]:
    return {
        name: [figures.number(value) if isinstance(value, float) else value for value in values]
        for name, values in columns.items()
    }


def _length(columns: Columns) -> int:
    return max((len(values) for values in columns.values()), default=0)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
