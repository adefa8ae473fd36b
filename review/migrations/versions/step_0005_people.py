"""People with roles, their tokens, and tries to sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and the index."""
    op.create_table(
        "people",
        sa.Column("person", EXACT, primary_key=True),
        sa.Column("role", EXACT, nullable=False),
        sa.Column("password", EXACT, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("token", EXACT, primary_key=True),
        sa.Column("person", EXACT, sa.ForeignKey("people.person"), nullable=False),
        sa.Column("sha256", EXACT, nullable=False),
        sa.Column("verbs", EXACT, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "sign_ins",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", EXACT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("good", sa.Boolean, nullable=False),
    )
    op.create_index("sign_ins_by_person", "sign_ins", ["person", "at"])
