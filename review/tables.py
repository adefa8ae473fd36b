"""The tables of the review store, as SQLAlchemy knows them; `migrations/` makes them.

What a run found is copied in once (`runs`, `clusters`, `members`, `day_groups`). What people do is
only ever added (`decisions`, `exclusions`, `notes`, `exports`), each under the number of its entry
in `history`, and the database itself refuses to change or remove it. Times are ms since 1970 UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    Text,
)

METADATA = MetaData()

# PostgreSQL would order text by language; ids are compared byte by byte, as everywhere.
EXACT = Text().with_variant(Text(collation="C"), "postgresql")

RUNS = Table(
    "runs",
    METADATA,
    Column("run", EXACT, primary_key=True),
    Column("job", EXACT, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("manifest_sha256", EXACT, nullable=False),
    Column("clusters", BigInteger, nullable=False),
    Column("members", BigInteger, nullable=False),
    Column("began_at", BigInteger),
    Column("ended_at", BigInteger),
)
"""The period is that of a run that tests groups on days of their own, null for the others."""

CLUSTERS = Table(
    "clusters",
    METADATA,
    Column("run", EXACT, ForeignKey("runs.run"), primary_key=True),
    Column("cluster", EXACT, primary_key=True),
    Column("place", BigInteger, nullable=False),
    Column("score", Float, nullable=False),
    Column("accounts", BigInteger, nullable=False),
    Column("edges", BigInteger, nullable=False),
    Column("layers", EXACT, nullable=False),
    Column("first_at", BigInteger),
    Column("last_at", BigInteger),
    Column("says", EXACT, nullable=False),
    Column("membership_sha256", EXACT, nullable=False),
    Column("log10_e", Float),
    Index("clusters_by_place", "run", "place"),
    Index("clusters_by_membership", "membership_sha256"),
)

MEMBERS = Table(
    "members",
    METADATA,
    Column("run", EXACT, primary_key=True),
    Column("cluster", EXACT, primary_key=True),
    Column("account", EXACT, primary_key=True),
    Column("role", EXACT, nullable=False),
    ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
    Index("members_by_account", "account", "run"),
)

DAY_GROUPS = Table(
    "day_groups",
    METADATA,
    Column("run", EXACT, ForeignKey("runs.run"), primary_key=True),
    Column("days", BigInteger, primary_key=True, autoincrement=False),
    Column("found", EXACT, primary_key=True),
    Column("account", EXACT, primary_key=True),
    Column("accounts", BigInteger, nullable=False),
    Column("meetings", BigInteger, nullable=False),
    Column("expected", Float, nullable=False),
    Column("log10_e", Float, nullable=False),
    Index("day_groups_by_account", "account", "run"),
)

HISTORY = Table(
    "history",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("by", EXACT, nullable=False),
    Column("action", EXACT, nullable=False),
    Column("run", EXACT),
    Column("cluster", EXACT),
    Column("details", EXACT, nullable=False),
    Column("previous", EXACT, nullable=False),
    Column("hash", EXACT, nullable=False),
    Index("history_by_cluster", "run", "cluster", "seq"),
)

HISTORY_HEAD = Table(
    "history_head",
    METADATA,
    Column("only", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", EXACT, nullable=False),
)
"""One row: the newest entry. Writers take turns at it, so that the chain never forks."""

DECISIONS = Table(
    "decisions",
    METADATA,
    Column("seq", BigInteger, ForeignKey("history.seq"), primary_key=True, autoincrement=False),
    Column("run", EXACT, nullable=False),
    Column("cluster", EXACT, nullable=False),
    Column("outcome", EXACT, nullable=False),
    Column("reason", EXACT, nullable=False),
    Column("by", EXACT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("undoes", BigInteger, ForeignKey("decisions.seq"), unique=True),
    ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
    Index("decisions_by_cluster", "run", "cluster", "seq"),
)

EXCLUSIONS = Table(
    "exclusions",
    METADATA,
    Column("decision", BigInteger, ForeignKey("decisions.seq"), primary_key=True),
    Column("account", EXACT, primary_key=True),
)

KEPT_VERDICTS = Table(
    "kept_verdicts",
    METADATA,
    Column("decision", BigInteger, ForeignKey("decisions.seq"), primary_key=True),
    Column("account", EXACT, primary_key=True),
)
"""Members whom a decision on those that are new does not speak of: they keep their verdict."""

NOTES = Table(
    "notes",
    METADATA,
    Column("seq", BigInteger, ForeignKey("history.seq"), primary_key=True, autoincrement=False),
    Column("run", EXACT, nullable=False),
    Column("cluster", EXACT, nullable=False),
    Column("text", EXACT, nullable=False),
    Column("by", EXACT, nullable=False),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
    Index("notes_by_cluster", "run", "cluster", "seq"),
)

EXPORTS = Table(
    "exports",
    METADATA,
    Column("seq", BigInteger, ForeignKey("history.seq"), primary_key=True, autoincrement=False),
    Column("run", EXACT, ForeignKey("runs.run"), nullable=False),
    Column("file", EXACT, nullable=False),
    Column("sha256", EXACT, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("purpose", EXACT, nullable=False),
    Column("by", EXACT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("exports_by_run", "run", "seq"),
)

APPEND_ONLY = (HISTORY, DECISIONS, EXCLUSIONS, KEPT_VERDICTS, NOTES, EXPORTS)
