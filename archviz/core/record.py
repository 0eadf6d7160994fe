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


def reason(error: ValueError) -> str:
    """What is wrong, in one sentence without pydantic's framing."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        message = str(first["msg"]).removeprefix("Value error, ")
        place = ".".join(str(part) for part in first["loc"])
        return message if first["type"] == "value_error" or not place else f"{place}: {message}"
    return str(error)
