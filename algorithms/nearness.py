"""How near each account is to the ones judged before: as it reads beside a member's role."""

from __future__ import annotations

from algorithms.pagerank import personalised_pagerank
from algorithms.seeds import seed_propagation
from graph.model import InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import NEAR_SEEDS
from graph.table import Table

NEARNESS = Schema(
    "nearness",
    (
        Column("account", "VARCHAR", "an account of the graph"),
        Column("seed", "VARCHAR", "`bad` or `good` where it was judged before", nullable=True),
        Column("nearness", "DOUBLE", "suspicion less trust, in [-1, 1]; the most extreme has 1"),
        Column("seed_rank", "DOUBLE", "walkers from the known-bad, times the mean of all accounts"),
    ),
    key=("account",),
)


def nearness(graph: InteractionGraph, *, bad: Table, good: Table) -> Table:
    """Each account of the graph beside the seeds (`NEARNESS`).

    `nearness` is two-sided: suspicion spreads from the known-bad and trust from the known-good
    (`algorithms.seeds`); 0 where neither reaches. `seed_rank` is personalised PageRank from the
    known-bad times the number of accounts, so 1 is what an account would have on average: 8 says
    that eight times as many walkers from the known-bad are found there. Without a known-bad
    account in the graph both are 0. Both are given to six places, where every engine writes the
    same number.

    Args:
        graph: the coordination graph, without what seeds themselves added to it.
        bad: known-bad accounts, a column `account`; those that are not in the graph say nothing.
        good: known-good ones, likewise.

    Raises:
        ValueError: an account of the graph is both.
    """
    suspects, trusted = seeds_in(graph, bad), seeds_in(graph, good)
    if not suspects:
        return _of_nobody(graph, good)
    suspicion = seed_propagation(graph, bad=suspects, good=trusted).scores
    walkers = personalised_pagerank(graph, suspects).scores
    return graph.edges.engine.sql(
        """
        select s.account,
               case when b.account is not null then 'bad'
                    when g.account is not null then 'good' end as seed,
               -- Where trust and suspicion cancel out, one engine would write nought as -0.
               case when abs(s.score) < 5e-7 then 0.0 else round(s.score, 6) end as nearness,
               round(w.score * n.accounts, 6) as seed_rank
        from {suspicion} s
        join {walkers} w on w.account = s.account
        cross join (select count(*) as accounts from {walkers}) n
        left join {bad} b on b.account = s.account
        left join {good} g on g.account = s.account
        """,
        NEARNESS,
        suspicion=suspicion,
        walkers=walkers,
        bad=bad,
        good=good,
    )


def seeds_in(graph: InteractionGraph, accounts: Table) -> list[str]:
    """Those of some accounts (a column `account`) that the graph has, in the order of their ids."""
    rows = graph.engine.query(
        """
        select account from {accounts}
        where account in (select src from {edges} union select dst from {edges})
        order by account
        """,
        accounts=accounts,
        edges=graph.edges,
    )
    found: list[str] = rows["account"].to_pylist()
    return found


def _of_nobody(graph: InteractionGraph, good: Table) -> Table:
    return graph.edges.engine.sql(
        """
        select a.account, case when g.account is not null then 'good' end as seed,
               0.0 as nearness, 0.0 as seed_rank
        from (select src as account from {edges} union select dst from {edges}) a
        left join {good} g on g.account = a.account
        """,
        NEARNESS,
        edges=graph.edges,
        good=good,
    )


def nearest_outside(
    near: Table,
    graph: InteractionGraph,
    clusters: Table,
    members: Table,
    *,
    most: int,
) -> Table:
    """The accounts of no flagged cluster that lie nearest to the known-bad (`NEAR_SEEDS`).

    Whom a division or a gate left out may still stand beside accounts judged bad. At most `most`,
    of those that suspicion reaches at all (`nearness` above 0); of equals the higher `seed_rank`,
    then the lesser id. Seeds are known already and are left out.

    Args:
        near: `NEARNESS` of the graph, seeds marked.
        graph: the coordination graph.
        clusters: `CLUSTERS`, judged.
        members: `MEMBERS`.
        most: how many at most.
    """
    return near.engine.sql(
        """
        with ends as (
            select src as account, dst as partner, cast(weight as decimal(38, 15)) as weight
            from {edges}
            union all
            select dst, src, cast(weight as decimal(38, 15)) from {edges}
        ),
        homes as (
            select m.account, m.cluster, c.flagged
            from {members} m join {clusters} c on c.cluster = m.cluster
        ),
        nearest as (
            select n.account, n.nearness, n.seed_rank, h.cluster
            from {near} n left join homes h on h.account = n.account
            where n.nearness > 0 and n.seed is null and coalesce(h.flagged, false) = false
            order by n.nearness desc, n.seed_rank desc, n.account limit $most
        ),
        direct as (
            select e.account, count(distinct e.partner) as seeds, sum(e.weight) as strength
            from ends e join {near} b on b.account = e.partner and b.seed = 'bad'
            where e.account in (select account from nearest)
            group by e.account
        )
        select n.account, n.nearness, n.seed_rank, coalesce(d.seeds, 0) as seeds,
               round(cast(coalesce(d.strength, 0) as double), 9) as strength, n.cluster
        from nearest n left join direct d on d.account = n.account
        """,
        NEAR_SEEDS,
        {"most": most},
        edges=graph.edges,
        near=near,
        clusters=clusters,
        members=members,
    )
