"""Accounts of two rings: who belongs to a flagged cluster beside the one that it is divided into.

A division gives an account to one cluster, and an operator may use it in two rings. Every account
is therefore held against the flagged clusters that it is no member of, by the score that their own
members have. The clusters themselves stay as they are, so that every count stays clear.
"""

from __future__ import annotations

from collections.abc import Sequence

from algorithms.belonging import belonging, median_members
from graph.model import InteractionGraph
from graph.schemas import ALSO_IN
from graph.table import Table


def also_in(
    graph: InteractionGraph,
    clusters: Table,
    members: Table,
    *,
    least_belonging: float,
    least_partners: int,
    leaning: Sequence[str] = (),
) -> Table:
    """Who belongs to a flagged cluster without being its member (`ALSO_IN`).

    An account belongs there too when its **score** is at least `least_belonging`, the bar of the
    cluster's own members, and edges join it to `least_partners` of those or more. Only members
    named with the cluster count; to the weak ones nobody belongs. A pair that only `leaning`
    layers join does not count either: one viral post joins its whole crowd to three rings at once.
    The account may be a member of another cluster, flagged or not, or of none.

    Args:
        graph: the coordination graph.
        clusters: `CLUSTERS`, judged.
        members: `MEMBERS`, with their roles.
        least_belonging: the least score, in [0, 1].
        least_partners: the least number of members that it is joined to.
        leaning: layers whose edges by themselves are no evidence of a second ring, since they rest
            on one coming together or repeat other layers.
    """
    named = {f"layer_{n}": layer for n, layer in enumerate(leaning)}
    standing = " and ".join(f"layer <> ${name}" for name in named) or "true"
    return graph.edges.engine.sql(
        f"""
        with ends as (
            select src as account, dst as partner, layer,
                   cast(weight as decimal(38, 15)) as weight
            from {{edges}}
            union all
            select dst, src, layer, cast(weight as decimal(38, 15)) from {{edges}}
        ),
        pairs as (
            select account, partner, sum(weight) as weight,
                   max(case when {standing} then 1 else 0 end) as stands
            from ends group by account, partner
        ),
        named as (
            select m.cluster, m.account
            from {{members}} m join {{clusters}} c on c.cluster = m.cluster
            where c.flagged and m.role <> 'weak'
        ),
        led as (
            select p.account, n.cluster, h.cluster as home,
                   count(*) as partners, sum(p.weight) as inside
            from pairs p
            join named n on n.account = p.partner
            left join {{members}} h on h.account = p.account
            where p.stands = 1 and (h.cluster is null or h.cluster <> n.cluster)
            group by p.account, n.cluster, h.cluster
        ),
        totals as (
            select account, sum(weight) as weight from pairs
            where account in (select account from led) group by account
        ),
        medians as ({median_members("{members}")}),
        tied as (
            select l.cluster, l.account, l.home, l.partners,
                   round(cast(l.inside as double), 9) as strength,
                   round(cast(t.weight - l.inside as double), 9) as outside,
                   m.strength as median
            from led l
            join totals t on t.account = l.account
            join medians m on m.cluster = l.cluster
            where l.partners >= $partners
        ),
        scored as (
            select cluster, account, home, partners, strength,
                   {belonging("strength", "outside", "median")} as score
            from tied
        )
        select cluster, account, home, score, partners, strength from scored where score >= $least
        """,
        ALSO_IN,
        {"least": least_belonging, "partners": least_partners, **named},
        edges=graph.edges,
        clusters=clusters,
        members=members,
    )
