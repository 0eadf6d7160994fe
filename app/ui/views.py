"""Views: a result, by its type, as a picture with its numbers beside it."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.ui import parts, sliding, waiting
from app.ui.charts import evidence, layers, results
from app.ui.charts.figure import HEIGHT, Columns, Figure, number
from archviz.core.graph import Graph
from archviz.core.metrics import metric
from archviz.core.results import (
    Curve,
    Heatmap,
    Histogram,
    Images,
    Observation,
    Profile,
    Result,
    Sliding,
    Table,
    Verdict,
)
from archviz.engine.compare import Estimate
from archviz.runs.reference import Card

if TYPE_CHECKING:
    import pyarrow

    from app.canvas.component import Click, Measure

DRAWN = Curve | Profile | Heatmap | Histogram | Images | Sliding | Table | Verdict | Graph
"""What `result` has a view for."""
OUTCOMES = {
    "supported": (":material/check_circle:", "green"),
    "contradicted": (":material/cancel:", "red"),
    "inconclusive": (":material/help:", "gray"),
}


def figure(
    drawn: Figure, key: str, title: str = "", moving: bool = False, switch: Callable[[], None] | None = None
) -> None:
    """A chart of fixed height under its title (or a switch in its place), its numbers as a table one click away.

    `moving` is for charts that change while one looks: their rows are sent apart from the spec, so that the browser
    exchanges the rows without drawing the chart anew. On the first paint of a session the chart comes without its
    controls, which would cost the browser more than the chart.
    """
    bare = waiting.first_paint()
    with st.container(key=key):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if switch is not None and not bare:
                switch()
            else:
                st.markdown(f"**{title}**", width="stretch")
            if not bare:
                table(drawn.table, f"{key}-table")
        data, spec = (_arrow(drawn.columns), drawn.spec) if moving else (None, drawn.complete)
        st.vega_lite_chart(data, spec, key=f"{key}-chart", width="stretch", height=drawn.height, alt=drawn.alt)


def skeleton(height: int) -> None:
    """A place that is kept for what is still on its way."""
    st.skeleton(height=height)


def measured(
    card: Card,
    estimates: Sequence[Estimate],
    observations: Sequence[Observation],
    key: str,
    height: int,
    places: Sequence[float | None] = (),
    moving: bool = False,
) -> None:
    """What was measured, one metric at a time."""
    names = tuple(dict.fromkeys((card.claims[0].metric, *card.metrics)))
    choice = f"{key}-metric"
    chosen = st.session_state.get(choice) or names[0]
    drawn = evidence.measured(card, chosen, estimates, observations, places, height)

    def switch() -> None:
        st.selectbox(
            "Metric",
            names,
            format_func=lambda name: metric(name).title,
            key=choice,
            label_visibility="collapsed",
            width="stretch",
            help="What the chart shows.",
        )

    figure(drawn, f"{key}-measured", metric(chosen).title, moving, switch if len(names) > 1 else None)


def verdicts(card: Card, found: Sequence[Verdict], key: str) -> None:
    """The verdict on each claim side by side: outcome, claim, one plain sentence, and what was published."""
    places = st.columns(len(found), gap="large") if len(found) < 4 else [st.container() for _ in found]
    for index, (place, verdict, claim) in enumerate(zip(places, found, card.claims, strict=True)):
        with place, st.container(key=f"{key}-{index}", gap="xsmall"):
            outcome(verdict)
            parts.html(
                f'<p class="az-claim">{parts.escape(claim.sentence)}</p>'
                f'<p class="az-note">{parts.escape(verdict.sentence)}</p>'
            )
            if claim.published:
                parts.html(f'<p class="az-quiet"><b>Published:</b> {parts.escape(claim.published)}.</p>')


def graphs(drawn: Mapping[str, Graph], key: str, height: int, measures: Sequence["Measure"] = ()) -> "Click | None":
    """Graphs side by side, to look around in, and as files; gives the node that is chosen."""
    from app.canvas.component import viewer
    from archviz.engine.trace import overview
    from archviz.export.dot import to_dot, to_svg

    chosen = viewer(drawn, key=key, height=height, measures=measures)
    with st.container(horizontal=True, gap="small", key=f"{key}-files"):
        for name, one in drawn.items():
            short = overview(one)
            for kind, write in (("DOT", to_dot), ("SVG", to_svg)):
                st.download_button(
                    f"{name} {kind}",
                    partial(write, short),
                    f"{name}.{kind.lower()}",
                    key=f"{key}-{name}-{kind}",
                    type="tertiary",
                    icon=":material/download:",
                    on_click="ignore",
                    help=f"The graph of {name} as Graphviz {'reads' if kind == 'DOT' else 'draws'} it.",
                )
    return chosen


def table(columns: Columns, key: str) -> None:
    """The table twin of a chart, behind a small button; nothing is computed before it is opened."""
    with st.popover(
        "Numbers", type="tertiary", icon=":material/table:", key=key, on_change="rerun", help="The chart as a table"
    ) as opened:
        if opened.open:
            st.dataframe(_typed(columns), hide_index=True, width=560, height=min(420, 40 + 35 * _length(columns)))


def result(drawn: Result, key: str, titles: Mapping[str, str] | None = None, height: int = HEIGHT) -> None:
    """Any result as the picture that belongs to its type."""
    match drawn:
        case Curve():
            figure(results.curve(drawn, titles, height), key, drawn.title)
        case Profile():
            figure(layers.profile(drawn, height), key, drawn.title)
        case Heatmap():
            figure(results.heatmap(drawn, height), key, drawn.title)
        case Histogram():
            figure(results.histogram(drawn, height), key, drawn.title)
        case Images():
            _images(drawn, key)
        case Sliding():
            _sliding(drawn, key)
        case Table():
            st.markdown(f"**{drawn.title}**")
            parts.html(_html_table(drawn))
        case Verdict():
            outcome(drawn)
            st.markdown(f"**{drawn.claim}** {drawn.sentence}")
        case Graph():
            graphs({drawn.title: drawn}, key, height)
        case _:
            raise TypeError(f"the screen has no view for {type(drawn).__name__}; add one to app/ui/views.py")


def outcome(verdict: Verdict) -> None:
    """The outcome as a coloured word; colour is never the only sign."""
    icon, color = OUTCOMES[verdict.outcome]
    if verdict.n == 0:
        st.badge("open", icon=":material/hourglass_empty:", color="gray")
        return
    st.badge(verdict.outcome, icon=icon, color=color)  # type: ignore[arg-type]


def _sliding(drawn: Sliding, key: str) -> None:
    """Panels of their own width; where the screen is narrow they are scrolled."""
    with st.container(key=f"{key}-wide"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{drawn.title}**", width="stretch")
            table(sliding.table(drawn), f"{key}-table")
        with st.container(key=f"scroll-{key}"):
            st.vega_lite_chart(None, sliding.spec(drawn), key=f"{key}-chart", width="content", alt=sliding.alt(drawn))


def _images(images: Images, key: str) -> None:
    st.markdown(f"**{images.title}**")
    captions = images.captions or ("",) * len(images.pictures)
    cells = "".join(
        f'<figure><img alt="{parts.escape(caption) or "picture"}" src="data:image/png;base64,{_png(picture)}">'
        f"<figcaption>{parts.escape(caption)}</figcaption></figure>"
        for picture, caption in zip(images.pictures, captions, strict=True)
    )
    parts.html(f'<div class="az-pictures" data-testid="{key}">{cells}</div>')


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
    def cell(value: str | int | float | None) -> str:
        kind = "az-text" if isinstance(value, str) else "az-number"
        return f'<td class="{kind}">{parts.escape(number(value))}</td>'

    head = "".join(f"<th>{parts.escape(column)}</th>" for column in shown.columns)
    body = "".join(f"<tr>{''.join(cell(value) for value in row)}</tr>" for row in shown.rows)
    return f'<div class="az-scroll"><table class="az-table"><tr>{head}</tr>{body}</table></div>'


def _typed(columns: Columns) -> dict[str, list[Any]]:
    return {
        name: [number(value) if isinstance(value, float) else value for value in values]
        for name, values in columns.items()
    }


def _length(columns: Columns) -> int:
    return max((len(values) for values in columns.values()), default=0)


def _arrow(columns: Columns) -> "pyarrow.Table":
    """Columns as Arrow; a column without any value still has a type."""
    import pyarrow as pa

    def column(values: list[Any]) -> pa.Array:
        numeric = all(value is None or isinstance(value, int | float) for value in values)
        return pa.array(values, pa.float64() if numeric else pa.string())

    return pa.table({name: column(values) for name, values in columns.items()})
