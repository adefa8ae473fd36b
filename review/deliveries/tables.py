"""The tables of deliveries, beside those of `review.tables`; `migrations/` makes them.

All are only ever added to; what a delivery or an item is now follows from them. Times are ms since
1970 UTC.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from review.tables import EXACT, METADATA


def _number(name: str = "seq") -> Column[int]:
    return Column(
        name, BigInteger, ForeignKey("history.seq"), primary_key=True, autoincrement=False
    )


def _signature() -> tuple[Column[str], Column[int]]:
    return Column("by", EXACT, nullable=False), Column("at", BigInteger, nullable=False)


DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("delivery", EXACT, primary_key=True),
    Column("seq", BigInteger, ForeignKey("history.seq"), nullable=False, unique=True),
    Column("op", EXACT, nullable=False),
    Column("destination", EXACT, nullable=False),
    Column("run", EXACT, ForeignKey("runs.run"), nullable=False),
    Column("purpose", EXACT, nullable=False),
    *_signature(),
    Column("held_until", BigInteger, nullable=False),
    Column("items", BigInteger, nullable=False),
    Column("manifest_sha256", EXACT, nullable=False),
    Column("recalls", EXACT, ForeignKey("deliveries.delivery")),
    Index("deliveries_by_destination", "destination", "seq"),
)
"""One list that leaves, or is to leave. `op` is `upsert`, or `recall` for one that takes back."""

DELIVERY_ITEMS = Table(
    "delivery_items",
    METADATA,
    Column("delivery", EXACT, ForeignKey("deliveries.delivery"), primary_key=True),
    Column("item_id", EXACT, primary_key=True),
    Column("place", BigInteger, nullable=False),
    Column("identity", EXACT, ForeignKey("identities.identity"), nullable=False),
    Column("cluster", EXACT, nullable=False),
    Column("account", EXACT, nullable=False),
    Column("action", EXACT, nullable=False),
    Column("decision", BigInteger, ForeignKey("decisions.seq"), nullable=False),
    Index("delivery_items_by_item", "item_id"),
    Index("delivery_items_by_account", "account"),
)
"""An account that a delivery names, in the order in which it names them."""

DELIVERY_EVENTS = Table(
    "delivery_events",
    METADATA,
    _number(),
    Column("delivery", EXACT, ForeignKey("deliveries.delivery"), nullable=False),
    Column("event", EXACT, nullable=False),
    Column("reason", EXACT, nullable=False),
    *_signature(),
    Index("delivery_events_by_delivery", "delivery", "seq"),
)
"""`approved`, `cancelled`, `sent`, `dead` (given up), `again` (a dead one is tried anew)."""

SENDINGS = Table(
    "sendings",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("delivery", EXACT, ForeignKey("deliveries.delivery"), nullable=False),
    Column("page", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", EXACT, nullable=False),
    Column("status", BigInteger),
    Column("says", EXACT, nullable=False),
    Column("next_at", BigInteger),
    Index("sendings_by_delivery", "delivery", "page", "number"),
)
"""Each try to send a page: `accepted`, `failed` (tried again at `next_at`), `dead`, `gone`."""

RECEIPTS = Table(
    "receipts",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, ForeignKey("history.seq"), nullable=False),
    Column("delivery", EXACT, ForeignKey("deliveries.delivery"), nullable=False),
    Column("item_id", EXACT, nullable=False),
    Column("status", EXACT, nullable=False),
    Column("code", EXACT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("receipts_by_item", "delivery", "item_id", "number"),
)
"""What a receiver says of an item: `accepted`, `applied`, `rejected` or `reversed`."""

SUPPRESSIONS = Table(
    "suppressions",
    METADATA,
    _number(),
    Column("kind", EXACT, nullable=False),
    Column("subject", EXACT, nullable=False),
    Column("reason", EXACT, nullable=False),
    *_signature(),
    Column("expires_at", BigInteger, nullable=False),
    Index("suppressions_by_subject", "kind", "subject"),
)
"""An account, or a cluster by its id, that never leaves until then. `by` is its owner."""

SUPPRESSIONS_ENDED = Table(
    "suppressions_ended",
    METADATA,
    _number(),
    Column("suppression", BigInteger, ForeignKey("suppressions.seq"), nullable=False, unique=True),
    Column("reason", EXACT, nullable=False),
    *_signature(),
)

DESTINATIONS_CLOSED = Table(
    "destinations_closed",
    METADATA,
    _number(),
    Column("destination", EXACT, nullable=False),
    Column("event", EXACT, nullable=False),
    Column("reason", EXACT, nullable=False),
    *_signature(),
)
"""`closed`: the receiver said that it is gone; `opened`: a person said that it is back."""

APPEND_ONLY = (
    DELIVERIES,
    DELIVERY_ITEMS,
    DELIVERY_EVENTS,
    SENDINGS,
    RECEIPTS,
    SUPPRESSIONS,
    SUPPRESSIONS_ENDED,
    DESTINATIONS_CLOSED,
)
