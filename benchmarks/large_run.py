"""A published run of any number of clusters and members, made in bulk for measurements.

Its rows are drawn, not detected, but go through the same writer as a job's: sizes are as uneven as
those of real runs, ids look like random numbers, so that neighbours in a file are no neighbours in
a cluster, and one cluster (`CROWD`) is a crowd whose members all met each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph.engine import Engine
from graph.engines import open_engine
from graph.schema import Column, Schema
from graph.schemas import (
    ALSO_IN,
    CLUSTER_OBJECTS,
    CLUSTERS,
    DAY_GROUPS,
    EDGES,
    EVIDENCE,
    JOINT_ACTS,
    MEMBER_INTERACTIONS,
    MEMBERS,
    RUN_TABLES,
)
from graph.table import Table
from review.publish import RunFacts, RunWriter
from review.run import Run

START = 1_767_225_600_000
DAY = 86_400_000
LAYERS = ("links", "copied-text", "hashtags", "reposts")
CROWD = 1
"""The number of the cluster whose 150 members all met, 40 times each two of them."""
CROWD_ACTS = 40

_SIZES = Schema(
    "sizes",
    (
        Column("number", "BIGINT", "the cluster's number, from 1"),
        Column("place", "BIGINT", "its place in the ranking"),
        Column("size", "BIGINT", "its members"),
    ),
    key=("number",),
)
_PEOPLE = Schema(
    "people",
    (
        Column("number", "BIGINT", "the cluster's number"),
        Column("place", "BIGINT", "its place in the ranking"),
        Column("size", "BIGINT", "its members"),
        Column("j", "BIGINT", "the member's number in it, from 0"),
        Column("account", "VARCHAR", "the member's id"),
        Column("cluster", "VARCHAR", "the cluster's name"),
    ),
    key=("number", "j"),
)
_LAYER = "['links', 'copied-text', 'hashtags', 'reposts'][1 + {n} % 4]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much a run has."""

    clusters: int
    members: int
    seed: int = 7


def publish_large(out: Path, run: str, size: Size, *, memory: str = "4GB") -> Run:
    """Publish a run of this size in `out`."""
    with (
        open_engine("local", memory=memory) as engine,
        RunWriter.open(out, run, basis=f"{size}", created_at=START + 31 * DAY) as writer,
    ):
        if writer.published is not None:
            return writer.published
        people = _people(engine, size)
        made: dict[str, Table] = {"members": _members(engine, people)}
        made["edges"] = _edges(engine, people)
        made["joint_acts"] = _joint_acts(engine, people, made["edges"])
        made["member_interactions"] = _interactions(engine, people)
        made["cluster_objects"] = _objects(engine, people)
        made["clusters"] = _clusters(engine, people)
        made["evidence"] = _evidence(engine, people)
        made["also_in"] = _also_in(engine, people)
        made["day_groups"] = _day_groups(engine, people)
        for name, schema in RUN_TABLES.items():
            table = made.get(name) or engine.from_arrow(schema.arrow.empty_table(), schema)
            writer.add(table, name)
        summary = {
            "layers": {layer: {} for layer in LAYERS},
            "other_days": {"first_at": START, "last_at": START + 30 * DAY},
        }
        return writer.publish(RunFacts(job="large", seed=size.seed, summary=summary))


def _people(engine: Engine, size: Size) -> Table:
    """Who is in which cluster; sizes from 3 on, a few of hundreds, one of thousands."""
    rng = np.random.default_rng(size.seed)
    drawn = 3 + np.floor(4 * rng.pareto(1.6, size.clusters)).astype(np.int64)
    drawn = np.minimum(drawn, 3_000)
    drawn[CROWD - 1] = 150
    # The total is told, so what the draw has too much or too little is shared out.
    while (over := int(drawn.sum()) - size.members) != 0:
        able = np.flatnonzero(drawn[CROWD:] > 3) if over > 0 else np.arange(size.clusters - CROWD)
        chosen = rng.permutation(able)[: abs(over)] + CROWD
        drawn[chosen] -= np.sign(over)
    place = np.concatenate([[1], 2 + rng.permutation(size.clusters - 1)])
    sizes = engine.from_arrow(
        pa.table(
            {"number": np.arange(1, size.clusters + 1), "place": place, "size": drawn},
            schema=_SIZES.arrow,
        ),
        _SIZES,
    )
    return engine.sql(
        """
        with each as (
            select number, place, size, unnest(range(size)) as j from {sizes}
        ),
        named as (
            select *, cast(hash(number * 100000 + j + $seed) as varchar) as account from each
        )
        select *, min(account) over (partition by number) as cluster from named
        """,
        _PEOPLE,
        {"seed": size.seed},
        sizes=sizes,
    )


def _members(engine: Engine, people: Table) -> Table:
    return engine.sql(
        f"""
        select cluster, account,
               case when j < 2 then 'core' when j % 7 = 6 then 'bridge' when j % 11 = 10 then 'weak'
                    else 'peripheral' end as role,
               1.0 / (1 + j) as score, 1.0 / size as pagerank, 4 as partners, 2.5 as strength,
               0.1 as outside, 0.5 as joint_share, null as seed, null as nearness,
               null as seed_rank, {START} - (hash(account) % 90) * {DAY} as created_at,
               ['Ann', 'Bo', 'Cem', 'Dee', 'Eli', 'Fay', 'Gil', 'Hua'][1 + number % 8] || ' '
                   || ['Reads', 'Votes', 'Runs', 'Cooks', 'Sings'][1 + j % 5] || ' ' || number
                   as name,
               'forum' as platform
        from {{people}}
        """,
        MEMBERS,
        people=people,
    )


def _edges(engine: Engine, people: Table) -> Table:
    # Two neighbours on either side of each; everybody in the crowd; one edge to elsewhere.
    return engine.sql(
        f"""
        with met as (
            select a.number, a.account as one, b.account as other
            from {{people}} a join {{people}} b on b.number = a.number and b.j = (a.j + 1) % a.size
            union
            select a.number, a.account, b.account
            from {{people}} a join {{people}} b on b.number = a.number and b.j = (a.j + 2) % a.size
            union
            select a.number, a.account, b.account
            from {{people}} a join {{people}} b on b.number = a.number and b.j > a.j
            where a.number = {CROWD}
            union
            select a.number, a.account, b.account
            from {{people}} a join {{people}} b on b.number = a.number + 1 and a.j = 0 and b.j = 0
        ),
        pairs as (
            select distinct number, least(one, other) as src, greatest(one, other) as dst from met
        )
        select src, dst, {_LAYER.format(n="number")} as layer,
               1 + (hash(src, dst) % 1000) / 100.0 as weight, 3 as src_count, 3 as dst_count,
               3 as objects, 3 as object_days, 3 as post_pairs, {START} as first_at,
               {START} + 20 * {DAY} as last_at, 0.01 as expected, -6.0 as log10_p
        from pairs
        """,
        EDGES,
        people=people,
    )


def _joint_acts(engine: Engine, people: Table, edges: Table) -> Table:
    return engine.sql(
        f"""
        with inside as (
            select e.src, e.dst, e.layer, a.cluster, a.number
            from {{edges}} e
            join {{people}} a on a.account = e.src
            join {{people}} b on b.account = e.dst and b.number = a.number
        ),
        acts as (
            select *, unnest(range(case when number = {CROWD} then {CROWD_ACTS} else 3 end)) as n
            from inside
        )
        select src, dst, layer, cluster, 'post' as action, 'link' as object_kind,
               'https://site-' || number % 5000 || '.example/story-' || (number * 7 + n % 6)
                   as object,
               'p' || hash(src, n) as src_content, 'p' || hash(dst, n) as dst_content,
               {START} + n * {DAY} // 2 + hash(src, n) % 60000 as src_at,
               {START} + n * {DAY} // 2 + hash(dst, n) % 60000 as dst_at
        from acts
        """,
        JOINT_ACTS,
        edges=edges,
        people=people,
    )


def _interactions(engine: Engine, people: Table) -> Table:
    return engine.sql(
        f"""
        with acts as (
            select *, unnest(range(case when number = {CROWD} then {CROWD_ACTS} else 4 end)) as n
            from {{people}}
        )
        select cluster, account, 'post' as action, 'link' as object_kind,
               'https://site-' || number % 5000 || '.example/story-' || (number * 7 + n % 6)
                   as object,
               {START} + n * {DAY} // 2 + hash(account, n) % 60000 as acted_at,
               'p' || hash(account, n) as content,
               'read what they do not tell you about number ' || (number + n % 3) as text,
               n < 3 or number = {CROWD} as joint
        from acts
        """,
        MEMBER_INTERACTIONS,
        people=people,
    )


def _objects(engine: Engine, people: Table) -> Table:
    return engine.sql(
        f"""
        with first as (
            select distinct cluster, number, size from {{people}}
        ),
        each as (select *, unnest(range(6)) as n from first)
        select cluster, {_LAYER.format(n="number")} as layer, 'link' as object_kind,
               'https://site-' || number % 5000 || '.example/story-' || (number * 7 + n) as object,
               greatest(2, size - n) as members, size * 2 as interactions, size * 3 as population,
               0.0001 as population_rate
        from each
        """,
        CLUSTER_OBJECTS,
        people=people,
    )


def _clusters(engine: Engine, people: Table) -> Table:
    return engine.sql(
        f"""
        with first as (
            select distinct cluster, number, size, place from {{people}}
        ),
        told as (
            select *, 1 - place / (1.0 + (select max(place) from {{people}})) as share from first
        )
        select cluster, place, share > 0.4 as flagged,
               case when share > 0.4 then null else 'leaks' end as explained,
               share as expected_precision, 0.9 * share as precision_low,
               1 - 0.5 * (1 - share) as precision_high, round(share, 3) as score,
               size as accounts,
               case when number = {CROWD} then size * (size - 1) // 2 else 2 * size end as edges,
               0.4 as density,
               {_LAYER.format(n="number")}
                   || case when number % 3 = 0 then ',accounts' else '' end as layers,
               {START} + (number % 25) * {DAY} as first_at,
               {START} + (number % 25 + 5) * {DAY} as last_at,
               6 as objects, 4.0 as synchrony, 0.1 as conductance, 0 as cross_platform_edges,
               0.3 as expected, -9.0 as log10_p,
               size || ' accounts posted the same links within 60 s on ' || (3 + number % 9)
                   || ' occasions; by chance 0.3 would be expected' as says
        from told
        """,
        CLUSTERS,
        people=people,
    )


def _evidence(engine: Engine, people: Table) -> Table:
    kinds = "['for', 'against', 'context', 'term', 'layer', 'checked']"
    return engine.sql(
        f"""
        with first as (select distinct cluster, number from {{people}}),
        each as (select *, unnest(range(24)) as n from first)
        select cluster,
               case when n = 0 then 'e-value' else 'measure-' || lpad(n::varchar, 2, '0') end
                   as name,
               case when n = 0 then 'for' else {kinds}[1 + n % 6] end as kind,
               3.0 + n as value, 1.0 as usual, 'times' as unit,
               case when n % 6 < 3 then 0.05 else null end as part,
               case when n % 6 = 5 then 0.2 else null end as degree,
               case when n % 6 = 3 then 0.4 else null end as log_odds,
               case when n % 6 in (3, 4) then 0.5 else null end as without,
               'observed ' || (3 + n) || ' times, where 1 is usual for clusters of this size'
                   as says
        from each
        """,
        EVIDENCE,
        people=people,
    )


def _also_in(engine: Engine, people: Table) -> Table:
    return engine.sql(
        """
        select b.cluster, a.account, a.cluster as home, 0.5 as score, 2 as partners,
               1.0 as strength
        from {people} a join {people} b on b.number = a.number + 1 and b.j = 0
        where a.j = 1 and a.number % 20 = 0
        """,
        ALSO_IN,
        people=people,
    )


def _day_groups(engine: Engine, people: Table) -> Table:
    return engine.sql(
        """
        select n as days, 'g' || number as found, account, size as accounts, 2 as meeting_size,
               9 as meetings, 0.3 as expected, -8.0 as log10_p, 4.0 as log10_e
        from {people} cross join range(2) days(n)
        where number % 10 = 1
        """,
        DAY_GROUPS,
        people=people,
    )
