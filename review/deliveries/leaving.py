"""Whether a delivery may leave as it is: what it rests on, who decided, where it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from review.deliveries.state import UPSERT, Delivery, SentItem, items_of
from review.deliveries.suppressions import ACCOUNT, in_force
from review.deliveries.tables import DELIVERY_ITEMS, DESTINATIONS_CLOSED
from review.identity.carried import carried
from review.identity.lineage import lead_here, leads_to
from review.tables import DECISIONS


def deciders(connection: Connection, delivery: str) -> set[str]:
    """Who took the decisions that a delivery rests on."""
    decided = select(DELIVERY_ITEMS.c.decision).where(DELIVERY_ITEMS.c.delivery == delivery)
    return set(connection.scalars(select(DECISIONS.c.by).where(DECISIONS.c.seq.in_(decided))))


def closed(connection: Connection, destination: str) -> bool:
    """Whether a destination said that it is gone, and nobody opened it again."""
    newest = connection.scalar(
        select(DESTINATIONS_CLOSED.c.event)
        .where(DESTINATIONS_CLOSED.c.destination == destination)
        .order_by(DESTINATIONS_CLOSED.c.seq.desc())
        .limit(1)
    )
    return newest == "closed"


def overtaken(connection: Connection, delivery: Delivery, at: int) -> str:
    """Why a delivery may not leave as it is, or nothing."""
    if delivery.op != UPSERT:
        return ""
    items = items_of(connection, delivery.delivery)
    stands = still_confirmed(connection, delivery.run, items)
    fallen = [item for item in items if item.item_id not in stands]
    if fallen:
        return (
            f"{len(fallen)} of its {len(items)} accounts are no longer confirmed by the decision"
            f" that it names, `{fallen[0].account}` among them"
        )
    listed = in_force(connection, at=at)
    accounts = {each.subject for each in listed if each.kind == ACCOUNT}
    clusters = {
        name
        for each in listed
        if each.kind != ACCOUNT
        for name in lead_here(connection, leads_to(connection, [each.subject])[each.subject])
    }
    caught = [item for item in items if item.account in accounts or item.identity in clusters]
    return f"{len(caught)} of its accounts were suppressed meanwhile" if caught else ""


def still_confirmed(connection: Connection, run: str, items: Sequence[SentItem]) -> set[str]:
    """Of these items those that the decision that they name still confirms."""
    by_cluster: dict[tuple[str, str], list[SentItem]] = {}
    for item in items:
        by_cluster.setdefault((item.cluster, item.identity), []).append(item)
    found = set()
    for (cluster, identity), its in by_cluster.items():
        end = leads_to(connection, [identity])[identity]
        held = carried(connection, run, cluster, end)
        verdicts: Mapping[str, tuple[str, int]] = {} if held is None else held.verdicts
        found |= {
            item.item_id
            for item in its
            if verdicts.get(item.account) == ("confirmed", item.decision)
        }
    return found


def cancelled_by_itself(delivery: str, why: str) -> str:
    """What is said where a delivery may not leave as it is."""
    return f"`{delivery}` was cancelled: {why}; deliver again what stands"
