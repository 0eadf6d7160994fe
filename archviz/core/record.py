"""Frozen, validated, self-describing values: JSON in and out without losing a class name.

Every value that leaves the process (a config, an event, a result) is a `Record`. Its JSON carries the key `kind`,
so a field declared with a base class (`norm: Config`) reads back as the class that was written.
"""

import hashlib
from typing import Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

KINDS: dict[str, type["Record"]] = {}


class Record(BaseModel):
    """A frozen value that says in its JSON what it is."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        polymorphic_serialization=True,
        ser_json_inf_nan="strings",
        use_attribute_docstrings=True,
    )
    kind: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.kind = cls.__qualname__.removesuffix(".Config")
        known = KINDS.get(cls.kind)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"two kinds named {cls.kind!r}: {known.__module__} and {cls.__module__}; rename one")
        KINDS[cls.kind] = cls

    @model_validator(mode="wrap")
    @classmethod
    def _read_kind(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(value, dict) or "kind" not in value:
            return handler(value)
        fields = {key: item for key, item in value.items() if key != "kind"}
        found = KINDS.get(str(value["kind"]))
        if found is None:
            raise ValueError(f"unknown kind {value['kind']!r}; this version of archviz does not have it")
        if found is cls:
            return handler(fields)
        if not issubclass(found, cls):
            raise ValueError(f"expected a {cls.kind}, got a {found.kind}")
        return found.model_validate(fields)

    @model_serializer(mode="wrap")
    def _write_kind(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": type(self).kind, **handler(self)}

    def replace(self, **changes: Any) -> Self:
        """The same record with some fields changed; the result is validated like any other."""
        return type(self).model_validate({**dict(self), **changes})


def fingerprint(record: Record) -> str:
    """Identity of a record: 20 hex digits over its JSON, class names included.

    Equal records share it, different ones do not. Never use `hash()` or `dataclasses.asdict` for identity: the first
    changes between processes, the second drops class names, so that two different nested configs collide.
    """
    return hashlib.blake2b(record.model_dump_json().encode(), digest_size=10).hexdigest()


PLAIN = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "finite_number": "must be a finite number",
    "literal_error": "must be {expected}",
    "extra_forbidden": "is not known here",
    "missing": "is missing",
    "too_long": "may have at most {max_length} entries, and has {actual_length}",
    "string_too_long": "may have at most {max_length} characters",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list"),
    **dict.fromkeys(("model_type", "dict_type", "model_attributes_type"), "must be an object with a kind"),
    "string_type": "must be a text",
    "string_pattern_mismatch": "must be small letters, digits and _, a letter first",
}
"""What pydantic's kinds of errors are called here."""


def reason(error: ValueError) -> str:
    """What is wrong, in one sentence without pydantic's framing."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "it"
        kind = first["type"]
        if kind in PLAIN:
            return f"{place} {PLAIN[kind].format(**first.get('ctx', {}))}{_given(kind, first['input'])}"
        message = str(first["msg"]).removeprefix("Value error, ")
        return message if kind == "value_error" or place == "it" else f"{place}: {message}"
    return str(error)


def _given(kind: str, value: Any) -> str:
    """The value at fault, where it is short and says something."""
    said = "" if kind in ("missing", "extra_forbidden") or not isinstance(value, int | float | str) else f"{value!r}"
    return f", not {said}" if 0 < len(said) <= 30 else ""
