"""Deliveries: what leaves, who approved it, how it was sent, what came back, what never leaves."""

import sqlalchemy as sa
from alembic import op

from review.migrations.append_only import keep_as_written

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EXACT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
APPEND_ONLY = (
    "deliveries",
    "delivery_items",
    "delivery_events",
    "sendings",
    "receipts",
    "suppressions",
    "suppressions_ended",
    "destinations_closed",
)


def upgrade() -> None:
    """Make the tables, the indexes, and the triggers that keep what was written."""
    _make_deliveries()
    _make_sendings()
    _make_suppressions()
    keep_as_written(APPEND_ONLY)


def _make_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("delivery", EXACT, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.ForeignKey("history.seq"), nullable=False, unique=True),
        _text("op"),
        _text("destination"),
        sa.Column("run", EXACT, sa.ForeignKey("runs.run"), nullable=False),
        _text("purpose"),
        *_signature(),
        _count("held_until"),
        _count("items"),
        _text("manifest_sha256"),
        sa.Column("recalls", EXACT, sa.ForeignKey("deliveries.delivery")),
    )
    op.create_index("deliveries_by_destination", "deliveries", ["destination", "seq"])
    op.create_table(
        "delivery_items",
        sa.Column("delivery", EXACT, sa.ForeignKey("deliveries.delivery"), primary_key=True),
        sa.Column("item_id", EXACT, primary_key=True),
        _count("place"),
        sa.Column("identity", EXACT, sa.ForeignKey("identities.identity"), nullable=False),
        _text("cluster"),
        _text("account"),
        _text("action"),
        sa.Column("decision", sa.BigInteger, sa.ForeignKey("decisions.seq"), nullable=False),
    )
    op.create_index("delivery_items_by_item", "delivery_items", ["item_id"])
    op.create_index("delivery_items_by_account", "delivery_items", ["account"])
    op.create_table(
        "delivery_events", _entry(), _delivery(), _text("event"), _text("reason"), *_signature()
    )
    op.create_index("delivery_events_by_delivery", "delivery_events", ["delivery", "seq"])


def _make_sendings() -> None:
    op.create_table(
        "sendings",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        _delivery(),
        _count("page"),
        _count("at"),
        _text("outcome"),
        sa.Column("status", sa.BigInteger),
        _text("says"),
        sa.Column("next_at", sa.BigInteger),
    )
    op.create_index("sendings_by_delivery", "sendings", ["delivery", "page", "number"])
    op.create_table(
        "receipts",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger, sa.ForeignKey("history.seq"), nullable=False),
        _delivery(),
        _text("item_id"),
        _text("status"),
        _text("code"),
        _count("at"),
    )
    op.create_index("receipts_by_item", "receipts", ["delivery", "item_id", "number"])


def _make_suppressions() -> None:
    op.create_table(
        "suppressions",
        _entry(),
        _text("kind"),
        _text("subject"),
        _text("reason"),
        *_signature(),
        _count("expires_at"),
    )
    op.create_index("suppressions_by_subject", "suppressions", ["kind", "subject"])
    op.create_table(
        "suppressions_ended",
        _entry(),
        sa.Column(
            "suppression",
            sa.BigInteger,
            sa.ForeignKey("suppressions.seq"),
            nullable=False,
            unique=True,
        ),
        _text("reason"),
        *_signature(),
    )
    op.create_table(
        "destinations_closed",
        _entry(),
        _text("destination"),
        _text("event"),
        _text("reason"),
        *_signature(),
    )


def _entry() -> sa.Column[int]:
    return sa.Column(
        "seq", sa.BigInteger, sa.ForeignKey("history.seq"), primary_key=True, autoincrement=False
    )


def _delivery() -> sa.Column[str]:
    return sa.Column("delivery", EXACT, sa.ForeignKey("deliveries.delivery"), nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, EXACT, nullable=False)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _signature() -> tuple[sa.Column[str], sa.Column[int]]:
    return _text("by"), _count("at")
