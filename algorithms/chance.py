"""Is an edge, or a cluster, more than chance? Its expectation and its p-value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import pyarrow as pa

from algorithms.tail import log10_choices, log10_upper_tail
from graph.model import Clustering, InteractionGraph, kernel
from graph.schema import Column, Schema
from graph.schemas import EDGES
from graph.table import Table

BESIDE = "beside"
"""The layer of pairs that are expected beside a graph's edges and are none of them."""

Unnamed = Literal["rows", "moments"]
"""What acts of one account without `content` are: one each, or one at each time."""

_CLUSTER = Column("cluster", "VARCHAR", "the cluster's name")
_MEETINGS = Schema(
    "meetings",
    (
        _CLUSTER,
        Column("size", "BIGINT", "members that must meet in a cell"),
        Column("seen", "BIGINT", "times so many met, each act in one meeting"),
        Column("expected", "DOUBLE", "such cells by chance"),
        Column("tail", "DOUBLE", "log10 of the chance of so many"),
    ),
    key=("cluster", "size"),
)

BEST_MEETINGS = Schema(
    "best_meetings",
    (
        _CLUSTER,
        Column("meeting_size", "BIGINT", "the r whose tail is least"),
        Column("meetings", "BIGINT", "times r members met, each act in one meeting"),
        Column("expected", "DOUBLE", "such cells by chance"),
        Column("log10_p", "DOUBLE", "log10 of p, all r paid for"),
        Column("accounts", "BIGINT", "members"),
    ),
    key=("cluster",),
)

CLUSTER_CHANCE = Schema(
    "cluster_chance",
    (
        _CLUSTER,
        Column("meeting_size", "BIGINT", "the r whose tail is least"),
        Column("meetings", "BIGINT", "times r members met, each act in one meeting"),
        Column("expected", "DOUBLE", "such cells by chance"),
        Column("log10_p", "DOUBLE", "log10 of p, after any search"),
    ),
    key=("cluster",),
)

ACTIVITY = Schema(
    "activity",
    (
        Column("account", "VARCHAR", "the account's id"),
        Column("posts", "BIGINT", "its posts that could match another's"),
    ),
    key=("account",),
)


@dataclass(frozen=True, slots=True)
class Tested:
    """A graph whose edges carry `expected` and `log10_p`, and how the test went."""

    graph: InteractionGraph
    matches: int
    """Pairs of interactions by two accounts that match, in the whole extract."""
    observed: float
    """Summed counts of the edges tested."""
    expected: float
    """Summed expectation of the edges tested."""
    beside: Table | None = None
    """The pairs that were expected beside the edges, if any were given."""


def co_action_against_chance(
    graph: InteractionGraph,
    interactions: Table,
    *,
    within_seconds: float | None,
    dispersion: float = 0.25,
    least_in_stratum: int = 200,
    timed: bool = True,
    groups: Table | None = None,
    beside: Table | None = None,
    apart: Table | None = None,
) -> Tested:
    """Fill in `expected` and `log10_p` of co-action edges.

    The null is the configuration model inside day-and-hour strata (`graph.engines.kernels.chance`)
    and the tail is negative binomial. The count tested is the least of distinct objects and both
    sides' own posts, so one pair of posts that shares a link, its domain and a hashtag is one
    coincidence and not three. An expectation of post pairs is never below that of this count.

    Args:
        graph: co-action edges (`EDGES`) that the interactions gave with this window.
        interactions: the interactions the builder could choose from.
        within_seconds: the window the edges were built with; None for any time.
        dispersion: relative variance beyond Poisson: people in one fandom act more alike than
            independent accounts do.
        least_in_stratum: an hour with fewer interactions joins the rest of its day.
        timed: False puts all time into one stratum.
        groups: each object's group of interest (`algorithms.object_groups.OBJECT_GROUPS`); what a
            pair's interests explain is expected too, where that is more than the hours explain.
        beside: further pairs (`EDGES`, of the layer `BESIDE`), expected by the same model, that
            are none of the graph: of pairs drawn at random, say.
        apart: accounts (`account`) whose acts make no rates: what others do is expected of them.

    Raises:
        NotOnThisEngine: the engine has no such kernel.
    """
    # Every further pass over the edges of a large extract is dear: the tail is taken at once.
    filled, others, matches = kernel(graph, "expect-co-actions")(
        graph.edges,
        interactions,
        within_ms=-1 if within_seconds is None else round(within_seconds * 1000),
        least=least_in_stratum,
        timed=timed,
        then=partial(_with_tail, dispersion=dispersion),
        beside=beside,
        groups=groups,
        apart=apart,
    )
    return replace(_summed(filled, graph, matches=matches), beside=others)


def pairs_against_chance(
    graph: InteractionGraph, activity: Table, *, dispersion: float = 0.25
) -> Tested:
    """Fill in `expected` and `log10_p` from activity alone: any two posts match at one rate.

    For layers in which time explains nothing, such as copied words over a day. With `n` posts in
    all and `c` matching pairs of them, accounts with `a` and `b` posts are expected to match
    `a * b * 2c / (n (n - 1))` times (the configuration model in one stratum). A ring's own matches
    are in the rate, so the test errs towards innocence.

    Args:
        graph: every edge with at least one matching pair of posts; `post_pairs` counts them.
        activity: `ACTIVITY`, the posts that could match, by account.
        dispersion: relative variance beyond Poisson.
    """
    engine = graph.engine
    filled = engine.sql(
        f"""
        with totals as (
            select (select sum(post_pairs) from {{edges}}) as matches,
                   (select sum(posts) from {{activity}}) as posts
        ),
        met as (
            select e.*, 2.0 * t.matches / greatest(cast(t.posts as double) * (t.posts - 1), 1)
                       * a.posts * b.posts as mean
            from {{edges}} e
            join {{activity}} a on a.account = e.src
            join {{activity}} b on b.account = e.dst
            cross join totals t
        )
        select {EDGES.selecting(expected="mean")} from met
        """,
        EDGES,
        edges=graph.edges,
        activity=activity,
    )
    tested = tested_edges(filled, graph, matches=None, dispersion=dispersion)
    engine.drop(filled)
    return tested


def clusters_against_chance(
    clustering: Clustering,
    interactions: Table,
    *,
    width_seconds: float = 3600.0,
    dispersion: float = 0.25,
    least_in_stratum: int = 200,
    unnamed: Unnamed = "moments",
) -> Table:
    """Each cluster's chance (`CLUSTER_CHANCE`): do its members meet oftener than any search finds?

    A cluster was chosen because it is dense, so its plain p-value is worthless. Members meet in a
    cell (an object in a stretch of time) when `r` of them act there; distinct cells are counted for
    several `r` and compared with what accounts as active in the same hours would give. One act that
    is told under several objects is in one meeting, as it is for an edge. To the best
    tail, log10 of the number of `r` tried and log10 C(n, s), the ways to choose `s` of `n`
    accounts, are added: the bound holds after any search.

    Args:
        clustering: the clusters.
        interactions: the interactions that the null model learns from.
        width_seconds: how long a cell is.
        dispersion: relative variance beyond Poisson.
        least_in_stratum: acts that a stretch of time needs to be a stratum of its own.
        unnamed: what acts without `content` are: `rows`, where times tell nothing apart.
    """
    best = meetings_against_chance(
        clustering,
        interactions,
        width_seconds=width_seconds,
        dispersion=dispersion,
        least_in_stratum=least_in_stratum,
        unnamed=unnamed,
    )
    engine = best.engine
    everybody = engine.query(
        "select count(distinct account) as accounts from {interactions}", interactions=interactions
    )["accounts"][0].as_py()
    bounded = engine.each(best, partial(_after_search, everybody=everybody), CLUSTER_CHANCE)
    engine.drop(best)
    return bounded


def meetings_against_chance(
    clustering: Clustering,
    interactions: Table,
    *,
    width_seconds: float = 3600.0,
    dispersion: float = 0.25,
    least_in_stratum: int = 200,
    unnamed: Unnamed = "moments",
) -> Table:
    """Each cluster's chance before any search (`BEST_MEETINGS`).

    Honest only of clusters that were not chosen by these interactions. The arguments are those of
    `clusters_against_chance`.
    """
    members = clustering.members
    engine = members.engine
    found = kernel(members, "cluster-meetings")(
        members,
        interactions,
        width_ms=round(width_seconds * 1000),
        least=least_in_stratum,
        unnamed=unnamed,
    )
    tried = engine.each(found, partial(_meetings_with_tail, dispersion=dispersion), _MEETINGS)
    best = engine.sql(
        """
        with ranked as (
            select *, row_number() over (partition by cluster order by tail, size) as place,
                   log10(count(*) over (partition by cluster)) as paid
            from {tried}
        ),
        sizes as (select cluster, count(*) as accounts from {members} group by cluster)
        select r.cluster, r.size as meeting_size, r.seen as meetings, r.expected,
               r.tail + r.paid as log10_p, s.accounts
        from ranked r join sizes s using (cluster)
        where r.place = 1
        """,
        BEST_MEETINGS,
        tried=tried,
        members=members,
    )
    for table in (found, tried):
        engine.drop(table)
    return best


def _meetings_with_tail(batch: pa.RecordBatch, *, dispersion: float) -> pa.RecordBatch:
    seen, expected = batch["seen"].to_numpy().astype(np.float64), batch["expected"].to_numpy()
    logs = log10_upper_tail(seen, expected, dispersion=dispersion)
    return batch.append_column(_MEETINGS.arrow.field("tail"), pa.array(logs))


def _after_search(batch: pa.RecordBatch, *, everybody: int) -> pa.RecordBatch:
    """Pay for the search among all ways to choose so many accounts."""
    ways = log10_choices(np.full(batch.num_rows, everybody), batch["accounts"].to_numpy())
    bounded = np.minimum(0.0, batch["log10_p"].to_numpy() + ways)
    place = CLUSTER_CHANCE.names.index("log10_p")
    field = CLUSTER_CHANCE.arrow.field("log10_p")
    return batch.set_column(place, field, pa.array(bounded)).select(list(CLUSTER_CHANCE.names))


def with_tail(edges: Table, *, dispersion: float) -> Table:
    """The edges with `log10_p` of the least of `objects`, `src_count` and `dst_count`."""
    return edges.engine.each(edges, partial(_with_tail, dispersion=dispersion), EDGES)


def tested_edges(
    filled: Table, graph: InteractionGraph, *, matches: int | None, dispersion: float
) -> Tested:
    """The tail and the sums of edges whose expectation is filled in.

    Args:
        filled: the graph's edges with `expected`.
        graph: whose direction and accounts stay.
        matches: matching pairs in the extract; None where the edges hold all of them.
        dispersion: relative variance beyond Poisson.
    """
    return _summed(with_tail(filled, dispersion=dispersion), graph, matches=matches)


def with_lesser(tested: Tested, lesser: Table) -> Tested:
    """The test with the expectation and the tail that some of its edges have in `lesser`.

    Args:
        tested: edges with `expected` and `log10_p`.
        lesser: some of them (`EDGES`), with others.
    """
    edges = lesser.engine.sql(
        f"""
        select {EDGES.selecting(expected="mean", log10_p="tail")} from (
            select e.*, coalesce(l.expected, e.expected) as mean,
                   coalesce(l.log10_p, e.log10_p) as tail
            from {{edges}} e
            left join {{lesser}} l on l.src = e.src and l.dst = e.dst and l.layer = e.layer
        ) known
        """,
        EDGES,
        edges=tested.graph.edges,
        lesser=lesser,
    )
    return _summed(edges, tested.graph, matches=tested.matches)


def _summed(edges: Table, graph: InteractionGraph, *, matches: int | None) -> Tested:
    """Edges with their expectation and their tail, in place of the graph's, and their sums."""
    sums = edges.engine.query(
        """
        select coalesce(sum(least(objects, src_count, dst_count)), 0) as observed,
               coalesce(sum(cast(expected as decimal(38, 15))), 0) as expected,
               coalesce(sum(post_pairs), 0) as post_pairs
        from {edges}
        """,
        edges=edges,
    ).to_pylist()[0]
    return Tested(
        graph=InteractionGraph(edges, directed=graph.directed, accounts=graph.accounts),
        matches=int(sums["post_pairs"]) if matches is None else matches,
        observed=float(sums["observed"]),
        expected=float(sums["expected"]),
    )


def _with_tail(batch: pa.RecordBatch, *, dispersion: float) -> pa.RecordBatch:
    place = EDGES.names.index("log10_p")
    count = np.minimum.reduce(
        [batch[name].to_numpy() for name in ("objects", "src_count", "dst_count")]
    )
    logs = log10_upper_tail(count, batch["expected"].to_numpy(), dispersion=dispersion)
    if not np.isfinite(logs).all():
        message = "a p-value is not finite: the expectation of an edge is missing"
        raise ArithmeticError(message)
    return batch.set_column(place, EDGES.arrow.field("log10_p"), pa.array(logs))
