"""Tables: how runs lie in the database. Only what every SQL database has."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = 1
"""Goes up when a table changes, so that an older archviz never writes into a newer history."""


class Table(DeclarativeBase):
    """Base of all tables."""


class SchemaRow(Table):
    """The one row that says which `SCHEMA` wrote this database."""

    __tablename__ = "archviz_schema"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]


class RunRow(Table):
    """One press of Train: an experiment with its lanes, as somebody started it."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    experiment: Mapped[str] = mapped_column(String(200), index=True)
    title: Mapped[str] = mapped_column(Text)
    lanes: Mapped[dict[str, Any]] = mapped_column(JSON)
    budget: Mapped[str] = mapped_column(String(20))
    session: Mapped[str] = mapped_column(String(100), index=True)
    prediction: Mapped[str | None] = mapped_column(Text)
    created: Mapped[float] = mapped_column(Float(53), index=True)
    changed: Mapped[float] = mapped_column(Float(53))


class TrialRow(Table):
    """One trial of a run and how far it has come."""

    __tablename__ = "trials"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    position: Mapped[int]
    arm: Mapped[str] = mapped_column(String(100))
    x: Mapped[float | None] = mapped_column(Float(53))
    seed: Mapped[int]
    steps: Mapped[int]
    record: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20), index=True)
    ticket: Mapped[str | None] = mapped_column(String(20))
    attempt: Mapped[int]
    step: Mapped[int]
    resumed: Mapped[int]
    sentence: Mapped[str | None] = mapped_column(Text)


class EventRow(Table):
    """One event of a trial. `seq` only ever grows, also after rows were deleted, so that a reader misses nothing."""

    __tablename__ = "events"
    __table_args__ = (Index("events_of_run", "run_id", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    trial_id: Mapped[str] = mapped_column(ForeignKey("trials.id"), index=True)
    kind: Mapped[str] = mapped_column(String(40))
    step: Mapped[int]
    record: Mapped[str] = mapped_column(Text)


class ObservationRow(Table):
    """One row of the tidy result table."""

    __tablename__ = "observations"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    trial_id: Mapped[str] = mapped_column(ForeignKey("trials.id"), index=True)
    arm: Mapped[str] = mapped_column(String(100))
    seed: Mapped[int]
    x: Mapped[float | None] = mapped_column(Float(53))
    metric: Mapped[str] = mapped_column(String(100))
    value: Mapped[float | None] = mapped_column(Float(53))
    """None stands for a number that is not one: SQLite cannot store NaN."""
