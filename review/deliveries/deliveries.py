"""What is done with deliveries, from the proposal to the receipts: `Store.deliveries`.

A delivery is held first. Somebody who took none of its decisions approves it; after the hold it
may be sent. A decision that is taken back meanwhile, or an account that is suppressed, cancels it.
After it was sent only a recall, a delivery of its own, takes it back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from graph.errors import ConfigError, StoreError
from review.database import reading
from review.decisions import checked_words
from review.deliveries.items import Chosen, Item, choose_items
from review.deliveries.leaving import (
    cancelled_by_itself,
    closed,
    deciders,
    overtaken,
)
from review.deliveries.recalling import choose_recalled
from review.deliveries.receipts import Receipt, add_receipts
from review.deliveries.state import (
    APPROVED,
    CANCELLED,
    DEAD,
    HELD,
    NOT_SENT,
    SENDING,
    Delivery,
    SentItem,
    items_of,
    pages_tried,
    read_deliveries,
    read_delivery,
)
from review.deliveries.suppressions import (
    Suppression,
    in_force,
    lift,
    suppress,
)
from review.deliveries.tables import (
    DELIVERIES,
    DELIVERY_EVENTS,
    DELIVERY_ITEMS,
    DESTINATIONS_CLOSED,
    SENDINGS,
)
from review.history import add_entry
from review.tables import HISTORY_HEAD

HOLD_MS = 30 * 60_000
_ROWS_AT_ONCE = 20_000


class Deliveries:
    """The deliveries of a store: `Store.deliveries`."""

    def __init__(
        self, engine: Engine, turn: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        """Use `Store.deliveries`."""
        self._engine, self._turn = engine, turn

    def all(self) -> list[Delivery]:
        """Every delivery, the newest first."""
        with reading(self._engine) as connection:
            return read_deliveries(connection)

    def get(self, delivery: str) -> Delivery:
        """One delivery.

        Raises:
            ConfigError: there is none of this name.
        """
        with reading(self._engine) as connection:
            return read_delivery(connection, delivery)

    def items(self, delivery: str) -> list[SentItem]:
        """The items of a delivery, in the order in which it names them."""
        with reading(self._engine) as connection:
            return items_of(connection, delivery)

    def name_account(self, account: str) -> bool:
        """Whether any delivery names an account."""
        query = select(DELIVERY_ITEMS.c.item_id).where(DELIVERY_ITEMS.c.account == account)
        with reading(self._engine) as connection:
            return connection.scalar(query.limit(1)) is not None

    def deciders(self, delivery: str) -> set[str]:
        """Who took the decisions that a delivery rests on: they do not approve it."""
        with reading(self._engine) as connection:
            return deciders(connection, delivery)

    def choose(
        self,
        run: str,
        *,
        destination: str,
        action: str,
        at: int,
        only: Collection[str] | None = None,
    ) -> tuple[int, str, Chosen]:
        """The newest entry of the history, the next delivery's name, and what would leave now.

        Raises:
            ConfigError: a cluster of `only` may not leave.
        """
        action = checked_words(action, what="a recommended action")
        with reading(self._engine) as connection:
            chosen = choose_items(
                connection, run, destination=destination, action=action, at=at, only=only
            )
            return _head(connection), _next_name(connection, at), chosen

    def choose_recall(
        self,
        delivery: str,
        *,
        at: int,
        accounts: Collection[str] | None = None,
        undone: bool = False,
    ) -> tuple[int, str, Delivery, list[Item]]:
        """As `choose`, for items of a delivery that are to be taken back.

        Args:
            delivery: one that was sent, wholly or in part.
            at: now, ms since 1970 UTC.
            accounts: these alone; all by default.
            undone: those alone whose decision no longer stands.

        Raises:
            ConfigError: it was not sent, an account is not in it, or nothing is left to take back.
        """
        with reading(self._engine) as connection:
            found = read_delivery(connection, delivery)
            chosen = choose_recalled(connection, found, accounts=accounts, undone=undone)
            return _head(connection), _next_name(connection, at), found, chosen

    def enter(
        self,
        head: int,
        delivery: str,
        items: Sequence[Item],
        *,
        op: str,
        destination: str,
        run: str,
        purpose: str,
        by: str,
        at: int,
        hold_ms: int,
        manifest_sha256: str,
        place: Callable[[], None],
        recalls: str | None = None,
    ) -> bool:
        """Enter a delivery that was written beside its place; False if it is overtaken.

        Args:
            head: the newest entry of the history when the items were chosen; one that came since
                may have changed what leaves, so that it must be chosen again.
            delivery: its name.
            items: what it names.
            op: `upsert` or `recall`.
            destination: where to.
            run: the run whose clusters they are.
            purpose: what it is for.
            by: who proposes it.
            at: ms since 1970 UTC.
            hold_ms: how long it is held.
            manifest_sha256: the digest of its manifest.
            place: puts its folder in place.
            recalls: the delivery that it takes back.

        Raises:
            ConfigError: no purpose, or nobody who proposes it.
            StoreError: the disk or the database refused; nothing was entered.
        """
        purpose = checked_words(purpose, what="a purpose")
        by = checked_words(by, what="the name of who delivers")
        with self._turn() as connection:
            if _head(connection) != head:
                return False
            place()
            given = {
                "delivery": delivery,
                "op": op,
                "destination": destination,
                "purpose": purpose,
                "items": len(items),
                "held_until": at + hold_ms,
                "manifest_sha256": manifest_sha256,
                "recalls": recalls,
            }
            seq = add_entry(connection, "deliver", by=by, at=at, run=run, details=given)
            values = {**given, "seq": seq, "run": run, "by": by, "at": at}
            connection.execute(insert(DELIVERIES).values(values))
            rows = [
                {"delivery": delivery, "place": number, **asdict(item)}
                for number, item in enumerate(items)
            ]
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                connection.execute(insert(DELIVERY_ITEMS), rows[start : start + _ROWS_AT_ONCE])
        return True

    def approve(self, delivery: str, *, by: str, at: int, reason: str = "") -> Delivery:
        """Let a held delivery leave.

        Raises:
            ConfigError: it is not held, or who approves took one of its decisions.
            StoreError: what it rests on no longer stands, and it was cancelled; or the database
                refused.
        """
        by = checked_words(by, what="the name of who approves")
        with self._turn() as connection:
            found = read_delivery(connection, delivery)
            if found.state != HELD:
                message = f"`{delivery}` is {found.state}; only a held delivery is approved"
                raise ConfigError(message)
            if by in deciders(connection, delivery):
                message = (
                    f"`{by}` took a decision that `{delivery}` rests on; somebody else approves it"
                )
                raise ConfigError(message)
            why = overtaken(connection, found, at)
            _event(
                connection,
                delivery,
                "cancelled" if why else "approved",
                why or reason,
                by=by,
                at=at,
            )
        if why:
            raise StoreError(cancelled_by_itself(delivery, why))
        return self.get(delivery)

    def cancel(self, delivery: str, *, by: str, at: int, reason: str) -> Delivery:
        """Keep a delivery from leaving.

        Raises:
            ConfigError: it is being sent or was; no reason, or nobody who cancels.
        """
        reason = checked_words(reason, what="a reason")
        by = checked_words(by, what="the name of who cancels")
        with self._turn() as connection:
            found = read_delivery(connection, delivery)
            if found.state not in NOT_SENT:
                message = f"`{delivery}` is {found.state}; what was sent is taken back by a recall"
                raise ConfigError(message)
            _event(connection, delivery, "cancelled", reason, by=by, at=at)
        return self.get(delivery)

    def may_leave(self, delivery: str, *, by: str, at: int, again: bool = False) -> Delivery:
        """The delivery if it may be sent now; cancelled where what it rests on no longer stands.

        Raises:
            ConfigError: it is not approved, held still, given up (and not `again`), or was sent.
            StoreError: it was cancelled, or its destination is closed.
        """
        why = ""
        with self._turn() as connection:
            found = read_delivery(connection, delivery)
            if closed(connection, found.destination):
                message = (
                    f"`{found.destination}` said that it is gone; once it is back:"
                    f" `ringwatch send --open {found.destination}`"
                )
                raise StoreError(message)
            if found.state == DEAD and again:
                _event(connection, delivery, "again", "tried anew", by=by, at=at)
            elif found.state not in (APPROVED, SENDING):
                message = (
                    f"`{delivery}` is {found.state}; {_MEND.get(found.state, 'nothing to do')}"
                )
                raise ConfigError(message)
            if at < found.held_until:
                minutes = -((at - found.held_until) // 60_000)
                message = f"`{delivery}` is held for {minutes} more minutes"
                raise ConfigError(message)
            if found.state == APPROVED:
                why = overtaken(connection, found, at)
                if why:
                    _event(connection, delivery, "cancelled", why, by=by, at=at)
        if why:
            raise StoreError(cancelled_by_itself(delivery, why))
        return found

    def tried(
        self, delivery: str, page: int, *, at: int, outcome: str, status: int | None,
        says: str, next_at: int | None,
    ) -> None:  # fmt: skip
        """Keep one try to send a page."""
        with self._turn() as connection:
            last = connection.scalar(select(func.coalesce(func.max(SENDINGS.c.number), 0)))
            values = {"page": page, "at": at, "outcome": outcome, "status": status, "says": says}
            connection.execute(
                insert(SENDINGS).values(
                    number=int(last or 0) + 1, delivery=delivery, next_at=next_at, **values
                )
            )

    def tries(self, delivery: str, page: int) -> list[Mapping[str, Any]]:
        """The tries of a page since a person last asked to try anew (`again`)."""
        with reading(self._engine) as connection:
            since = connection.scalar(
                select(func.max(DELIVERY_EVENTS.c.at)).where(
                    DELIVERY_EVENTS.c.delivery == delivery, DELIVERY_EVENTS.c.event == "again"
                )
            )
            return [
                dict(row)
                for row in pages_tried(connection, delivery).get(page, [])
                if row["outcome"] == "accepted" or since is None or row["at"] >= since
            ]

    def happened(self, delivery: str, event: str, *, reason: str, by: str, at: int) -> None:
        """Enter that a delivery was sent or given up."""
        with self._turn() as connection:
            _event(connection, delivery, event, reason, by=by, at=at)

    def turn_destination(
        self, destination: str, event: str, *, reason: str, by: str, at: int
    ) -> None:
        """Close a destination that is gone (`closed`), or open it again (`opened`)."""
        with self._turn() as connection:
            details = {"destination": destination, "event": event, "reason": reason}
            seq = add_entry(connection, "destination", by=by, at=at, details=details)
            connection.execute(
                insert(DESTINATIONS_CLOSED).values(
                    seq=seq, destination=destination, event=event, reason=reason, by=by, at=at
                )
            )

    def receive(self, delivery: str, receipts: Iterable[Receipt], *, by: str, at: int) -> int:
        """Keep what a receiver says of items; give how many receipts were new.

        Raises:
            ConfigError: an item is not in the delivery, or a status is unknown; none was kept.
        """
        with self._turn() as connection:
            read_delivery(connection, delivery)
            return add_receipts(connection, delivery, receipts, by=by, at=at)

    def suppress(self, **given: Any) -> Suppression:  # noqa: ANN401 - `suppressions.suppress`
        """Keep an account or a cluster from leaving, until a day; see `suppressions.suppress`."""
        with self._turn() as connection:
            return suppress(connection, **given)

    def lift(self, suppression: int, *, reason: str, by: str, at: int) -> None:
        """End a suppression before its day; see `suppressions.lift`."""
        with self._turn() as connection:
            lift(connection, suppression, reason=reason, by=by, at=at)

    def suppressions(self, *, at: int) -> list[Suppression]:
        """The suppressions that hold at a time."""
        with reading(self._engine) as connection:
            return in_force(connection, at=at)


_MEND = {
    HELD: "somebody who did not decide approves it first: `ringwatch approve`",
    DEAD: "`ringwatch send DELIVERY --again` tries for another day",
    CANCELLED: "deliver again",
}


def _head(connection: Connection) -> int:
    return int(connection.execute(select(HISTORY_HEAD.c.seq)).scalar_one())


def _next_name(connection: Connection, at: int) -> str:
    year = datetime.fromtimestamp(at / 1000, tz=UTC).year
    names = connection.scalars(
        select(DELIVERIES.c.delivery).where(DELIVERIES.c.delivery.like(f"DL-{year:04}-%"))
    )
    last = max((int(name.rsplit("-", 1)[1]) for name in names), default=0)
    return f"DL-{year:04}-{last + 1:06}"


def _event(
    connection: Connection, delivery: str, event: str, reason: str, *, by: str, at: int
) -> None:
    details = {"delivery": delivery, "event": event, "reason": reason}
    seq = add_entry(connection, "delivery", by=by, at=at, details=details)
    connection.execute(
        insert(DELIVERY_EVENTS).values(
            seq=seq, delivery=delivery, event=event, reason=reason, by=by, at=at
        )
    )
