"""From one account outward: its strongest partners, theirs, and what two of them did together."""

from __future__ import annotations

import pyarrow as pa

from graph.engine import Engine
from graph.errors import ConfigError
from graph.schema import Column, Schema
from graph.table import Table
from review.naming import named_account, reading_tables
from review.run import Run

PARTNERS = Schema(
    "partners",
    (
        Column("hop", "BIGINT", "steps from the account that was asked for, from 1"),
        Column("account", "VARCHAR", "the account that it was reached from"),
        Column("partner", "VARCHAR", "the account that was reached"),
        Column("weight", "DOUBLE", "summed weight of the layers that join the two"),
        Column("layers", "VARCHAR", "these layers, comma separated"),
        Column("objects", "BIGINT", "distinct objects shared, summed over the layers"),
        Column("first_at", "BIGINT", "their earliest joint act, ms", nullable=True),
        Column("last_at", "BIGINT", "their latest joint act, ms", nullable=True),
        Column("cluster", "VARCHAR", "the partner's cluster", nullable=True),
    ),
    key=("hop", "partner"),
)
"""Who was reached by `expand`, each once, by its strongest way."""

_REACHED = Schema("reached", (Column("account", "VARCHAR", "an account"),), key=("account",))


def expand(
    run: Run, account: str, *, hops: int = 1, limit: int = 25, engine: Engine | None = None
) -> pa.Table:
    """The strongest partners of an account in the coordination graph, and theirs (`PARTNERS`).

    Rows stand by hop, then by falling weight.

    Args:
        run: the published run.
        account: where to begin.
        hops: how many steps outward, 1 to 10.
        limit: how many accounts each step adds at most; the strongest are taken, ties by id.
        engine: where to ask; a small one is opened by default.

    Raises:
        ConfigError: the run does not know the account (with the nearest names), or hops or limit
            are out of range.
    """
    if not (1 <= hops <= 10 and limit >= 1):
        message = f"hops are 1 to 10 and the limit is at least 1, not {hops} and {limit}"
        raise ConfigError(message)
    with reading_tables(run, engine, "edges", "members") as tables:
        named_account(account, tables["members"], tables["edges"])
        steps: list[pa.Table] = []
        seen, frontier = {account}, {account}
        for hop in range(1, hops + 1):
            step = step_outward(tables["edges"], tables["members"], frontier, seen, hop, limit)
            steps.append(step)
            frontier = set(step["partner"].to_pylist())
            seen |= frontier
            if not frontier:
                break
        return pa.concat_tables(steps)


def near_seeds(run: Run, *, limit: int = 50, engine: Engine | None = None) -> pa.Table:
    """The accounts of no flagged cluster that lie nearest to accounts judged bad (`NEAR_SEEDS`).

    The nearest first, then by falling rank, ties by id; a run keeps 100 at most. A job without
    seeds has none.

    Raises:
        ConfigError: the limit is below 0, or an earlier version made the run without this table.
    """
    if limit < 0:
        message = f"the limit is 0 or more, not {limit}"
        raise ConfigError(message)
    with reading_tables(run, engine, "near_seeds") as tables:
        return tables["near_seeds"].engine.query(
            "select * from {near} order by nearness desc, seed_rank desc, account limit $limit",
            {"limit": limit},
            near=tables["near_seeds"],
        )


def edge_acts(run: Run, src: str, dst: str, *, engine: Engine | None = None) -> pa.Table:
    """What two accounts did together (`JOINT_ACTS`), in the order of time; either may come first.

    Only edges inside a cluster have their acts kept; an edge between clusters gives no rows.

    Raises:
        ConfigError: no edge joins the two.
    """
    ends = {"src": min(src, dst), "dst": max(src, dst)}
    with reading_tables(run, engine, "edges", "joint_acts") as tables:
        acts = tables["joint_acts"].engine.query(
            """
            select * from {joint_acts} where src = $src and dst = $dst
            order by least(src_at, dst_at), src_at, dst_at, layer, action, object_kind, object,
                src_content nulls first, dst_content nulls first
            """,
            ends,
            joint_acts=tables["joint_acts"],
        )
        edge = tables["edges"].engine.query(
            "select layer from {edges} where src = $src and dst = $dst",
            ends,
            edges=tables["edges"],
        )
    if not (acts.num_rows or edge.num_rows):
        message = f"no edge joins `{ends['src']}` and `{ends['dst']}` in run `{run.name}`"
        raise ConfigError(message)
    return acts


def step_outward(
    edges: Table, members: Table, frontier: set[str], seen: set[str], hop: int, limit: int
) -> pa.Table:
    """The strongest partners of the accounts at the `frontier` that were not `seen` (`PARTNERS`).

    `limit` at most, the heaviest first, ties by id; `hop` is what their rows bear.
    """
    # Weights are summed as decimals: sums of doubles differ with the order, and so with threads.
    engine = edges.engine
    from_here, passed = (
        engine.from_arrow(pa.table({"account": sorted(names)}, schema=_REACHED.arrow), _REACHED)
        for names in (frontier, seen)
    )
    try:
        found = engine.query(
            """
            with ends as (
                select src as account, dst as partner, layer, weight, objects, first_at, last_at
                from {edges} where src in (select account from {from_here})
                union all
                select dst as account, src as partner, layer, weight, objects, first_at, last_at
                from {edges} where dst in (select account from {from_here})
            ),
            joined as (
                select account, partner,
                       cast(sum(cast(weight as decimal(38, 9))) as double) as weight,
                       string_agg(distinct layer, ',' order by layer) as layers,
                       cast(sum(objects) as bigint) as objects,
                       min(first_at) as first_at,
                       max(last_at) as last_at
                from ends
                where partner not in (select account from {passed})
                group by account, partner
            ),
            ways as (
                select *, row_number() over (
                    partition by partner order by weight desc, account
                ) as way
                from joined
            ),
            strongest as (
                select * from ways where way = 1 order by weight desc, partner limit $limit
            ),
            homes as (
                select account, min(cluster) as cluster from {members}
                where account in (select partner from strongest)
                group by account
            )
            select cast($hop as bigint) as hop, s.account, s.partner, s.weight, s.layers,
                   s.objects, s.first_at, s.last_at, h.cluster
            from strongest s left join homes h on h.account = s.partner
            order by s.weight desc, s.partner
            """,
            {"hop": hop, "limit": limit},
            edges=edges,
            members=members,
            from_here=from_here,
            passed=passed,
        )
        return found.cast(PARTNERS.arrow)
    finally:
        engine.drop(from_here)
        engine.drop(passed)
