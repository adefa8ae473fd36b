"""The tables of lasting ids, beside those of `review.tables`; `migrations/` makes them.

All but `fronts` are only ever added to. `fronts` says where each id was seen last; it follows from
the others and is there so that a new run is held against one membership an id, and not against all.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
)

from review.tables import EXACT, METADATA

IDENTITIES = Table(
    "identities",
    METADATA,
    Column("identity", EXACT, primary_key=True),
    Column("year", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("run", EXACT, ForeignKey("runs.run"), nullable=False),
    UniqueConstraint("year", "number"),
)
"""Every id that was minted, and the run that it was minted for."""

IDENTIFIED = Table(
    "identified",
    METADATA,
    Column("run", EXACT, ForeignKey("runs.run"), primary_key=True),
    Column("seq", BigInteger, ForeignKey("history.seq"), nullable=False),
    Column("late", Boolean, nullable=False),
    Column("sha256", EXACT, nullable=False),
)
"""The runs whose clusters have ids, with the digest of what was assigned."""

SIGHTINGS = Table(
    "sightings",
    METADATA,
    Column("run", EXACT, primary_key=True),
    Column("cluster", EXACT, primary_key=True),
    Column("identity", EXACT, ForeignKey("identities.identity"), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("change", EXACT, nullable=False),
    Column("accounts", BigInteger, nullable=False),
    Column("gained", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("missed", BigInteger, nullable=False),
    ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
    Index("sightings_by_identity", "identity", "run"),
)
"""An id in a run: which cluster it is there, and how it differs from where it was seen before."""

FRONTS = Table(
    "fronts",
    METADATA,
    Column("identity", EXACT, ForeignKey("identities.identity"), primary_key=True),
    Column("run", EXACT, nullable=False),
    Column("cluster", EXACT, nullable=False),
    Column("version", BigInteger, nullable=False),
)
"""Where each id was seen last. An id that was merged into another has none."""

LINEAGE = Table(
    "lineage",
    METADATA,
    Column("event", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, ForeignKey("history.seq"), nullable=False),
    Column("kind", EXACT, nullable=False),
    Column("identity", EXACT, ForeignKey("identities.identity"), nullable=False),
    Column("other", EXACT, ForeignKey("identities.identity"), nullable=False),
    Column("run", EXACT, ForeignKey("runs.run")),
    Column("shared", BigInteger),
    Column("undoes", BigInteger, ForeignKey("lineage.event"), unique=True),
    Index("lineage_by_identity", "identity"),
    Index("lineage_by_other", "other"),
)
"""`split`: `identity` came out of `other`. `merge`: it went into `other`. `undo`: taken back."""

FINGERPRINTS = Table(
    "fingerprints",
    METADATA,
    Column("run", EXACT, primary_key=True),
    Column("cluster", EXACT, primary_key=True),
    Column("sha256", EXACT, primary_key=True),
    Column("members", BigInteger, nullable=False),
    Column("population", BigInteger, nullable=False),
    ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
    Index("fingerprints_by_object", "sha256"),
)
"""What was mostly a decided cluster's own, as digests of kind and object."""

REMEMBERED = Table(
    "remembered",
    METADATA,
    Column("run", EXACT, primary_key=True),
    Column("cluster", EXACT, primary_key=True),
    Column("objects", BigInteger, nullable=False),
    ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
)
"""The decided clusters whose objects were looked at, with how many were kept."""

RETURNS = Table(
    "returns",
    METADATA,
    Column("run", EXACT, primary_key=True),
    Column("cluster", EXACT, primary_key=True),
    Column("identity", EXACT, ForeignKey("identities.identity"), primary_key=True),
    Column("objects", BigInteger, nullable=False),
    Column("evidence", EXACT, nullable=False),
    ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
)
"""A new cluster that may be a known one with other accounts, and the objects that say so."""

APPEND_ONLY = (IDENTITIES, IDENTIFIED, SIGHTINGS, LINEAGE, FINGERPRINTS, REMEMBERED, RETURNS)
