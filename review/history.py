"""The store's history: a chain in which each entry holds the hash of the one before.

None can be altered, removed or put in between without the chain showing it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from graph.errors import StoreError
from review.manifest import canonical
from review.tables import HISTORY, HISTORY_HEAD

START = "0" * 64
"""What the first entry names as the hash before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """Something that was done: when (ms since 1970 UTC), by whom, to what."""

    seq: int
    at: int
    by: str
    action: str
    run: str | None
    cluster: str | None
    details: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Some entries, the newest first; `matching` is how many there are, `passed` how many newer."""

    entries: tuple[HistoryEntry, ...]
    matching: int
    passed: int


def page_of_history(
    connection: Connection,
    *,
    by: str | None = None,
    cluster: str | None = None,
    before: int | None = None,
    limit: int | None = 100,
) -> HistoryPage:
    """The newest entries, or those that come before a number.

    Args:
        connection: a transaction of the store.
        by: what this person did alone.
        cluster: what was done to clusters of this name alone, in whatever run.
        before: entries with lower numbers.
        limit: how many at most; None for all.
    """
    where = [] if by is None else [HISTORY.c.by == by]
    where += [] if cluster is None else [HISTORY.c.cluster == cluster]
    older = [] if before is None else [HISTORY.c.seq < before]
    query = select(HISTORY).where(*where, *older).order_by(HISTORY.c.seq.desc())
    rows = connection.execute(query if limit is None else query.limit(limit)).mappings()
    count = select(func.count()).select_from(HISTORY)
    matching = connection.scalar(count.where(*where)) or 0
    left = matching if before is None else connection.scalar(count.where(*where, *older)) or 0
    return HistoryPage(
        entries=tuple(as_entry(row) for row in rows), matching=matching, passed=matching - left
    )


def take_turn(connection: Connection) -> None:
    """Wait until no other writer is at work; what is read from here on holds until the end."""
    connection.execute(select(HISTORY_HEAD.c.seq).with_for_update())


def add_entry(
    connection: Connection,
    action: str,
    *,
    by: str,
    at: int,
    run: str | None = None,
    cluster: str | None = None,
    details: Mapping[str, Any],
) -> int:
    """Add an entry at the chain's end, in the caller's transaction and turn; give its number."""
    connection.execute(update(HISTORY_HEAD).values(seq=HISTORY_HEAD.c.seq + 1))
    seq, previous = connection.execute(select(HISTORY_HEAD.c.seq, HISTORY_HEAD.c.hash)).one()
    row = {
        "seq": seq,
        "at": at,
        "by": by,
        "action": action,
        "run": run,
        "cluster": cluster,
        "details": canonical(details).decode(),
        "previous": previous,
    }
    row["hash"] = _hash(row)
    connection.execute(insert(HISTORY).values(row))
    connection.execute(update(HISTORY_HEAD).values(hash=row["hash"]))
    return int(seq)


def verify_chain(connection: Connection) -> int:
    """Recompute the chain from its beginning; give the number of entries.

    Raises:
        StoreError: naming the first entry that does not fit.
    """
    previous, seq = START, 0
    for row in connection.execute(select(HISTORY).order_by(HISTORY.c.seq)).mappings():
        if row["seq"] != seq + 1:
            message = f"history entry {seq + 1} is missing"
            raise StoreError(message)
        if row["previous"] != previous or row["hash"] != _hash(row):
            message = f"history entry {row['seq']} was altered: its hash does not hold"
            raise StoreError(message)
        previous, seq = row["hash"], row["seq"]
    head = connection.execute(select(HISTORY_HEAD.c.seq, HISTORY_HEAD.c.hash)).one()
    if tuple(head) != (seq, previous):
        message = f"history ends at entry {seq}, and {head[0]} were written: the last are missing"
        raise StoreError(message)
    return seq


def as_entry(row: RowMapping) -> HistoryEntry:
    """A row of `history` as a value."""
    return HistoryEntry(**{**row, "details": json.loads(row["details"])})


def _hash(row: Mapping[str, Any] | RowMapping) -> str:
    content = [row[column.name] for column in HISTORY.columns if column.name != "hash"]
    return hashlib.sha256(canonical(content)).hexdigest()
