"""What the app shows of a part: the first line of its docstring, and a widget with help and bounds for each field."""

import sys
from importlib import import_module
from operator import attrgetter
from pkgutil import iter_modules

import annotated_types
import pytest

import archviz.blocks
import archviz.models
from archviz.core.config import Config
from archviz.core.record import KINDS

for package in (archviz.blocks, archviz.models):
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")

CONFIGS = [
    cls
    for cls in KINDS.values()
    if issubclass(cls, Config) and cls.__module__.startswith(("archviz.blocks.", "archviz.models."))
]
PARTS = [cls for cls in CONFIGS if cls.__qualname__.endswith(".Config")]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda cls: cls.kind)
def test_every_field_says_what_it_is(config: type[Config]) -> None:
    for name, field in config.model_fields.items():
        assert field.description, f"{config.kind}.{name} has no description"
        assert len(field.description) <= 100, f"{config.kind}.{name} says too much for a tooltip"


@pytest.mark.parametrize("config", CONFIGS, ids=lambda cls: cls.kind)
def test_every_number_has_bounds(config: type[Config]) -> None:
    for name, field in config.model_fields.items():
        if field.annotation in (int, float):
            low = any(isinstance(rule, annotated_types.Ge | annotated_types.Gt) for rule in field.metadata)
            high = any(isinstance(rule, annotated_types.Le | annotated_types.Lt) for rule in field.metadata)
            assert low, f"{config.kind}.{name} has no lower bound"
            assert high or name == "lr", f"{config.kind}.{name} has no upper bound"


@pytest.mark.parametrize("config", PARTS, ids=lambda cls: cls.kind)
def test_every_part_starts_with_one_sentence(config: type[Config]) -> None:
    part = attrgetter(config.kind)(sys.modules[config.__module__])
    assert part.__doc__, f"{config.kind} has no docstring"
    assert part.__doc__.splitlines()[0].strip().endswith("."), f"{config.kind}: the first line is not a sentence"
