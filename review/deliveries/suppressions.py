"""Accounts and clusters that never leave, until a day: with an owner and a reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, insert, select

from graph.errors import ConfigError
from review.decisions import checked_words
from review.deliveries.tables import SUPPRESSIONS, SUPPRESSIONS_ENDED
from review.history import add_entry
from review.identity.tables import IDENTITIES

ACCOUNT, CLUSTER = "account", "cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """What never leaves: an account, or a cluster by its lasting id. Times are ms, UTC.

    `by` is its owner. It ends at `expires_at`, or when it is lifted.
    """

    seq: int
    kind: str
    subject: str
    reason: str
    by: str
    at: int
    expires_at: int


def suppress(
    connection: Connection,
    *,
    account: str | None = None,
    cluster: str | None = None,
    reason: str,
    by: str,
    at: int,
    expires_at: int,
) -> Suppression:
    """Put an account or a cluster on the list, within the caller's turn.

    Raises:
        ConfigError: neither or both are named, no cluster has the id, it would have ended already,
            or there is no reason or no owner.
    """
    if (account is None) == (cluster is None):
        message = "name one account or one cluster to suppress"
        raise ConfigError(message)
    kind, subject = (ACCOUNT, account) if cluster is None else (CLUSTER, cluster)
    assert subject is not None
    known = select(IDENTITIES.c.identity).where(IDENTITIES.c.identity == subject)
    if kind == CLUSTER and connection.scalar(known) is None:
        message = f"no cluster has the id `{subject[:40]}`; ids look like `CL-2026-000123`"
        raise ConfigError(message)
    if expires_at <= at:
        message = "a suppression needs a day on which it ends, and that day is past"
        raise ConfigError(message)
    given = {
        "kind": kind,
        "subject": subject,
        "reason": checked_words(reason, what="a reason"),
        "expires_at": expires_at,
    }
    by = checked_words(by, what="the name of its owner")
    seq = add_entry(connection, "suppress", by=by, at=at, details=given)
    made = Suppression(seq=seq, by=by, at=at, **given)  # type: ignore[arg-type]
    connection.execute(insert(SUPPRESSIONS).values(asdict(made)))
    return made


def lift(connection: Connection, suppression: int, *, reason: str, by: str, at: int) -> None:
    """End a suppression before its day, within the caller's turn.

    Raises:
        ConfigError: none of this number is in force; no reason, or nobody who lifts it.
    """
    if all(each.seq != suppression for each in in_force(connection, at=at)):
        message = f"no suppression {suppression} is in force; `ringwatch suppress` lists them"
        raise ConfigError(message)
    reason = checked_words(reason, what="a reason")
    by = checked_words(by, what="the name of who lifts it")
    details = {"suppression": suppression, "reason": reason}
    seq = add_entry(connection, "lift-suppression", by=by, at=at, details=details)
    connection.execute(
        insert(SUPPRESSIONS_ENDED).values(
            seq=seq, suppression=suppression, reason=reason, by=by, at=at
        )
    )


def in_force(connection: Connection, *, at: int) -> list[Suppression]:
    """The suppressions that hold at a time, in the order in which they came."""
    ended = select(SUPPRESSIONS_ENDED.c.suppression)
    query = (
        select(SUPPRESSIONS)
        .where(SUPPRESSIONS.c.expires_at > at, SUPPRESSIONS.c.seq.not_in(ended))
        .order_by(SUPPRESSIONS.c.seq)
    )
    return [Suppression(**row) for row in connection.execute(query).mappings()]
