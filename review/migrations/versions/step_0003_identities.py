"""Lasting ids of clusters, what happened to them, and what decided ones are known by.

Runs that are in the store already get their ids when a run of their folder is opened next.
"""

import sqlalchemy as sa
from alembic import op

from review.migrations.append_only import keep_as_written

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
APPEND_ONLY = (
    "identities",
    "identified",
    "sightings",
    "lineage",
    "fingerprints",
    "remembered",
    "returns",
)


def upgrade() -> None:
    """Make the tables, the indexes, and the triggers that keep what was written."""
    _make_identities()
    _make_lineage()
    _make_fingerprints()
    keep_as_written(APPEND_ONLY)


def _make_identities() -> None:
    op.create_table(
        "identities",
        sa.Column("identity", EXACT, primary_key=True),
        sa.Column("year", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("run", EXACT, sa.ForeignKey("runs.run"), nullable=False),
        sa.UniqueConstraint("year", "number"),
    )
    op.create_table(
        "identified",
        sa.Column("run", EXACT, sa.ForeignKey("runs.run"), primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.ForeignKey("history.seq"), nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("sha256", EXACT, nullable=False),
    )
    op.create_table(
        "sightings",
        sa.Column("run", EXACT, primary_key=True),
        sa.Column("cluster", EXACT, primary_key=True),
        _identity("identity"),
        *(
            sa.Column(name, EXACT if name == "change" else sa.BigInteger, nullable=False)
            for name in ("version", "change", "accounts", "gained", "lost", "missed")
        ),
        _of_a_cluster(),
    )
    op.create_index("sightings_by_identity", "sightings", ["identity", "run"])
    op.create_table(
        "fronts",
        sa.Column("identity", EXACT, sa.ForeignKey("identities.identity"), primary_key=True),
        sa.Column("run", EXACT, nullable=False),
        sa.Column("cluster", EXACT, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _make_lineage() -> None:
    op.create_table(
        "lineage",
        sa.Column("event", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, sa.ForeignKey("history.seq"), nullable=False),
        sa.Column("kind", EXACT, nullable=False),
        _identity("identity"),
        _identity("other"),
        sa.Column("run", EXACT, sa.ForeignKey("runs.run")),
        sa.Column("shared", sa.BigInteger),
        sa.Column("undoes", sa.BigInteger, sa.ForeignKey("lineage.event"), unique=True),
    )
    op.create_index("lineage_by_identity", "lineage", ["identity"])
    op.create_index("lineage_by_other", "lineage", ["other"])


def _make_fingerprints() -> None:
    op.create_table(
        "fingerprints",
        sa.Column("run", EXACT, primary_key=True),
        sa.Column("cluster", EXACT, primary_key=True),
        sa.Column("sha256", EXACT, primary_key=True),
        sa.Column("members", sa.BigInteger, nullable=False),
        sa.Column("population", sa.BigInteger, nullable=False),
        _of_a_cluster(),
    )
    op.create_index("fingerprints_by_object", "fingerprints", ["sha256"])
    op.create_table(
        "remembered",
        sa.Column("run", EXACT, primary_key=True),
        sa.Column("cluster", EXACT, primary_key=True),
        sa.Column("objects", sa.BigInteger, nullable=False),
        _of_a_cluster(),
    )
    op.create_table(
        "returns",
        sa.Column("run", EXACT, primary_key=True),
        sa.Column("cluster", EXACT, primary_key=True),
        sa.Column("identity", EXACT, sa.ForeignKey("identities.identity"), primary_key=True),
        sa.Column("objects", sa.BigInteger, nullable=False),
        sa.Column("evidence", EXACT, nullable=False),
        _of_a_cluster(),
    )


def _identity(name: str) -> sa.Column[str]:
    return sa.Column(name, EXACT, sa.ForeignKey("identities.identity"), nullable=False)


def _of_a_cluster() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"])
