"""Database: opens SQLite or any other database by its URL, and says in one sentence what is wrong with it."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, insert, select
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError

from archviz.runs.tables import SCHEMA, SchemaRow, Table

BUSY_SECONDS = 30
"""How long a writer waits for another one."""


class StoreUnavailable(RuntimeError):
    """The history cannot be read or written; the message says why and what to do. Nothing was changed."""


def open_database(url: str) -> Engine:
    """A connection pool to the database of this URL with all tables in place.

    Raises StoreUnavailable when there is no such database, it is damaged, or another version of archviz wrote it.
    """
    try:
        place = make_url(url)
        engine = create_engine(place, pool_pre_ping=place.get_backend_name() != "sqlite")
    except ModuleNotFoundError as error:
        raise StoreUnavailable(
            f"ARCHVIZ_DB needs the package {error.name}, which is not installed; "
            "for PostgreSQL: pip install 'archviz[postgres]'."
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreUnavailable(
            f"ARCHVIZ_DB is not the address of a database that can be opened here ({error}); "
            "it looks like sqlite:////folder/file.db or postgresql+psycopg://user:password@host/name."
        ) from error
    event.listen(engine, "handle_error", _explain, retval=True)
    if place.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    _create_tables(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Readers and one writer at a time do not disturb each other; the only statements that are SQLite's own."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _create_tables(engine: Engine, attempts: int = 20) -> None:
    """Several processes may open a new history at the same moment: whoever comes second tries again."""
    for attempt in range(attempts):
        try:
            Table.metadata.create_all(engine)
            with engine.begin() as db:
                version = db.scalar(select(SchemaRow.version))
                if version is None:
                    db.execute(insert(SchemaRow).values(id=1, version=SCHEMA))
            break
        except (IntegrityError, OperationalError, StoreUnavailable) as error:
            beaten = isinstance(error, IntegrityError) or any(
                word in str(error).lower() for word in ("already exists", "locked", "busy")
            )
            if not beaten or attempt == attempts - 1:
                raise
            time.sleep(0.05)
    if version not in (None, SCHEMA):
        raise StoreUnavailable(
            f"The history {_name(engine)} was written by another version of archviz (format {version}, this one has "
            f"format {SCHEMA}). Nothing was changed: use that version, or let ARCHVIZ_DB name another database."
        )


def _explain(context: ExceptionContext) -> StoreUnavailable | None:
    """A StoreUnavailable in place of an error that a reader can do something about; all others stay as they are."""
    error, engine = context.sqlalchemy_exception, context.engine
    if engine is None or not isinstance(error, DBAPIError) or isinstance(error, IntegrityError):
        return None
    reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    name = _name(engine)
    sentence = None
    if engine.dialect.name != "sqlite":
        if context.connection is None or context.is_disconnect:
            sentence = f"The database {name} (ARCHVIZ_DB) does not answer ({reason}); start it, or correct the address."
    elif any(words in reason for words in ("not a database", "malformed", "file is encrypted")):
        sentence = (
            f"The history {name} is damaged ({reason}). Nothing was changed: move the file away "
            f'(mv "{name}" "{name}.damaged") and archviz begins a new one, or put a copy of it in its place.'
        )
    elif any(words in reason for words in ("unable to open", "readonly", "read-only", "disk is full", "disk I/O")):
        sentence = (
            f"The history {name} cannot be used ({reason}); free the disk or correct its permissions, "
            "or set ARCHVIZ_HOME to another folder."
        )
    elif "locked" in reason:
        sentence = f"The history {name} has been locked by another program for {BUSY_SECONDS} s; close that program."
    return None if sentence is None else StoreUnavailable(sentence)


def _name(engine: Engine) -> str:
    """The file, or the address without its password."""
    if engine.dialect.name == "sqlite" and engine.url.database:
        return str(Path(engine.url.database))
    return engine.url.render_as_string(hide_password=True)
