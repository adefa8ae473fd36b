"""Which accounts of a run may leave, and by what name: one item an account.

Only accounts that a standing decision confirms leave: those that were members when it was taken
(whatever run that was), were not left out by it, and are members, not weak, now. All others are
counted with the reason why they stay.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from graph.errors import ConfigError
from review.deliveries.suppressions import ACCOUNT, CLUSTER, in_force
from review.deliveries.tables import DELIVERIES, DELIVERY_EVENTS, DELIVERY_ITEMS
from review.identity.carried import Carried, carried, decided_identities
from review.identity.lineage import lead_here, leads_to
from review.identity.tables import SIGHTINGS
from review.manifest import canonical
from review.second.pending import ADJUDICATION, SECOND_REVIEW
from review.tables import MEMBERS

CONFIRMED = "confirmed"
WEAK_STAY = "weak members"
NEW_STAY = "accounts new since the decision"
EXCLUDED_STAY = "accounts excluded by a decision"
OTHERS_STAY = "accounts decided otherwise"
WAITING_STAY = "accounts that await a second review"
SUPPRESSED_STAY = "accounts suppressed"
CLUSTER_STAYS = "accounts of suppressed clusters"
DELIVERED_STAY = "accounts delivered before"
RECALLED_STAY = "accounts recalled and not decided anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One account that leaves. `decision` is the number of the decision that confirms it."""

    item_id: str
    identity: str
    cluster: str
    account: str
    action: str
    decision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What would leave, by item; the decisions behind it by cluster; what stays, by reason."""

    items: Sequence[Item]
    behind: Mapping[str, Carried]
    left_out: Mapping[str, int] = field(default_factory=dict)


def item_id(identity: str, account: str, action: str, decision: int) -> str:
    """The item's name: SHA-256 of cluster id, account, recommended action, decision number.

    The same item has the same name however often it is sent, so that a receiver can tell.
    """
    return hashlib.sha256(canonical([identity, account, action, decision])).hexdigest()


def choose_items(
    connection: Connection,
    run: str,
    *,
    destination: str,
    action: str,
    at: int,
    only: Collection[str] | None = None,
) -> Chosen:
    """The accounts of a run that may leave to a destination now.

    Args:
        connection: a transaction of the store.
        run: the run whose clusters are looked at.
        destination: where to; what went there before does not go again.
        action: what is recommended to be done with them.
        at: now, ms since 1970 UTC.
        only: these clusters (by their names in the run); all by default.

    Raises:
        ConfigError: one of `only` may not leave: nothing confirmed stands on it.
    """
    decided = set(leads_to(connection, decided_identities(connection)).values())
    query = select(SIGHTINGS.c.cluster, SIGHTINGS.c.identity).where(SIGHTINGS.c.run == run)
    seen = {row.cluster: row.identity for row in connection.execute(query)}
    ends = leads_to(connection, set(seen.values()))
    held, stays = _Held(connection, destination, at), Counter[str]()
    items: list[Item] = []
    behind: dict[str, Carried] = {}
    for cluster in sorted(seen if only is None else only):
        identity = ends[seen[cluster]]
        stands = carried(connection, run, cluster, identity) if identity in decided else None
        if stands is None or not _confirms(stands):
            if only is not None:
                message = (
                    f"nothing confirmed stands on cluster `{cluster}`, and a delivery takes"
                    f" confirmed accounts; confirm it with `ringwatch decide {cluster}`"
                )
                raise ConfigError(message)
            outcome = "open" if stands is None else stands.decision.outcome
            stays[f"clusters {outcome}"] += 1
            continue
        behind[cluster] = stands
        stays[WEAK_STAY] += _weak(connection, run, cluster)
        stays[NEW_STAY] += len(stands.fresh)
        for account, (verdict, decision) in sorted(stands.verdicts.items()):
            item = Item(
                item_id=item_id(identity, account, action, decision),
                identity=identity,
                cluster=cluster,
                account=account,
                action=action,
                decision=decision,
            )
            why = _OTHERWISE.get(verdict, OTHERS_STAY) if verdict != CONFIRMED else held.why(item)
            if why is None:
                items.append(item)
            else:
                stays[why] += 1
    going = {item.cluster for item in items}
    return Chosen(
        items=items,
        behind={cluster: stands for cluster, stands in behind.items() if cluster in going},
        left_out={why: count for why, count in sorted(stays.items()) if count},
    )


_OTHERWISE = {
    "excluded": EXCLUDED_STAY,
    SECOND_REVIEW: WAITING_STAY,
    ADJUDICATION: WAITING_STAY,
}


class _Held:
    """What a destination has already, and what never leaves."""

    def __init__(self, connection: Connection, destination: str, at: int) -> None:
        cancelled = select(DELIVERY_EVENTS.c.delivery).where(DELIVERY_EVENTS.c.event == "cancelled")
        rows = connection.execute(
            select(DELIVERY_ITEMS.c.item_id, DELIVERIES.c.op)
            .join(DELIVERIES, DELIVERIES.c.delivery == DELIVERY_ITEMS.c.delivery)
            .where(
                DELIVERIES.c.destination == destination,
                DELIVERIES.c.delivery.not_in(cancelled),
            )
        ).all()
        self._sent = {row.item_id for row in rows}
        self._recalled = {row.item_id for row in rows if row.op == "recall"}
        listed = in_force(connection, at=at)
        self._accounts = {each.subject for each in listed if each.kind == ACCOUNT}
        self._clusters = {
            name
            for each in listed
            if each.kind == CLUSTER
            for name in lead_here(connection, leads_to(connection, [each.subject])[each.subject])
        }

    def why(self, item: Item) -> str | None:
        """Why a confirmed account stays; None where it goes."""
        if item.identity in self._clusters:
            return CLUSTER_STAYS
        if item.account in self._accounts:
            return SUPPRESSED_STAY
        if item.item_id in self._recalled:
            return RECALLED_STAY
        return DELIVERED_STAY if item.item_id in self._sent else None


def _confirms(stands: Carried) -> bool:
    return any(verdict == CONFIRMED for verdict, _ in stands.verdicts.values())


def _weak(connection: Connection, run: str, cluster: str) -> int:
    members = MEMBERS.c
    query = select(members.account).where(
        members.run == run, members.cluster == cluster, members.role == "weak"
    )
    return len(connection.scalars(query).all())
