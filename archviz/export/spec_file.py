"""Spec: a sheet as a JSON file, and back from a file that may come from anywhere."""

import json
from typing import Any

from pydantic import ValidationError

from archviz.blocks.assembly import catalogue  # noqa: F401 - so that every block is known by its kind
from archviz.blocks.assembly.sheet import Sheet
from archviz.blocks.initialization import InitConfig
from archviz.core.record import reason
from archviz.models.assembled import Assembled

MOST_BYTES = 5_000_000


class BrokenSpec(ValueError):
    """A file that holds no model; the message says why."""


def to_spec(sheet: Sheet, init: InitConfig | None = None) -> str:
    """The sheet as JSON, with how its parameters are drawn where that is not the usual way."""
    told = {**json.loads(sheet.model_dump_json()), "kind": "Assembled"}
    if init is not None:
        told["init"] = json.loads(init.model_dump_json())
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def from_spec(text: str) -> tuple[Sheet, InitConfig | None]:
    """What a file holds: whether it is a model is not said yet. Raises BrokenSpec."""
    text = text.removeprefix("\ufeff")
    if len(text) > MOST_BYTES:
        raise BrokenSpec("This file is too large for a model spec; give the JSON that `archviz spec` writes.")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = "it is empty" if not text.strip() else "it is nested too deeply"
        if text.strip() and isinstance(error, json.JSONDecodeError):
            why = f"line {error.lineno}, character {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}"
        raise BrokenSpec(f"This is no JSON file ({why}); give the one that `archviz spec` writes.") from error
    if not isinstance(told, dict) or not isinstance(told.get("nodes"), list):
        raise BrokenSpec("This JSON is no model spec: it has no list of nodes; `archviz spec resnet20` writes one.")
    unknown = set(told) - {"kind", *Assembled.Config.model_fields}
    if unknown or told.get("kind", "Assembled") not in ("Assembled", "Sheet"):
        what = f"it has {sorted(unknown)[0]!r}" if unknown else f"its kind is {told['kind']!r}"
        raise BrokenSpec(f"This JSON is no model spec: {what}; `archviz spec resnet20` writes one.")
    try:
        sheet = Sheet.model_validate({name: told[name] for name in Sheet.model_fields if name in told})
        init = InitConfig.model_validate(told["init"]) if told.get("init") else None
    except (ValidationError, RecursionError) as error:
        said = _said(error, told) if isinstance(error, ValidationError) else "it is nested too deeply"
        raise BrokenSpec(f"This JSON is no model spec: {said}.") from error
    return sheet, init


def _said(error: ValidationError, told: dict[str, Any]) -> str:
    """What is wrong, with the name of the block in which it is."""
    said, place = reason(error), error.errors()[0]["loc"]
    if len(place) < 2 or place[0] != "nodes":
        return said
    node = told["nodes"][place[1]]
    name = node.get("id") if isinstance(node, dict) else None
    of_block = said.removeprefix(f"nodes.{place[1]}.").removeprefix("block.")
    return f"block {name!r}: {of_block}" if isinstance(name, str) else said
