"""Innocent explanations, measured on every cluster: a file each, and the list of them all."""

from __future__ import annotations

from dataclasses import replace

from algorithms.explain.acquaintances import ACQUAINTANCES
from algorithms.explain.ages import AGES
from algorithms.explain.arrivals import arrived
from algorithms.explain.audience import AUDIENCE
from algorithms.explain.breadth import BREADTH, measured_breadth
from algorithms.explain.declared import DECLARED
from algorithms.explain.early import early_arrivals
from algorithms.explain.flash_crowd import FLASH_CROWD
from algorithms.explain.following import FOLLOWING
from algorithms.explain.household import HOUSEHOLD
from algorithms.explain.one_source import ONE_SOURCE
from algorithms.explain.popular import POPULAR
from algorithms.explain.reaction import REACTION
from algorithms.explain.same_hours import SAME_HOURS
from algorithms.explain.schema import CHECKED, EXPLANATIONS, Explanation, Known
from algorithms.explain.sittings import SITTINGS
from algorithms.explain.super_users import SUPER_USERS
from graph.table import Table

ALL: tuple[Explanation, ...] = (
    AUDIENCE,
    FOLLOWING,
    ACQUAINTANCES,
    FLASH_CROWD,
    SITTINGS,
    SAME_HOURS,
    DECLARED,
    HOUSEHOLD,
    REACTION,
    ONE_SOURCE,
    POPULAR,
    SUPER_USERS,
    AGES,
    BREADTH,
)
"""Every explanation, in the order in which a reader meets them: the sufficient ones first."""


def explained(known: Known, *, explanations: tuple[Explanation, ...] = ALL) -> Table:
    """Every explanation of every cluster (`EXPLANATIONS`), those that could not be checked too.

    Args:
        known: the clusters, and what is known of them and of the extract.
        explanations: which to check.
    """
    engine = known.engine
    arrivals = known.arrived or arrived(known)
    lives = known.lives or measured_breadth(known)
    early = known.early or early_arrivals(known)
    told = replace(known, arrived=arrivals, lives=lives, early=early)
    found = [_of_every_cluster(each, told) for each in explanations]
    query = " union all ".join(f"select * from {{checked_{n}}}" for n in range(len(found)))
    tables = {f"checked_{n}": table for n, table in enumerate(found)}
    whole = engine.sql(query, EXPLANATIONS, **tables)
    for done in (*found, arrivals, lives):
        engine.drop(done)
    # Whoever gave it may have a use for it yet.
    if known.early is None:
        engine.drop(early)
    return whole


def _of_every_cluster(explanation: Explanation, known: Known) -> Table:
    engine = known.engine
    checked = explanation.check(known)
    rows = engine.from_arrow(CHECKED.arrow.empty_table(), CHECKED) if checked is None else checked
    whole = engine.sql(
        """
        with named as (select distinct cluster from {members})
        select n.cluster, $name as explanation, c.measured, c.usual, round(c.degree, 9) as degree,
               coalesce(c.says, 'not checked: it needs ' || $needs) as says,
               $sufficient_for as sufficient_for
        from named n left join {rows} c on c.cluster = n.cluster
        """,
        EXPLANATIONS,
        {
            "name": explanation.name,
            "needs": explanation.needs,
            "sufficient_for": ",".join(explanation.sufficient_for),
        },
        members=known.clustering.members,
        rows=rows,
    )
    if rows is not known.lives:
        engine.drop(rows)
    return whole
