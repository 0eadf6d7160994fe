"""Controls: the widgets with which a reader sets up a run. Each says on hover what it does."""

from collections.abc import Sequence

import streamlit as st

from app.progress import PREDICTIONS
from app.state import MAX_SEEDS
from archviz.core.metrics import significant
from archviz.core.spec import Axis, Budget
from archviz.engine.compare import Prediction

DEVICES = {"auto": "automatic", "cpu": "CPU", "cuda": "NVIDIA GPU", "mps": "Apple GPU", "xpu": "Intel GPU"}


def experiment(slugs: Sequence[str], chosen: str, key: str) -> str:
    """Which experiment of the chapter is shown."""
    return (
        st.segmented_control(
            "Experiment",
            slugs,
            default=chosen,
            required=True,
            format_func=experiment_name,
            key=key,
            label_visibility="collapsed",
            wrap=True,
        )
        or chosen
    )


ABBREVIATIONS = {"pre-ln": "Pre-LN", "relu": "ReLU", "lrn": "LRN", "bptt": "BPTT"}
"""Experiments whose names are not plain words."""


def experiment_name(slug: str) -> str:
    """A slug as a button says it."""
    return ABBREVIATIONS.get(slug) or slug.replace("-", " ").capitalize()


def seeds(default: int, key: str, locked: bool) -> int:
    """How many seeds each arm gets."""
    return int(
        st.number_input(
            "Seeds",
            1,
            MAX_SEEDS,
            default,
            key=key,
            disabled=locked,
            help="How often each arm is trained, from different random starts. In one seed all arms start from the "
            "same weights and see the same batches. A verdict needs at least 3; more seeds give narrower intervals.",
        )
    )


def values(axis: Axis, default: Sequence[float], key: str, locked: bool) -> tuple[float, ...]:
    """Which places of the axis are measured."""
    chosen = st.pills(
        axis.label,
        axis.values,
        selection_mode="multi",
        default=list(default),
        format_func=significant,
        key=key,
        disabled=locked,
        help=f"Each arm is trained at every chosen {axis.label.lower()}. Fewer values take less time.",
    )
    return tuple(value for value in axis.values if value in chosen)


def device(names: Sequence[str], default: str, key: str, locked: bool) -> str:
    """Where the run computes."""
    return st.selectbox(
        "Device",
        names,
        index=names.index(default) if default in names else 0,
        format_func=lambda name: DEVICES.get(name, name),
        key=key,
        disabled=locked,
        help='"Automatic" takes the accelerator if this machine has one, else the CPU. On the CPU the same seed gives '
        "the same numbers, bit for bit.",
    )


def prediction(metric_title: str, variant: str, key: str, locked: bool) -> Prediction | None:
    """What the reader expects, before knowing."""
    words = {name: word.replace("B", variant) for name, word in PREDICTIONS.items()}
    return st.segmented_control(
        f"Your prediction for {metric_title[0].lower()}{metric_title[1:]}",
        list(PREDICTIONS),
        format_func=lambda name: words[name],
        key=key,
        disabled=locked,
        help="Optional. Say what you expect before you train; the verdict will answer you.",
    )


def budget(live: Budget, chosen_seeds: int, chosen_values: tuple[float, ...] | None) -> Budget:
    """The live budget with the reader's changes."""
    return Budget(
        seeds=chosen_seeds,
        first_seed=live.first_seed,
        values=live.values if chosen_values is None else chosen_values,
        steps=live.steps,
    )


def graph(names: Sequence[str], chosen: str, key: str) -> str:
    """Which architecture is drawn."""
    return st.selectbox(
        "Architecture",
        names,
        index=names.index(chosen) if chosen in names else 0,
        format_func=lambda name: "This experiment: A beside B" if name == "arms" else name,
        key=key,
        label_visibility="collapsed",
        help="The networks of this experiment with their differences marked, or any architecture of the chapter.",
    )
