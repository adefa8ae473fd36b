"""A delivery as it stands: what the store's rows say of it together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from graph.errors import ConfigError
from review.deliveries.tables import (
    DELIVERIES,
    DELIVERY_EVENTS,
    DELIVERY_ITEMS,
    RECEIPTS,
    SENDINGS,
)

UPSERT, RECALL = "upsert", "recall"
HELD, APPROVED, CANCELLED, SENDING, DEAD = "held", "approved", "cancelled", "sending", "dead"
SENT, PARTLY, ACKNOWLEDGED = "sent", "partly-acknowledged", "acknowledged"
REJECTED, RECALLED = "rejected", "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done with a delivery. `at` is ms since 1970 UTC."""

    event: str
    reason: str
    by: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SentItem:
    """An item of a delivery, with the newest receipt for it, and whether it was taken back."""

    item_id: str
    identity: str
    cluster: str
    account: str
    action: str
    decision: int
    status: str | None = None
    code: str = ""
    recalled_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery as it stands. Times are ms since 1970 UTC.

    `state` is one of `held` (waits for approval), `approved` (waits to be sent), `cancelled`,
    `sending`, `dead` (given up after a day of tries), `sent`, `partly-acknowledged`,
    `acknowledged`, `rejected` (every item), `recalled` (every item). `receipts` counts items by
    their newest receipt; `waiting_until` is when the next try is due.
    """

    delivery: str
    seq: int
    op: str
    destination: str
    run: str
    purpose: str
    by: str
    at: int
    held_until: int
    items: int
    manifest_sha256: str
    recalls: str | None
    state: str
    receipts: Mapping[str, int]
    events: Sequence[Event]
    waiting_until: int | None


def read_delivery(connection: Connection, delivery: str) -> Delivery:
    """A delivery by its name.

    Raises:
        ConfigError: there is none.
    """
    row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery == delivery)).mappings()
    found = row.one_or_none()
    if found is None:
        message = f"there is no delivery `{delivery[:40]}`; `ringwatch deliveries` lists them"
        raise ConfigError(message)
    return _read(connection, found)


def read_deliveries(connection: Connection) -> list[Delivery]:
    """Every delivery, the newest first."""
    rows = connection.execute(select(DELIVERIES).order_by(DELIVERIES.c.seq.desc())).mappings()
    return [_read(connection, row) for row in rows.all()]


def items_of(connection: Connection, delivery: str) -> list[SentItem]:
    """The items of a delivery, in the order in which it names them."""
    newest: dict[str, tuple[str, str]] = {}
    receipts = select(RECEIPTS).where(RECEIPTS.c.delivery == delivery).order_by(RECEIPTS.c.number)
    for row in connection.execute(receipts):
        newest[row.item_id] = row.status, row.code
    recalls = (
        select(DELIVERY_ITEMS.c.item_id, DELIVERIES.c.delivery)
        .join(DELIVERIES, DELIVERIES.c.delivery == DELIVERY_ITEMS.c.delivery)
        .where(DELIVERIES.c.recalls == delivery)
    )
    taken_back = {row.item_id: row.delivery for row in connection.execute(recalls)}
    query = (
        select(DELIVERY_ITEMS)
        .where(DELIVERY_ITEMS.c.delivery == delivery)
        .order_by(DELIVERY_ITEMS.c.place)
    )
    names = ("item_id", "identity", "cluster", "account", "action", "decision")
    return [
        SentItem(
            **{name: row[name] for name in names},
            status=newest.get(row["item_id"], (None, ""))[0],
            code=newest.get(row["item_id"], (None, ""))[1],
            recalled_by=taken_back.get(row["item_id"]),
        )
        for row in connection.execute(query).mappings()
    ]


def pages_tried(connection: Connection, delivery: str) -> dict[int, list[RowMapping]]:
    """Each page's tries, in the order in which they were made."""
    query = select(SENDINGS).where(SENDINGS.c.delivery == delivery).order_by(SENDINGS.c.number)
    tried: dict[int, list[RowMapping]] = {}
    for row in connection.execute(query).mappings():
        tried.setdefault(row["page"], []).append(row)
    return tried


def _read(connection: Connection, row: RowMapping) -> Delivery:
    name = row["delivery"]
    events = [
        Event(event=each.event, reason=each.reason, by=each.by, at=each.at)
        for each in connection.execute(
            select(DELIVERY_EVENTS)
            .where(DELIVERY_EVENTS.c.delivery == name)
            .order_by(DELIVERY_EVENTS.c.seq)
        )
    ]
    items = items_of(connection, name)
    receipts: dict[str, int] = {}
    for item in items:
        if item.status is not None:
            receipts[item.status] = receipts.get(item.status, 0) + 1
    tried = pages_tried(connection, name)
    waiting = [tries[-1]["next_at"] for tries in tried.values() if tries[-1]["outcome"] == "failed"]
    return Delivery(
        **row,
        state=_state(row["op"], [each.event for each in events], items, receipts, bool(tried)),
        receipts=dict(sorted(receipts.items())),
        events=events,
        waiting_until=min(waiting, default=None),
    )


def _state(
    op: str,
    events: Sequence[str],
    items: Sequence[SentItem],
    receipts: Mapping[str, int],
    tried: bool,
) -> str:
    if "cancelled" in events:
        return CANCELLED
    if "sent" in events:
        return _after_sending(items, receipts)
    if events and events[-1] == "dead":
        return DEAD
    if tried:
        return SENDING
    return APPROVED if op == RECALL or "approved" in events else HELD


def _after_sending(items: Sequence[SentItem], receipts: Mapping[str, int]) -> str:
    if all(item.recalled_by is not None for item in items):
        return RECALLED
    told = sum(receipts.values())
    if not told:
        return SENT
    if told < len(items):
        return PARTLY
    return REJECTED if receipts.get("rejected", 0) == len(items) else ACKNOWLEDGED
