"""Designs: models from the canvas, kept by name in the same database as the runs."""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Float, String, Text, delete, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from archviz.runs.database import open_database
from archviz.runs.store import default_url
from archviz.runs.tables import Table

LONGEST = 80
MOST_CHARACTERS = 5_000_000


class DesignRow(Table):
    """One design by its name."""

    __tablename__ = "designs"

    name: Mapped[str] = mapped_column(String(LONGEST), primary_key=True)
    spec: Mapped[str] = mapped_column(Text)
    changed: Mapped[float] = mapped_column(Float(53))


class Unsaved(ValueError):
    """A design that cannot be kept; the message says why."""


@dataclass(frozen=True)
class Design:
    """A saved design: its name, the JSON of its blocks, and when it was saved."""

    name: str
    spec: str
    changed: datetime


class Designs:
    """All saved designs. Cheap to share between threads."""

    def __init__(self, url: str | None = None) -> None:
        self._database = open_database(url or default_url())

    def close(self) -> None:
        """Let go of all connections."""
        self._database.dispose()

    def save(self, name: str, spec: str) -> None:
        """Keep a design; one of the same name is replaced. Raises Unsaved."""
        name = " ".join(name.split())
        if not name or len(name) > LONGEST:
            raise Unsaved(f"Give the design a name of 1 to {LONGEST} characters.")
        if len(spec) > MOST_CHARACTERS:
            raise Unsaved("This design is too large to be kept.")
        now = time.time()
        with self._database.begin() as db:
            changed = db.execute(update(DesignRow).where(DesignRow.name == name).values(spec=spec, changed=now))
            if changed.rowcount == 0:
                db.execute(insert(DesignRow).values(name=name, spec=spec, changed=now))

    def load(self, name: str) -> Design:
        """The design of this name. Raises KeyError with a sentence."""
        with self._database.connect() as db:
            row = db.execute(select(DesignRow.name, DesignRow.spec, DesignRow.changed).filter_by(name=name)).first()
        if row is None:
            raise KeyError(f'No design is called "{name}" here; it may have been deleted.')
        return Design(row.name, row.spec, datetime.fromtimestamp(row.changed))

    def names(self) -> list[str]:
        """All names, the newest design first."""
        with self._database.connect() as db:
            return list(db.scalars(select(DesignRow.name).order_by(DesignRow.changed.desc(), DesignRow.name)))

    def delete(self, name: str) -> None:
        """Forget a design."""
        with self._database.begin() as db:
            db.execute(delete(DesignRow).where(DesignRow.name == name))
