"""Where the front end's files are, and how they get into a page."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

NAME = "archviz.canvas"
FOLDER = Path(__file__).parent


def declare() -> None:
    """Tell this Streamlit server that the component's files lie in `dist/`, so that it serves them.

    Streamlit finds such declarations by itself only in the package that is named like the installed distribution. Ours
    would be `archviz`, which knows no screen; and in a plain checkout nothing is installed. So it is said here.
    """
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is not None:
        return
    package, component = NAME.split(".")
    manifest = ComponentManifest(package, version="", components=[ComponentConfig(component, asset_dir="dist")])
    manager.register_from_manifest(manifest, FOLDER)


def mount(mode: str, data: Mapping[str, Any], *, key: str, **on_change: Callable[[], None]) -> Mapping[str, Any]:
    """Show one view of the canvas; gives its state and triggers. A callback is named `on_<state>_change`."""
    declare()
    component: Callable[..., Mapping[str, Any]] = st.components.v2.component(NAME, js="canvas-*.js", css="canvas-*.css")
    return component(key=key, data={"mode": mode, **data}, **on_change)
