"""What a receiver says became of each item: accepted, applied, rejected, reversed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from graph.errors import ConfigError
from review.decisions import checked_words
from review.deliveries.tables import DELIVERY_ITEMS, RECEIPTS
from review.history import add_entry
from review.manifest import digest

STATUSES = ("accepted", "applied", "rejected", "reversed")
LONGEST_CODE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One receiver's word on one item. `at` is ms since 1970 UTC; `code` says why, if anything."""

    item_id: str
    status: str
    code: str = ""
    at: int


def read_receipts(text: str) -> list[Receipt]:
    """Receipts as JSON Lines, as a JSON list, or as `{"receipts": [...]}`.

    Each has `item_id`, `status`, and may have `code` and `at` (RFC 3339, or ms since 1970 UTC).

    Raises:
        ConfigError: it is none of these, or a receipt lacks a field.
    """
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    try:
        if whole is None:
            whole = [json.loads(line) for line in text.splitlines() if line.strip()]
        rows = whole.get("receipts", [whole]) if isinstance(whole, dict) else whole
        return [_receipt(row) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"these are no receipts: {error!r}; a line is like" + (
            ' `{"item_id": "...", "status": "applied", "at": "2026-03-02T06:00:00Z"}`'
        )
        raise ConfigError(message) from error


def add_receipts(
    connection: Connection, delivery: str, receipts: Iterable[Receipt], *, by: str, at: int
) -> int:
    """Keep receipts in the caller's turn; give how many were not there already.

    Raises:
        ConfigError: an item is not in the delivery, or a status is unknown.
    """
    by = checked_words(by, what="the name of who brings receipts")
    given = list(receipts)
    items = set(
        connection.scalars(
            select(DELIVERY_ITEMS.c.item_id).where(DELIVERY_ITEMS.c.delivery == delivery)
        )
    )
    for each in given:
        if each.status not in STATUSES:
            message = f"unknown status {each.status[:40]!a}; there is {', '.join(STATUSES)}"
            raise ConfigError(message)
        if each.item_id not in items:
            message = f"item `{each.item_id[:64]}` is not in delivery `{delivery}`; none was kept"
            raise ConfigError(message)
    known = {
        (row.item_id, row.status, row.code, row.at)
        for row in connection.execute(select(RECEIPTS).where(RECEIPTS.c.delivery == delivery))
    }
    fresh = {
        (each.item_id, each.status, each.code, each.at): each
        for each in given
        if (each.item_id, each.status, each.code, each.at) not in known
    }
    if not fresh:
        return 0
    rows = [asdict(each) for each in fresh.values()]
    counts = {status: sum(row["status"] == status for row in rows) for status in STATUSES}
    details = {
        "delivery": delivery,
        "counts": {status: count for status, count in counts.items() if count},
        "sha256": digest(rows),
    }
    seq = add_entry(connection, "receipts", by=by, at=at, details=details)
    last = int(connection.scalar(select(func.coalesce(func.max(RECEIPTS.c.number), 0))) or 0)
    connection.execute(
        insert(RECEIPTS),
        [
            {"number": number, "seq": seq, "delivery": delivery, **row}
            for number, row in enumerate(rows, start=last + 1)
        ],
    )
    return len(rows)


def _receipt(row: Mapping[str, Any]) -> Receipt:
    at = row.get("at", 0)
    if isinstance(at, str):
        moment = datetime.fromisoformat(at)
        at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    code = str(row.get("code") or "")[:LONGEST_CODE].replace("\x00", "")
    return Receipt(item_id=str(row["item_id"]), status=str(row["status"]), code=code, at=int(at))
