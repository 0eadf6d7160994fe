import re
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest

from archviz.core.graph import Edge, Graph, Node
from archviz.export.dot import NoGraphviz, to_dot, to_svg

GRAPH = Graph(
    title='A "quoted" title',
    nodes=(
        Node(id="/input", label="input", type="input", output_shape=(1, 3, 8, 8)),
        Node(id="stem", label="Stem <new>", type="module", output_shape=(1, 4, 8, 8), parameters=1234567, macs=7),
        Node(
            id="stem.conv",
            label="Conv2d 3×3",
            type="module",
            parent="stem",
            output_shape=(1, 4, 8, 8),
            parameters=1234567,
            macs=118_013_952,
            detail='3, 4, padding_mode="zeros"',
            changed=True,
        ),
        Node(id="stem/relu", label="relu", type="operation", parent="stem", output_shape=(1, 4, 8, 8)),
        Node(id="/add", label="add", type="operation", output_shape=(1, 4, 8, 8)),
        Node(id="/output", label="output", type="output", output_shape=(1, 4, 8, 8)),
    ),
    edges=(
        Edge(source="/input", target="stem.conv", shape=(1, 3, 8, 8)),
        Edge(source="stem.conv", target="stem/relu", shape=(1, 4, 8, 8)),
        Edge(source="stem/relu", target="/add", shape=(1, 4, 8, 8)),
        Edge(source="/input", target="/add", shape=(1, 4, 8, 8)),
        Edge(source="/add", target="/output", shape=(1, 4, 8, 8)),
    ),
)
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def line(dot: str, start: str) -> str:
    return next(text for text in map(str.strip, dot.splitlines()) if text.startswith(start))


def test_nested_modules_are_frames_around_their_parts() -> None:
    dot = to_dot(GRAPH)
    inside = dot[dot.index('subgraph "cluster stem"') : dot.index("  }")]
    assert '"stem.conv" [' in inside
    assert '"stem/relu" [' in inside
    assert '"/add" [' not in inside
    assert '"/input" -> "stem.conv";' in dot


def test_numbers_have_at_most_three_digits_and_a_unit() -> None:
    conv = line(to_dot(GRAPH), '"stem.conv"')
    assert "4×8×8 · 1.23M params · 118M MACs" in conv
    assert "1,234,567 parameters | 118,013,952 MACs" in conv  # the exact ones on hover


def test_a_shape_that_stays_the_same_is_not_repeated() -> None:
    assert "8×8" in line(to_dot(GRAPH), '"/input"')
    assert "×" not in re.sub('tooltip="[^"]*"', "", line(to_dot(GRAPH), '"stem/relu"'))


def test_changed_parts_have_the_colour_of_their_arm() -> None:
    for arm, colour in (("A", "#0072B2"), ("B", "#D55E00")):
        dot = to_dot(GRAPH, arm=arm)  # type: ignore[arg-type]
        assert colour in line(dot, '"stem.conv"')
        assert dot.count(colour) == 1


def test_both_themes_have_their_own_ink() -> None:
    light, dark = to_dot(GRAPH, "light"), to_dot(GRAPH, "dark")
    assert "#23211D" in light
    assert "#23211D" not in dark
    assert "transparent" in light
    assert "transparent" in dark


@needs_dot
def test_svg_shows_every_part_whatever_its_name() -> None:
    root = ET.fromstring(to_svg(GRAPH))
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Conv2d 3×3", "Stem <new>", "relu", "+", "input", "output"} <= set(texts)
    tips = [link.get("{http://www.w3.org/1999/xlink}title") for link in root.iter("{http://www.w3.org/2000/svg}a")]
    assert any('padding_mode="zeros"' in tip for tip in tips if tip)


@needs_dot
def test_dot_accepts_both_themes_without_a_word() -> None:
    for theme in ("light", "dark"):
        source = to_dot(GRAPH, theme)  # type: ignore[arg-type]
        drawn = subprocess.run(["dot", "-Tplain"], input=source, capture_output=True, text=True, check=True)
        assert drawn.stderr == ""
        assert drawn.stdout.count("\nnode ") == 5


def test_without_graphviz_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoGraphviz, match="apt-get install graphviz"):
        to_svg(GRAPH)
