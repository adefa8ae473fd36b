"""What of a delivery can be taken back: all of it, some accounts, or what no longer stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

from sqlalchemy import Connection

from graph.errors import ConfigError
from review.deliveries.items import Item
from review.deliveries.leaving import still_confirmed
from review.deliveries.state import CANCELLED, DEAD, NOT_SENT, RECALL, SENDING, Delivery, items_of


def choose_recalled(
    connection: Connection,
    delivery: Delivery,
    *,
    accounts: Collection[str] | None,
    undone: bool,
) -> list[Item]:
    """The items of a delivery that are to be taken back, and were not already.

    Args:
        connection: a transaction of the store.
        delivery: one that was sent, wholly or in part.
        accounts: these alone; None for all.
        undone: those alone whose decision no longer stands.

    Raises:
        ConfigError: it was not sent, an account is not in it, or nothing is left to take back.
    """
    name, state = delivery.delivery, delivery.state
    if delivery.op == RECALL:
        message = f"`{name}` is a recall; deliver again what it took back, once decided"
        raise ConfigError(message)
    if state in (*NOT_SENT, CANCELLED):
        message = f"`{name}` is {state} and was not sent: cancel it instead"
        raise ConfigError(message)
    if state in (SENDING, DEAD) and (undone or accounts is not None):
        # What was not sent of it would otherwise go out after the recall.
        message = f"`{name}` is {state}: recall it whole, or send it first"
        raise ConfigError(message)
    items = items_of(connection, name)
    strangers = set(accounts or ()) - {item.account for item in items}
    if strangers:
        message = f"`{min(strangers)}` is not in delivery `{name}`"
        raise ConfigError(message)
    stands = still_confirmed(connection, delivery.run, items) if undone else set()
    chosen = [
        Item(**{entry.name: getattr(item, entry.name) for entry in fields(Item)})
        for item in items
        if item.recalled_by is None
        and (accounts is None or item.account in accounts)
        and item.item_id not in stands
    ]
    if not chosen:
        message = f"nothing of `{name}` is left to take back"
        raise ConfigError(message)
    return chosen
