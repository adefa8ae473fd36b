"""The interactions on rare objects: those of two accounts or more, and of few."""

from __future__ import annotations

from graph.table import Table


def on_rare_objects(interactions: Table, *, at_most_accounts: int) -> Table:
    """The interactions on objects that between two and `at_most_accounts` accounts acted on.

    An object is one of a kind under one action: who likes a post and who shares it are counted
    apart.

    Args:
        interactions: `INTERACTIONS`.
        at_most_accounts: distinct accounts of an object that is still rare.
    """
    return interactions.engine.sql(
        """
        with rare as (
            select action, object_kind, object
            from {interactions}
            where object <> ''
            group by action, object_kind, object
            having count(distinct account) between 2 and $most
        )
        select i.*
        from {interactions} i
        join rare r on r.action = i.action and r.object_kind = i.object_kind
                   and r.object = i.object
        """,
        interactions.schema,
        {"most": at_most_accounts},
        interactions=interactions,
    )
