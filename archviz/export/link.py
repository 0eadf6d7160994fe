"""Link: a sheet as a short text for an address, and back."""

import base64
import binascii
import json
import zlib
from typing import Any

from pydantic import ValidationError

from archviz.blocks.assembly.catalogue import BLOCKS
from archviz.blocks.assembly.sheet import GraphEdge, GraphGroup, GraphNode, Sheet
from archviz.core.record import reason

VERSION = "1"
MOST_BYTES = 2_000_000
"""What a link may hold when it is unpacked."""


class BrokenLink(ValueError):
    """A link that cannot be read; the message says what to do."""


def to_link(sheet: Sheet) -> str:
    """The sheet as letters, digits, - and _; only what differs from a block's defaults is in it."""
    number = {node.id: index for index, node in enumerate(sheet.nodes)}
    groups = {group.id: index for index, group in enumerate(sheet.groups)}
    packed = {
        "n": [_node(node, groups) for node in sheet.nodes],
        "e": [
            [
                number[edge.source],
                number[edge.target],
                *([] if edge.port == _first(sheet, number, edge) else [edge.port]),
            ]
            for edge in sheet.edges
        ],
        "g": [[group.id, group.title, group.times, int(group.folded)] for group in sheet.groups],
    }
    text = json.dumps(packed, separators=(",", ":"), ensure_ascii=False).encode()
    return VERSION + base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")


def _first(sheet: Sheet, number: dict[str, int], edge: GraphEdge) -> str:
    ports = sheet.nodes[number[edge.target]].block.ports
    return ports[0] if ports else ""


def _node(node: GraphNode, groups: dict[str, int]) -> list[Any]:
    usual = type(node.block)()
    fields = {name: value for name, value in node.block if value != getattr(usual, name)}
    place = list(node.at) if node.at is not None else 0
    packed: list[Any] = [node.id, node.block.name, fields or 0, place, -1 if node.group is None else groups[node.group]]
    empty = (0, 0, -1)
    while len(packed) > 2 and packed[-1] == empty[len(packed) - 3]:
        packed.pop()
    return packed


def from_link(text: str) -> Sheet:
    """The sheet that a link holds. Raises BrokenLink."""
    try:
        if not text.startswith(VERSION):
            raise BrokenLink("This link was made by another version of archviz, or it is none; ask for a new one.")
        body = text[1:]
        packed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        reader = zlib.decompressobj()
        found = json.loads(reader.decompress(packed, MOST_BYTES))
        if not reader.eof:
            raise BrokenLink("This link is cut off; copy the whole of it.")
        return _read(found)
    except BrokenLink:
        raise
    except (zlib.error, binascii.Error, UnicodeError, json.JSONDecodeError, RecursionError) as error:
        raise BrokenLink("This link is cut off or changed; copy the whole of it.") from error
    except ValidationError as error:
        raise BrokenLink(f"This link does not hold a model: {reason(error)}.") from error
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise BrokenLink("This link does not hold a model; ask for a new one.") from error


def _read(found: dict[str, Any]) -> Sheet:
    groups = tuple(
        GraphGroup(id=name, title=title, times=times, folded=bool(folded)) for name, title, times, folded in found["g"]
    )
    nodes = []
    for packed in found["n"]:
        values: list[Any] = list(packed)
        values += (0, 0, -1)[len(values) - 2 :]
        name, kind, fields, place, group = values
        nodes.append(
            GraphNode(
                id=name,
                block=BLOCKS[kind].model_validate(fields or {}),
                at=tuple(place) if place else None,
                group=None if group == -1 else groups[group].id,
            )
        )
    edges = []
    for source, target, *port in found["e"]:
        if min(source, target) < 0:
            raise BrokenLink("This link does not hold a model; ask for a new one.")
        edges.append(
            GraphEdge(
                source=nodes[source].id,
                target=nodes[target].id,
                port=port[0] if port else nodes[target].block.ports[0],
            )
        )
    return Sheet(nodes=tuple(nodes), edges=tuple(edges), groups=groups)
