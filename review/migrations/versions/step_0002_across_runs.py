"""What is needed to follow a cluster over runs: periods, e-values, groups of every second day.

Runs that are in the store already keep none of it: they were made before there was any.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns and the table."""
    for name in ("began_at", "ended_at"):
        op.add_column("runs", sa.Column(name, sa.BigInteger))
    op.add_column("clusters", sa.Column("log10_e", sa.Float))
    op.create_table(
        "day_groups",
        sa.Column("run", EXACT, sa.ForeignKey("runs.run"), primary_key=True),
        sa.Column("days", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("found", EXACT, primary_key=True),
        sa.Column("account", EXACT, primary_key=True),
        sa.Column("accounts", sa.BigInteger, nullable=False),
        sa.Column("meetings", sa.BigInteger, nullable=False),
        sa.Column("expected", sa.Float, nullable=False),
        sa.Column("log10_e", sa.Float, nullable=False),
    )
    op.create_index("day_groups_by_account", "day_groups", ["account", "run"])
