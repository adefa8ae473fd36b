"""The interactions on rare objects: those of two accounts or more, and of few."""

from __future__ import annotations

from typing import Literal

from graph.table import Table

Rarity = Literal["by action", "whatever action", "either"]
"""Whose accounts are counted: those of an object under one action, all of the object, or either."""

WHATEVER = "*"
"""The action that stands for all of them where they are not told apart."""

_HOLDS: dict[Rarity, str] = {
    "by action": "under between 2 and $most",
    "whatever action": "whole between 2 and $most",
    "either": "under between 2 and $most or whole between 2 and $most",
}


def on_rare_objects(
    interactions: Table, *, at_most_accounts: int, rarity: Rarity = "by action"
) -> Table:
    """The interactions on objects that between two and `at_most_accounts` accounts acted on.

    Args:
        interactions: `INTERACTIONS`.
        at_most_accounts: distinct accounts of an object that is still rare.
        rarity: `by action` counts who likes a post and who shares it apart; `whatever action`
            counts them together, and gives every row the action `WHATEVER`; `either` gives the
            rows, as they are, of objects that are rare in one way or the other.
    """
    action = f"'{WHATEVER}'" if rarity == "whatever action" else "i.action"
    rest = [f"i.{name}" for name in interactions.schema.names if name != "action"]
    return interactions.engine.sql(
        f"""
        with acting as (
            select distinct account, action, object_kind, object
            from {{interactions}} where object <> ''
        ),
        by_action as (
            select action, object_kind, object, count(*) as under
            from acting group by action, object_kind, object
        ),
        wholly as (
            select object_kind, object, count(distinct account) as whole
            from acting group by object_kind, object
        ),
        rare as (
            select b.action, b.object_kind, b.object
            from by_action b join wholly w using (object_kind, object)
            where {_HOLDS[rarity]}
        )
        select {action} as action, {", ".join(rest)}
        from {{interactions}} i
        join rare r on r.action = i.action and r.object_kind = i.object_kind
                   and r.object = i.object
        """,
        interactions.schema,
        {"most": at_most_accounts},
        interactions=interactions,
    )


def mixes_actions(interactions: Table) -> bool:
    """Whether any object is acted on in two ways, so that not telling them apart tells more."""
    found = interactions.engine.query(
        """
        select count(*) as objects from (
            select object_kind, object from {interactions} where object <> ''
            group by object_kind, object having min(action) <> max(action)
        )
        """,
        interactions=interactions,
    ).to_pylist()
    return int(found[0]["objects"]) > 0
