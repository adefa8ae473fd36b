"""The interactions on rare objects: those of two accounts or more, and of few."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from graph.schema import Column, Schema
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


_RARITY = (
    Column("under", "BIGINT", "accounts that did this to the object"),
    Column("whole", "BIGINT", "accounts that did anything to it"),
)


def with_rarity(interactions: Table, *, at_most_accounts: int, by: Table | None = None) -> Table:
    """The interactions on objects that are rare in any way, with how many accounts acted there.

    Their columns are those of the interactions, then `under`, which counts the accounts of the
    object under the row's action, and `whole`, which counts all of the object. What `Rarity` calls
    rare of as many accounts or fewer is found in them (`on_rare_objects`).

    Args:
        interactions: `INTERACTIONS`.
        at_most_accounts: distinct accounts of an object that is still rare.
        by: accounts (`account`) whose interactions are given; all by default. Others are counted.
    """
    wanted = "" if by is None else "where i.account in (select account from {by})"
    own = interactions.schema
    schema = replace(own, name="by_rarity", columns=(*own.columns, *_RARITY))
    return interactions.engine.sql(
        f"""
        with by_action as (
            select action, object_kind, object, count(distinct account) as under
            from {{interactions}} where object <> '' group by action, object_kind, object
        ),
        wholly as (
            select object_kind, object, count(distinct account) as whole
            from {{interactions}} where object <> '' group by object_kind, object
        ),
        rare as (
            select b.action, b.object_kind, b.object, b.under, w.whole
            from by_action b join wholly w using (object_kind, object)
            where {_HOLDS["either"]}
        )
        select {", ".join(f"i.{name}" for name in own.names)}, r.under, r.whole
        from {{interactions}} i
        join rare r on r.action = i.action and r.object_kind = i.object_kind
                   and r.object = i.object
        {wanted}
        """,
        schema,
        {"most": at_most_accounts},
        interactions=interactions,
        **({} if by is None else {"by": by}),
    )


def on_rare_objects(
    acts: Table, schema: Schema, *, at_most_accounts: int, rarity: Rarity = "by action"
) -> Table:
    """The interactions on objects that between two and `at_most_accounts` accounts acted on.

    Args:
        acts: what `with_rarity` gave for as many accounts or more.
        schema: that of the interactions.
        at_most_accounts: distinct accounts of an object that is still rare.
        rarity: `by action` counts who likes a post and who shares it apart; `whatever action`
            counts them together, and gives every row the action `WHATEVER`; `either` gives the
            rows, as they are, of objects that are rare in one way or the other.
    """
    action = f"'{WHATEVER}'" if rarity == "whatever action" else "action"
    rest = [name for name in schema.names if name != "action"]
    return acts.engine.sql(
        f"select {action} as action, {', '.join(rest)} from {{acts}} where {_HOLDS[rarity]}",
        schema,
        {"most": at_most_accounts},
        acts=acts,
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
