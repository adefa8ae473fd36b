"""Second reviews with their rules, claims on clusters, kept verdicts, saved views."""

import sqlalchemy as sa
from alembic import op

from review.migrations.append_only import keep_as_written

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
APPEND_ONLY = (
    "review_rules",
    "second_asked",
    "second_reviews",
    "second_exclusions",
    "settlements",
    "kept_verdicts",
    "saved_views",
)


def upgrade() -> None:
    """Make the tables, the indexes, and the triggers that keep what was written."""
    _make_second_review()
    op.create_table(
        "kept_verdicts",
        _decision(primary_key=True),
        sa.Column("account", EXACT, primary_key=True),
    )
    op.create_table(
        "claims",
        sa.Column("run", EXACT, primary_key=True),
        sa.Column("cluster", EXACT, primary_key=True),
        _text("by"),
        _count("since"),
        _count("until"),
        sa.ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
    )
    op.create_table(
        "saved_views",
        _entry(),
        _text("name"),
        _text("by"),
        sa.Column("shared", sa.Boolean, nullable=False),
        _text("filters"),
        sa.Column("removed", sa.Boolean, nullable=False),
        _count("at"),
    )
    op.create_index("saved_views_by_name", "saved_views", ["name", "by", "seq"])
    keep_as_written(APPEND_ONLY)


def _make_second_review() -> None:
    op.create_table(
        "review_rules",
        _entry(),
        sa.Column("large", sa.BigInteger),
        sa.Column("low_score", sa.Float),
        sa.Column("first_of_kind", sa.Boolean, nullable=False),
        sa.Column("share", sa.Float, nullable=False),
        _text("seed"),
        _text("reason"),
        *_signature(),
    )
    op.create_table("second_asked", _decision(primary_key=True), _text("why"))
    op.create_table(
        "second_reviews",
        _entry(),
        _decision(nullable=False),
        _text("outcome"),
        sa.Column("agrees", sa.Boolean),
        _text("reason"),
        *_signature(),
        sa.Column("undoes", sa.BigInteger, sa.ForeignKey("second_reviews.seq"), unique=True),
    )
    op.create_index("second_reviews_by_decision", "second_reviews", ["decision", "seq"])
    op.create_table(
        "second_exclusions",
        sa.Column("review", sa.BigInteger, sa.ForeignKey("second_reviews.seq"), primary_key=True),
        sa.Column("account", EXACT, primary_key=True),
    )
    op.create_table(
        "settlements",
        _decision(primary_key=True),
        sa.Column("settles", sa.BigInteger, sa.ForeignKey("decisions.seq"), nullable=False),
        sa.Column("review", sa.BigInteger, sa.ForeignKey("second_reviews.seq"), nullable=False),
    )


def _entry() -> sa.Column[int]:
    return sa.Column(
        "seq", sa.BigInteger, sa.ForeignKey("history.seq"), primary_key=True, autoincrement=False
    )


def _decision(*, primary_key: bool = False, nullable: bool | None = None) -> sa.Column[int]:
    given = {"primary_key": True} if primary_key else {"nullable": nullable}
    return sa.Column("decision", sa.BigInteger, sa.ForeignKey("decisions.seq"), **given)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, EXACT, nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _signature() -> tuple[sa.Column[str], sa.Column[int]]:
    return _text("by"), _count("at")
