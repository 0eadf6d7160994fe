"""Home: the one folder that archviz writes to."""

import os
from pathlib import Path

from platformdirs import user_data_path


class HomeNotWritable(RuntimeError):
    """The folder cannot be created or written to; the message says which and what to do."""


def home() -> Path:
    """`ARCHVIZ_HOME`, or this system's place for user data; created on demand.

    Raises HomeNotWritable. Nothing else decides where archviz keeps its history, weights, data and logs.
    """
    chosen = os.environ.get("ARCHVIZ_HOME")
    path = Path(chosen).expanduser().absolute() if chosen else user_data_path("archviz", appauthor=False)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError("permission denied")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise HomeNotWritable(
            f"archviz cannot keep its files in {path} ({reason}); set ARCHVIZ_HOME to a folder you may write to."
        ) from error
    return path
