"""What can be measured of each cluster: its edges, its members' acts, its ages.

Every function takes tables and gives one; all of it is SQL over the clusters' own accounts, so the
cost follows the clusters and not the extract. `clustering` holds only the clusters to measure.
Shares are added as decimals: a sum of doubles depends on the order in which threads bring them.
"""

from __future__ import annotations

from algorithms.chance import Unnamed
from graph.model import Clustering
from graph.schema import Column, Schema
from graph.schemas import EDGES, INTERACTIONS, MEMBER_INTERACTIONS
from graph.table import Table

_CLUSTER = Column("cluster", "VARCHAR", "the cluster's name")

EDGE_FACTS = Schema(
    "edge_facts",
    (
        _CLUSTER,
        Column("accounts", "BIGINT", "members"),
        Column("edges", "BIGINT", "joined pairs of members"),
        Column("density", "DOUBLE", "edges / possible pairs"),
        Column("layers", "VARCHAR", "layers inside, strongest first, comma separated"),
        Column("cross_platform_edges", "BIGINT", "joined pairs on two platforms"),
        Column("seen", "BIGINT", "summed counts of its pairs that have an expectation"),
        Column("expected", "DOUBLE", "summed expectation of those pairs", nullable=True),
        Column("typical", "DOUBLE", "median log10 p of pairs without expectation", nullable=True),
    ),
    key=("cluster",),
)

ACT_FACTS = Schema(
    "act_facts",
    (
        _CLUSTER,
        Column("joint_share", "DOUBLE", "mean over members of joint / all interactions"),
        Column(
            "joint_days", "DOUBLE", "mean over members of days with a joint act / days with any"
        ),
        Column("joint_cells", "BIGINT", "distinct (action, object) that two members did together"),
        Column("first_at", "BIGINT", "earliest joint act, ms", nullable=True),
        Column("last_at", "BIGINT", "latest joint act, ms", nullable=True),
    ),
    key=("cluster",),
)

AGE_FACTS = Schema(
    "age_facts",
    (
        _CLUSTER,
        Column("dated", "BIGINT", "members whose creation time is known"),
        Column("half_days", "DOUBLE", "least span that holds half of their creation times, days"),
    ),
    key=("cluster",),
)


def inner_edges(edges: Table, clustering: Clustering) -> Table:
    """The edges (`EDGES`) whose two ends are in one cluster."""
    return edges.engine.sql(
        """
        select e.*
        from {edges} e
        join {members} a on a.account = e.src
        join {members} b on b.account = e.dst
        where a.cluster = b.cluster
        """,
        EDGES,
        edges=edges,
        members=clustering.members,
    )


def edge_facts(inner: Table, clustering: Clustering, platforms: Table) -> Table:
    """Size, density and layers of each cluster (`EDGE_FACTS`).

    A pair that several layers join is counted once, in the layer in which it surprises most: they
    may rest on the same acts.

    Args:
        inner: edges inside clusters (`inner_edges`).
        clustering: the clusters to measure.
        platforms: a table with `account` and `platform`, one row an account.
    """
    return inner.engine.sql(
        """
        with sizes as (
            select cluster, count(*) as accounts from {members} group by cluster
        ),
        edges as (
            select *,
                   row_number() over (
                       partition by src, dst
                       order by case when expected is null then 1 else 0 end,
                                coalesce(log10_p, 0.0), layer) as place
            from {inner}
        ),
        joined as (
            select m.cluster, e.src, e.dst,
                   max(case when p.platform <> q.platform then 1 else 0 end) as crosses,
                   sum(case when e.place = 1 and e.expected is not null
                            then least(e.objects, e.src_count, e.dst_count) else 0 end) as seen,
                   sum(case when e.place = 1 then cast(e.expected as decimal(38, 15)) end)
                       as expected,
                   max(case when e.place = 1 and e.expected is null then e.log10_p end) as typical
            from edges e
            join {members} m on m.account = e.src
            left join {platforms} p on p.account = e.src
            left join {platforms} q on q.account = e.dst
            group by m.cluster, e.src, e.dst
        ),
        by_layer as (
            select m.cluster, e.layer, sum(cast(e.weight as decimal(38, 15))) as weight
            from {inner} e join {members} m on m.account = e.src
            group by m.cluster, e.layer
        ),
        layered as (
            select cluster, string_agg(layer, ',' order by weight desc, layer) as layers
            from by_layer group by cluster
        )
        select s.cluster, s.accounts, count(j.src) as edges,
               count(j.src) / greatest(s.accounts * (s.accounts - 1) / 2.0, 1.0) as density,
               coalesce(l.layers, '') as layers,
               coalesce(sum(j.crosses), 0) as cross_platform_edges,
               coalesce(sum(j.seen), 0) as seen,
               sum(j.expected) as expected, median(j.typical) as typical
        from sizes s
        left join joined j using (cluster)
        left join layered l using (cluster)
        group by s.cluster, s.accounts, l.layers
        """,
        EDGE_FACTS,
        inner=inner,
        members=clustering.members,
        platforms=platforms,
    )


def member_interactions(
    interactions: Table,
    clustering: Clustering,
    joint_acts: Table,
    *,
    within_seconds: float,
    unnamed: Unnamed = "moments",
) -> Table:
    """Everything the clusters' members did (`MEMBER_INTERACTIONS`).

    An interaction is joint when another member of the cluster did the same on the same object at
    most `within_seconds` away, both ends included, or when it is one of the acts behind an edge of
    the cluster: a follow that is returned, words that another member used too, a log-in from
    the same device. Of these each edge keeps a limited number.

    Args:
        interactions: the whole extract.
        clustering: the clusters.
        joint_acts: `JOINT_ACTS` of the clusters.
        within_seconds: the window in which like acts count as joint.
        unnamed: what acts without `content` are: `rows`, where times tell nothing apart.
    """
    return interactions.engine.sql(
        """
        with behind as (
            select cluster, src as account, src_at as acted_at,
                   coalesce(src_content, '') as content,
                   case when $rows then object else '' end as object
            from {joint_acts}
            union
            select cluster, dst, dst_at, coalesce(dst_content, ''),
                   case when $rows then object else '' end
            from {joint_acts}
            union
            -- Of two that act on one another, each is the other's object.
            select cluster, dst, dst_at, coalesce(dst_content, ''),
                   case when $rows then src else '' end
            from {joint_acts}
        ),
        together as (
            select cluster, account, action, object_kind, object, acted_at, content, text,
                   min(account) over nearby <> max(account) over nearby as joint
            from {interactions} join {members} using (account)
            window nearby as (
                partition by cluster, action, object_kind, object order by acted_at
                range between $within_ms preceding and $within_ms following
            )
        )
        select t.cluster, t.account, t.action, t.object_kind, t.object, t.acted_at, t.content,
               t.text, t.joint or b.account is not null as joint
        from together t
        left join behind b
          on b.cluster = t.cluster and b.account = t.account and b.acted_at = t.acted_at
         and b.content = coalesce(t.content, '')
         and b.object = case when $rows then t.object else '' end
        """,
        MEMBER_INTERACTIONS,
        {"within_ms": round(within_seconds * 1000), "rows": unnamed == "rows"},
        interactions=interactions,
        members=clustering.members,
        joint_acts=joint_acts,
    )


def act_facts(acts: Table) -> Table:
    """How much of their activity is joint, on how many days (UTC) and things (`ACT_FACTS`).

    Args:
        acts: `MEMBER_INTERACTIONS`.
    """
    return acts.engine.sql(
        """
        with by_member as (
            select cluster, account,
                   sum(case when joint then 1 else 0 end) / count(*) as share,
                   count(distinct case when joint then floor(acted_at / 86400000.0) end)
                       / count(distinct floor(acted_at / 86400000.0)) as days,
                   min(case when joint then acted_at end) as first_at,
                   max(case when joint then acted_at end) as last_at
            from {acts} group by cluster, account
        ),
        cells as (
            select cluster, count(*) as cells
            from (select distinct cluster, action, object_kind, object from {acts} where joint)
            group by cluster
        )
        select m.cluster,
               cast(sum(cast(share as decimal(38, 15))) as double) / count(*) as joint_share,
               cast(sum(cast(days as decimal(38, 15))) as double) / count(*) as joint_days,
               coalesce(max(cells), 0) as joint_cells,
               min(first_at) as first_at, max(last_at) as last_at
        from by_member m left join cells c on c.cluster = m.cluster
        group by m.cluster
        """,
        ACT_FACTS,
        acts=acts,
    )


def age_facts(accounts: Table, clustering: Clustering) -> Table:
    """How close together the members were made (`AGE_FACTS`); undated clusters are left out.

    The measure is the shortest span of time that holds half of the members' creation times.
    """
    return accounts.engine.sql(
        """
        with dated as (
            select m.cluster, a.created_at,
                   row_number() over (partition by m.cluster order by a.created_at) as place,
                   count(*) over (partition by m.cluster) as dated
            from {members} m join {accounts} a using (account)
            where a.created_at is not null
        )
        select a.cluster, max(a.dated) as dated,
               min(b.created_at - a.created_at) / 86400000.0 as half_days
        from dated a join dated b
          on a.cluster = b.cluster
         and b.place = a.place + cast(floor((a.dated + 1) / 2.0) as bigint) - 1
        group by a.cluster
        """,
        AGE_FACTS,
        accounts=accounts,
        members=clustering.members,
    )


def platforms_of(interactions: Table) -> Table:
    """Each account's platform: the one it acts on most, the least name on a tie."""
    return interactions.engine.sql(
        """
        select account, platform from (
            select account, platform,
                   row_number() over (
                       partition by account order by count(*) desc, platform) as place
            from {interactions} where platform is not null group by account, platform
        ) where place = 1
        """,
        PLATFORMS,
        interactions=interactions,
    )


PLATFORMS = Schema(
    "platforms",
    (INTERACTIONS.columns[0], Column("platform", "VARCHAR", "where the account mostly acts")),
    key=("account",),
)
