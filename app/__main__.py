"""The app's server: `python -m app`, with Streamlit's own options behind it. `archviz serve` does this.

Streamlit takes a folder `pages` beside the main script for one script a page until `st.navigation` has been called
once; here it holds modules that app/main.py opens, so it is told before it starts. What the first page needs is
imported before the first reader can ask for it.
"""

import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web.cli import main

import app.pages.chapter
import app.pages.home  # noqa: F401

if __name__ == "__main__":
    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", str(Path(__file__).with_name("main.py")), *sys.argv[1:]]
    sys.exit(main(prog_name="streamlit"))
