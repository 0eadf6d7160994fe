"""Inside: graphs to look around in, and what is inside the node that the reader clicks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import anatomy
from app.ui import formula, parts, views, waiting

if TYPE_CHECKING:
    from app.anatomy import Subject
    from app.background import Background
    from archviz.core.graph import Graph, Node
    from archviz.core.results import Result

SOURCE, PICTURE = 260, 200
"""Heights."""


def graphs(
    drawn: Mapping[str, Graph],
    subjects: Mapping[str, Subject],
    key: str,
    height: int,
    place: st.delta_generator.DeltaGenerator,
) -> None:
    """The graphs and what they are coloured by; the chosen node in a place of its own."""
    from app.canvas.component import coloured

    wanted = coloured(key)
    click = views.graphs(drawn, key, height, anatomy.measures(drawn, subjects, wanted))
    expected: list[Background[Any]] = [*anatomy.going(subjects, wanted)]
    if click is not None and click.arm in subjects:
        node = next(node for node in drawn[click.arm].nodes if node.id == click.node)
        with place, st.container(key=f"{key}-inside", border=True):
            expected.append(_node(node, subjects[click.arm], click.arm if len(drawn) > 1 else "", key))
    waiting.until(expected, quiet=True)


def _node(node: Node, subject: Subject, arm: str, key: str) -> Background[tuple[Result, ...]]:
    """Shape, cost, formula, source and activations of a node; gives the look at its activations."""
    from archviz.engine import anatomy as engine
    from archviz.engine.formulas import formula as computed

    module = engine.module(subject.model, node.id)
    name = f"{arm}: {node.id.strip('/')}" if arm else node.id.strip("/")
    st.markdown(f"**{node.label}** `{name}`")
    shape = "×".join(map(str, node.output_shape[1:] or node.output_shape))
    facts = {
        "gives": shape or "nothing",
        "parameters": f"{node.parameters:,}",
        "MACs": f"{node.macs:,}",
        "settings": node.detail,
        "drawn once for": f"{node.count} alike; the numbers are those of all together" if node.count > 1 else "",
    }
    listed = "".join(f"<dt>{what}</dt><dd>{parts.escape(said)}</dd>" for what, said in facts.items() if said)
    parts.html(f'<dl class="az-facts" data-testid="inside">{listed}</dl>')
    tex = computed(module, node.label)
    if tex:
        parts.html(formula.drawn(f"$${tex}$$"))
    if module is not None:
        st.code(engine.source(module), language="python", height=SOURCE if len(list(module.children())) else "content")
    values = anatomy.values(subject, node.id)
    what = "the first test example" if subject.setup is not None else "noise"
    if values.error is not None:
        parts.html(f'<p class="az-quiet">{parts.escape(str(values.error))}</p>')
    elif values.value is None:
        views.skeleton(PICTURE)
    elif not values.value:
        parts.html('<p class="az-quiet">An operation between modules; choose a module to see its activations.</p>')
    else:
        parts.html(f'<p class="az-quiet" data-testid="weights">Activations for {what}, {subject.weights}.</p>')
        for number, result in enumerate(values.value):
            views.result(result, f"{key}-inside-{number}", height=PICTURE)
    return values
