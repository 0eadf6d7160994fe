"""Notebooks: experiments as objects that run and draw themselves.

from archviz import experiment
experiment("residual/identity").run(seeds=4)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, cast

from archviz import catalog
from archviz.core.metrics import metric
from archviz.core.results import Verdict
from archviz.core.spec import Chapter, Experiment
from archviz.engine.compare import estimates
from archviz.engine.curves import LossPoint
from archviz.export.table import COLUMNS, rows
from archviz.runs.cluster import Engine
from archviz.runs.follow import Answer, Moment, answer, budget_of
from archviz.runs.store import Budget, Store

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
"""The Okabe-Ito palette: A is blue, B is vermilion."""
OUTCOMES = {"supported": "#009E73", "contradicted": "#D55E00", "inconclusive": "#6F695C"}


def experiment(identity: str) -> RunnableExperiment:
    """The experiment `chapter/slug`, ready to run. Raises `catalog.NotFound` with the names that come close."""
    return RunnableExperiment(*catalog.experiment(identity))


@dataclass(frozen=True)
class RunnableExperiment:
    """An experiment of the book, on the engine and history that the app and the command line use, too."""

    chapter: Chapter
    declared: Experiment

    @property
    def id(self) -> str:
        """Its name: `chapter/slug`."""
        return f"{self.chapter.slug}/{self.declared.slug}"

    def run(
        self,
        seeds: int | None = None,
        *,
        budget: Budget = "live",
        seed_offset: int = 0,
        device: str = "auto",
        progress: bool = True,
    ) -> Outcome:
        """Train every arm and wait for the answer; interrupting the kernel stops the run cleanly.

        `seeds` is how many seeds each arm is trained with (the budget's number without it), `budget` "live" for the
        short run or "reference" for the long one, and `seed_offset` is added to every seed.
        """
        store = Store()
        engine = Engine(store)
        try:
            with _progress(self.id, progress) as watch:
                spent = budget_of(self.declared, budget, seeds, seed_offset)
                return Outcome(
                    answer(self.chapter, self.declared, spent, store=store, engine=engine, device=device, watch=watch)
                )
        finally:
            engine.close()
            store.close()

    def __repr__(self) -> str:
        arms = ", ".join(f"{arm.name} {arm.title}" for arm in self.declared.arms)
        return f'experiment("{self.id}"): {self.declared.ask} ({arms})'

    def _repr_html_(self) -> str:
        arms = "".join(f"<li><b>{arm.name}</b> {escape(arm.title)}</li>" for arm in self.declared.arms)
        return f"<p><b>{escape(self.declared.ask)}</b> <code>{self.id}</code></p><ul>{arms}</ul>"


@dataclass(frozen=True)
class Outcome:
    """What a run has measured. In a notebook it draws itself: the claim's metric by arm, and the verdicts."""

    answer: Answer

    @property
    def table(self) -> pd.DataFrame:
        """The tidy table: one row for each arm, seed, place on the axis (`x`) and metric."""
        import pandas as pd

        return pd.DataFrame(rows(self.answer.observations), columns=list(COLUMNS))

    @property
    def curves(self) -> pd.DataFrame:
        """The training losses: one row for each arm, seed, place on the axis (`x`) and step."""
        import pandas as pd

        names = list(LossPoint.model_fields)
        return pd.DataFrame([[getattr(point, name) for name in names] for point in self.answer.losses], columns=names)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One for each claim; the first is the experiment's."""
        return self.answer.verdicts

    @property
    def verdict(self) -> Verdict:
        """The experiment's verdict."""
        return self.answer.verdicts[0]

    def chart(self) -> alt.LayerChart:
        """The first claim's metric: means with 95 % intervals, single seeds as small points."""
        import altair as alt
        import pandas as pd

        tested = self.answer.experiment
        axis, of = tested.axis, metric(tested.claims[0].metric)
        titles = {arm.name: f"{arm.name} {arm.title}" for arm in tested.arms}
        scale, unit = (100, "%") if of.percent else (1, of.unit)
        measured = [row for row in self.answer.observations if row.metric == of.slug]
        points = pd.DataFrame(rows(measured), columns=list(COLUMNS)).dropna(subset=["value"])
        points = points.assign(arm=points["arm"].map(titles), value=scale * points["value"].astype(float))
        means = pd.DataFrame(
            [
                {
                    "arm": titles[row.arm],
                    "x": row.x,
                    "value": scale * row.mean,
                    "low": scale * (row.mean if row.low is None else row.low),
                    "high": scale * (row.mean if row.high is None else row.high),
                }
                for row in estimates(measured)
            ],
            columns=["arm", "x", "value", "low", "high"],
        )
        y_title = f"{of.title}, {unit}" if unit else of.title
        colours = alt.Scale(domain=list(titles.values()), range=list(COLOURS[: len(titles)]))
        colour = alt.Color("arm:N", title=None, scale=colours)
        low = alt.Y("low:Q", title=y_title, scale=alt.Scale(zero=False))
        value = alt.Y("value:Q", title=y_title, scale=alt.Scale(zero=False))
        if axis is None:
            x = alt.X("arm:N", title=None, axis=alt.Axis(labelAngle=0))
            spread, middle = {"type": "rule", "strokeWidth": 2}, {"type": "tick", "thickness": 3, "width": 22}
        else:
            x = alt.X("x:Q", title=axis.label, scale=alt.Scale(type="log" if axis.log else "linear", zero=False))
            spread, middle = {"type": "area", "opacity": 0.15}, {"type": "line", "point": True}
        mean, seeds = alt.Chart(means).encode(x=x, color=colour), alt.Chart(points).encode(x=x, y=value, color=colour)
        layers = (
            mean.encode(y=low, y2="high:Q").properties(mark=spread),
            seeds.encode(tooltip=["arm:N", "seed:Q", "value:Q"]).mark_circle(size=18, opacity=0.45),
            mean.encode(y=value).properties(mark=middle),
        )
        title = alt.Title(tested.ask, subtitle=_lines(self.verdict.sentence), anchor="start")
        return cast("alt.LayerChart", alt.layer(*layers).properties(width=420, height=240, title=title))

    def __repr__(self) -> str:
        claims = "\n".join(f"{verdict.claim}\n  {verdict.sentence}" for verdict in self.verdicts)
        return f"{self.answer.experiment.ask}\n{claims}"

    def _repr_html_(self) -> str:
        items = "".join(
            f'<li><span style="color:{OUTCOMES[verdict.outcome]};font-weight:600">{verdict.outcome}</span> '
            f"{escape(verdict.claim)}<br>{escape(verdict.sentence)}</li>"
            for verdict in self.verdicts
        )
        means = "".join(
            f"<tr><td>{row.arm}</td><td>{'' if row.x is None else f'{row.x:g}'}</td><td>{row.mean:.3g}</td>"
            f"<td>{'' if row.low is None or row.high is None else f'{row.low:.3g} to {row.high:.3g}'}</td>"
            f"<td>{row.n}</td></tr>"
            for row in estimates(
                row for row in self.answer.observations if row.metric == self.answer.experiment.claims[0].metric
            )
        )
        axis = self.answer.experiment.axis
        head = f"<th>arm</th><th>{escape(axis.label) if axis else ''}</th><th>mean</th><th>95 % interval</th><th>n</th>"
        title = escape(metric(self.answer.experiment.claims[0].metric).title)
        return (
            f"<p><b>{escape(self.answer.experiment.ask)}</b></p><ul>{items}</ul>"
            f"<table><caption>{title}</caption><tr>{head}</tr>{means}</table>"
        )

    def _repr_mimebundle_(self, include: Iterable[str] = (), exclude: Iterable[str] = ()) -> dict[str, Any]:
        """The chart where a front end can draw Vega-Lite, a table with the verdicts elsewhere; nothing is fetched."""
        import altair as alt

        vega_lite = f"application/vnd.vegalite.v{alt.SCHEMA_VERSION.removeprefix('v').partition('.')[0]}+json"
        return {vega_lite: self.chart().to_dict(), "text/html": self._repr_html_(), "text/plain": repr(self)}


def _lines(sentence: str, width: int = 78) -> list[str]:
    """A sentence in lines short enough for a chart's subtitle."""
    lines = [""]
    for word in sentence.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


@contextmanager
def _progress(name: str, wanted: bool) -> Iterator[Callable[[Moment], None]]:
    """One line on stderr that says how far the run is; it is overwritten, and empty in the end."""
    if not wanted:
        yield lambda moment: None
        return

    def watch(moment: Moment) -> None:
        text = f"{name}: {moment.finished} of {len(moment.trials)} trials, {moment.share:.0%}"
        sys.stderr.write(f"\r{text:<79}")
        sys.stderr.flush()

    try:
        yield watch
    finally:
        sys.stderr.write(f"\r{'':<79}\r")
        sys.stderr.flush()
