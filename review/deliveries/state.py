"""A delivery as it stands: what the store's rows say of it together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, Select, func, select

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
NOT_SENT = (HELD, APPROVED)


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
    their newest receipt, `recalled` those that were taken back; `waiting_until` is when the next
    try is due.
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
    recalled: int
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
    taken_back = {row.item_id: row.delivery for row in connection.execute(_recalls(delivery))}
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
    receipts = _receipts(connection, name)
    recalled = len(connection.execute(_recalls(name)).all())
    tried = pages_tried(connection, name)
    waiting = [tries[-1]["next_at"] for tries in tried.values() if tries[-1]["outcome"] == "failed"]
    return Delivery(
        **row,
        state=_state(row, [each.event for each in events], receipts, recalled, bool(tried)),
        receipts=receipts,
        recalled=recalled,
        events=events,
        waiting_until=min(waiting, default=None),
    )


def _recalls(delivery: str) -> Select[tuple[str, str]]:
    """The items of a delivery that others take back, with these others' names."""
    cancelled = select(DELIVERY_EVENTS.c.delivery).where(DELIVERY_EVENTS.c.event == "cancelled")
    return (
        select(DELIVERY_ITEMS.c.item_id, DELIVERIES.c.delivery)
        .join(DELIVERIES, DELIVERIES.c.delivery == DELIVERY_ITEMS.c.delivery)
        .where(DELIVERIES.c.recalls == delivery, DELIVERIES.c.delivery.not_in(cancelled))
    )


def _receipts(connection: Connection, delivery: str) -> dict[str, int]:
    """Items by their newest receipt."""
    newest = (
        select(func.max(RECEIPTS.c.number))
        .where(RECEIPTS.c.delivery == delivery)
        .group_by(RECEIPTS.c.item_id)
    )
    query = (
        select(RECEIPTS.c.status, func.count())
        .where(RECEIPTS.c.number.in_(newest))
        .group_by(RECEIPTS.c.status)
        .order_by(RECEIPTS.c.status)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _state(
    row: RowMapping, events: Sequence[str], receipts: Mapping[str, int], recalled: int, tried: bool
) -> str:
    if "cancelled" in events:
        return CANCELLED
    if recalled == row["items"]:
        return RECALLED
    if "sent" in events:
        return _after_sending(row["items"], receipts)
    if events and events[-1] == "dead":
        return DEAD
    if tried:
        return SENDING
    return APPROVED if row["op"] == RECALL or "approved" in events else HELD


def _after_sending(items: int, receipts: Mapping[str, int]) -> str:
    told = sum(receipts.values())
    if not told:
        return SENT
    if told < items:
        return PARTLY
    return REJECTED if receipts.get("rejected", 0) == items else ACKNOWLEDGED
