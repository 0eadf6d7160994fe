"""The exhibits of a chapter alone on a page, without the engine; `?chapter=` says which."""

from pathlib import Path

import streamlit as st

from app import jobs
from app.ui import exhibits, parts

st.set_page_config(layout="wide")
parts.html(f"<style>{Path('app/ui/style.css').read_text(encoding='utf-8')}</style>")
jobs.library.wait(60)
slug = st.query_params.get("chapter", "convolution")
chapter = jobs.chapter(slug)
assert chapter is not None
exhibits.panel(slug, chapter.exhibits)
