"""Groups so large that they make their own expectation: what others do is expected of them."""

from __future__ import annotations

from dataclasses import replace

from algorithms.calls import blatant_pairs
from algorithms.chance import Tested, co_action_against_chance, tested_edges, with_lesser, with_tail
from graph.model import InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import EDGES
from graph.table import Table

MASKING_ACCOUNTS = 20
"""Smaller groups make too few of the pairs in an hour of 200 acts to matter."""
MOST_APART = 0.5
"""Where large groups do more than this share of all acts, the others are no measure of them."""
LEAST_LEFT = 0.05
"""The share of everybody's expectation that stays: how well others measure a group is not known."""

APART = Schema("apart", (Column("account", "VARCHAR", "the account's id"),), key=("account",))


def unmasked(
    tested: Tested,
    interactions: Table,
    *,
    within_seconds: float,
    dispersion: float,
    least_in_stratum: int,
    groups: Table | None = None,
    seed: int = 0,
) -> Tested:
    """The test again for pairs inside large dense groups, by rates that these groups did not make.

    A rate of matching pairs holds the ring's own: where 187 accounts come to one thing in an hour
    in which a hundred others act, everybody who acts in that hour is expected to meet, and the ring
    is explained by itself. Groups of `MASKING_ACCOUNTS` or more, half of whose pairs share enough
    to be looked at, are therefore expected to do what all others do; the lesser expectation counts,
    a little of everybody's left in it. Where such groups do most of what is done, nothing changes.
    Whether such a group is a ring or an audience is not decided here.

    Args:
        tested: edges with `expected`, by everybody's rates.
        interactions: what they were built from.
        within_seconds: the window they were built with.
        dispersion: relative variance beyond Poisson.
        least_in_stratum: interactions of others that an hour needs to be a stratum of its own.
        groups: each object's group of interest, as in `co_action_against_chance`; what interest
            explains stays expected of the groups too.
        seed: of the division that finds the groups.
    """
    engine = interactions.engine
    inner = blatant_pairs(tested.graph, seed=seed, least_accounts=MASKING_ACCOUNTS)
    if not inner.count():
        return tested
    apart = engine.sql(
        "select src as account from {inner} union select dst as account from {inner}",
        APART,
        inner=inner,
    )
    if _share(apart, interactions) > MOST_APART:
        return tested
    by_others = co_action_against_chance(
        InteractionGraph(inner),
        interactions,
        within_seconds=within_seconds,
        dispersion=dispersion,
        least_in_stratum=least_in_stratum,
        groups=groups,
        apart=apart,
    )
    if not by_others.matches:
        return tested
    lesser = engine.sql(
        f"""
        with lesser as (
            select e.*, greatest(o.expected, $least * e.expected) as mean
            from {{others}} o
            join {{edges}} e on e.src = o.src and e.dst = o.dst and e.layer = o.layer
            where o.expected < e.expected
        )
        select {EDGES.selecting(expected="mean")} from lesser
        """,
        EDGES,
        {"least": LEAST_LEFT},
        edges=tested.graph.edges,
        others=by_others.graph.edges,
    )
    again = with_lesser(tested, with_tail(lesser, dispersion=dispersion))
    return replace(again, beside=tested.beside)


def unmasked_pairs(
    tested: Tested, activity: Table, *, dispersion: float, at_least: int = 2, seed: int = 0
) -> Tested:
    """The test by one rate again, for pairs outside large dense groups, by a rate without these.

    One ring that copies word for word makes nearly all that matches in an extract, and the rate
    then explains a smaller or more careful ring beside it. Groups of `MASKING_ACCOUNTS` or more,
    half of whose pairs match at least `at_least` times, are put apart: all others are expected to
    match as often as the others do, a little of everybody's expectation left in it. It is the
    expectation that they would have in a place without such groups, and that of the groups stays.

    Args:
        tested: what `pairs_against_chance` gave.
        activity: as given to it (`ACTIVITY`).
        dispersion: as given to it.
        at_least: what a pair of such a group has in common, by the lesser side's count.
        seed: of the division that finds the groups.
    """
    engine = activity.engine
    often = engine.sql(
        "select * from {edges} where least(objects, src_count, dst_count) >= $at_least",
        EDGES,
        {"at_least": at_least},
        edges=tested.graph.edges,
    )
    inner = blatant_pairs(InteractionGraph(often), seed=seed, least_accounts=MASKING_ACCOUNTS)
    if not inner.count():
        return tested
    apart = engine.sql(
        "select src as account from {inner} union select dst as account from {inner}",
        APART,
        inner=inner,
    )
    tables = {"edges": tested.graph.edges, "apart": apart, "activity": activity}
    found = engine.query(_TOTALS, **tables).to_pylist()[0]
    totals = {name: float(value) for name, value in found.items()}
    if totals["others"] < (1 - MOST_APART) * totals["posts"] or not totals["matches"]:
        return tested
    rates = [
        matches / max(posts * (posts - 1.0), 1.0)
        for matches, posts in (
            (totals["others_match"], totals["others"]),
            (totals["matches"], totals["posts"]),
        )
    ]
    share = min(1.0, max(LEAST_LEFT, rates[0] / rates[1]))
    edges = engine.sql(_BY_OTHERS, EDGES, {"share": share}, edges=tested.graph.edges, apart=apart)
    return tested_edges(edges, tested.graph, matches=tested.matches, dispersion=dispersion)


_TOTALS = """
with outside as (
    select e.post_pairs
    from {edges} e
    left join {apart} s on s.account = e.src
    left join {apart} d on d.account = e.dst
    where s.account is null and d.account is null
)
select (select coalesce(sum(post_pairs), 0) from {edges}) as matches,
       (select coalesce(sum(post_pairs), 0) from outside) as others_match,
       (select coalesce(sum(posts), 0) from {activity}) as posts,
       (select coalesce(sum(a.posts), 0)
        from {activity} a left join {apart} p on p.account = a.account
        where p.account is null) as others
"""

_BY_OTHERS = f"""
select {EDGES.selecting(expected="mean")}
from (
    select e.*,
           case when s.account is null and d.account is null then e.expected * $share
                else e.expected end as mean
    from {{edges}} e
    left join {{apart}} s on s.account = e.src
    left join {{apart}} d on d.account = e.dst
)
"""


def _share(apart: Table, interactions: Table) -> float:
    """The share of all acts that these accounts did."""
    found = interactions.engine.query(
        """
        select count(a.account) / greatest(cast(count(*) as double), 1.0) as share
        from {interactions} i left join {apart} a on a.account = i.account
        """,
        interactions=interactions,
        apart=apart,
    )
    return float(found["share"][0].as_py())
