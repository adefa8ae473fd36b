"""Which of all pairs are called: the cut among every eligible pair, blatant groups set aside."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.leiden import leiden_of_pairs
from algorithms.tail import step_up_cut
from graph.model import InteractionGraph
from graph.schemas import EDGES
from graph.table import Table

WEAK_LOG10 = -3.0
"""Refused edges with a p-value of at most 10 to this are kept beside the called ones."""
_BLATANT_ACCOUNTS = 4
_BLATANT_DENSITY = 0.5


@dataclass(frozen=True, slots=True)
class Called:
    """The edges that survive a false-discovery cut, and where it fell."""

    graph: InteractionGraph
    weak: Table
    """Edges that were refused and yet surprise: `log10_p` of at most `WEAK_LOG10`."""
    log10_cut: float
    log10_first_cut: float
    """The cut before the pairs inside blatant groups were taken out of the list."""
    tested_pairs: float
    kept: int
    refused: int

    @property
    def facts(self) -> dict[str, float | int]:
        """What a data scientist asks for first."""
        return {
            "tested_pairs": self.tested_pairs,
            "log10_cut": max(self.log10_cut, -1e308) if self.kept else 0.0,
            "log10_first_cut": self.log10_first_cut if self.kept else 0.0,
            "edges_kept": self.kept,
            "edges_refused": self.refused,
        }


def call_edges(
    graph: InteractionGraph, *, tested_pairs: float, false_discovery_rate: float, seed: int = 0
) -> Called:
    """Keep the edges that Benjamini and Hochberg call among `tested_pairs` tests.

    A rate of false calls is a share of all calls, so a ring of 300 that acts in lockstep, 45,000
    true pairs, would buy 2,000 false ones elsewhere, where people read. Groups that the first cut
    shows to be blatant (`blatant_pairs`) are therefore called and taken out of the list, and the
    rest is cut again as if it were alone, among all the tests.

    Args:
        graph: edges with `log10_p`.
        tested_pairs: all eligible pairs of accounts, joined or not.
        false_discovery_rate: the share of false edges to accept, in (0, 1).
        seed: of the division that finds the blatant groups.
    """
    tests = max(tested_pairs, graph.edges.count())
    first = _cut(graph.edges, tests, false_discovery_rate)
    called = _up_to(graph.edges, first)
    blatant = blatant_pairs(InteractionGraph(called), seed=seed)
    rest = graph.engine.sql(_BEYOND, EDGES, edges=graph.edges, blatant=blatant)
    cut = _cut(rest, tests, false_discovery_rate)
    kept = graph.engine.sql(
        "select * from {blatant} union all select * from {rest} where log10_p <= $cut",
        EDGES,
        {"cut": cut},
        blatant=blatant,
        rest=rest,
    )
    weak = graph.engine.sql(
        "select * from {edges} where log10_p > $cut and log10_p <= $weak",
        EDGES,
        {"cut": cut, "weak": WEAK_LOG10},
        edges=rest,
    )
    number = kept.count()
    return Called(
        graph=InteractionGraph(kept, directed=graph.directed, accounts=graph.accounts),
        weak=weak,
        log10_cut=cut,
        log10_first_cut=first,
        tested_pairs=tested_pairs,
        kept=number,
        refused=graph.edges.count() - number,
    )


def blatant_pairs(
    called: InteractionGraph, *, seed: int = 0, least_accounts: int = _BLATANT_ACCOUNTS
) -> Table:
    """The called edges (`EDGES`) inside groups that are dense in called edges.

    Groups are those of a division in which each called edge weighs 1; a group counts from
    `least_accounts` members and `_BLATANT_DENSITY` of its pairs called. By chance called edges
    are so few among so many pairs that they form none.
    """
    engine = called.engine
    groups = leiden_of_pairs(called.edges, resolution=_BLATANT_DENSITY / 2, seed=seed)
    return engine.sql(
        """
        with sizes as (
            select cluster, count(*) as accounts from {members} group by cluster
        ),
        inner_edges as (
            select e.src, e.dst, a.cluster
            from {edges} e
            join {members} a on a.account = e.src
            join {members} b on b.account = e.dst
            where a.cluster = b.cluster
        ),
        dense as (
            select i.cluster
            from inner_edges i join sizes s on s.cluster = i.cluster
            where s.accounts >= $accounts
            group by i.cluster, s.accounts
            having count(*) >= $density * s.accounts * (s.accounts - 1) / 2.0
        )
        select e.*
        from {edges} e join inner_edges i on i.src = e.src and i.dst = e.dst
        where i.cluster in (select cluster from dense)
        """,
        EDGES,
        {"accounts": least_accounts, "density": _BLATANT_DENSITY},
        edges=called.edges,
        members=groups.members,
    )


_BEYOND = """
select e.* from {edges} e
left join {blatant} b on b.src = e.src and b.dst = e.dst
where b.src is null
"""


def _cut(edges: Table, tests: float, rate: float) -> float:
    """The greatest log10 p that is called."""

    def up_to(most: float) -> tuple[int, float]:
        counted = edges.engine.query(
            """
            select count(*) as edges, coalesce(max(log10_p), -1e308) as greatest
            from {edges} where log10_p <= $most
            """,
            {"most": most},
            edges=edges,
        )
        return counted["edges"][0].as_py(), counted["greatest"][0].as_py()

    return step_up_cut(edges.count(), up_to, tests=tests, rate=rate)


def _up_to(edges: Table, cut: float) -> Table:
    return edges.engine.sql(
        "select * from {edges} where log10_p <= $cut", EDGES, {"cut": cut}, edges=edges
    )


def eligible_pairs(interactions: Table, *, at_least: int) -> float:
    """Unordered pairs of accounts with at least `at_least` interactions each.

    The rule looks at margins that the null model fixes, so it does not bias the test.
    """
    found = interactions.engine.query(
        "select count(*) as accounts from (select account from {interactions}"
        " group by account having count(*) >= $at_least)",
        {"at_least": at_least},
        interactions=interactions,
    )
    accounts = int(found["accounts"][0].as_py())
    return accounts * (accounts - 1) / 2
