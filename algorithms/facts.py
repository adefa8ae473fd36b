"""What can be measured of each cluster: its edges, its members' acts, its objects, its ages.

Every function takes tables and gives one; all of it is SQL over the clusters' own accounts, so the
cost follows the clusters and not the extract. `clustering` holds only the clusters to measure.
Shares are added as decimals: a sum of doubles depends on the order in which threads bring them.
"""

from __future__ import annotations

from graph.model import Clustering
from graph.schema import Column, Schema
from graph.schemas import CLUSTER_OBJECTS, EDGES, INTERACTIONS, MEMBER_INTERACTIONS
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
        Column("layer_count", "BIGINT", "how many layers join members"),
        Column("cross_platform_edges", "BIGINT", "joined pairs on two platforms"),
        Column("seen", "BIGINT", "summed counts of its edges that have an expectation"),
        Column("expected", "DOUBLE", "summed expectation of its pairs", nullable=True),
    ),
    key=("cluster",),
)

ACT_FACTS = Schema(
    "act_facts",
    (
        _CLUSTER,
        Column("joint_share", "DOUBLE", "mean over members of joint / all interactions"),
        Column("joint_cells", "BIGINT", "distinct (action, object) that two members did together"),
        Column("first_at", "BIGINT", "earliest joint act, ms", nullable=True),
        Column("last_at", "BIGINT", "latest joint act, ms", nullable=True),
    ),
    key=("cluster",),
)

DELAY_FACTS = Schema(
    "delay_facts",
    (_CLUSTER, Column("delay_seconds", "DOUBLE", "median delay between joint acts, seconds")),
    key=("cluster",),
)

OBJECT_FACTS = Schema(
    "object_facts",
    (
        _CLUSTER,
        Column("objects", "BIGINT", "distinct objects shared by two members or more"),
        Column("exclusivity", "DOUBLE", "median over objects of members / accounts on it"),
        Column("popular_share", "DOUBLE", "share of objects with 20 outsiders a member or more"),
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
        joined as (
            select m.cluster, e.src, e.dst,
                   max(case when p.platform <> q.platform then 1 else 0 end) as crosses,
                   sum(case when e.expected is null then 0
                            else least(e.objects, e.src_count, e.dst_count) end) as seen,
                   sum(cast(e.expected as decimal(38, 15))) as expected
            from {inner} e
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
            select cluster, count(*) as layer_count,
                   string_agg(layer, ',' order by weight desc, layer) as layers
            from by_layer group by cluster
        )
        select s.cluster, s.accounts, count(j.src) as edges,
               count(j.src) / greatest(s.accounts * (s.accounts - 1) / 2.0, 1.0) as density,
               coalesce(l.layers, '') as layers,
               coalesce(l.layer_count, 0) as layer_count,
               coalesce(sum(j.crosses), 0) as cross_platform_edges,
               coalesce(sum(j.seen), 0) as seen,
               sum(j.expected) as expected
        from sizes s
        left join joined j using (cluster)
        left join layered l using (cluster)
        group by s.cluster, s.accounts, l.layers, l.layer_count
        """,
        EDGE_FACTS,
        inner=inner,
        members=clustering.members,
        platforms=platforms,
    )


def member_interactions(
    interactions: Table, clustering: Clustering, *, within_seconds: float
) -> Table:
    """Everything the clusters' members did (`MEMBER_INTERACTIONS`).

    An interaction is joint when another member of the cluster did the same on the same object at
    most `within_seconds` away, both ends included.
    """
    return interactions.engine.sql(
        """
        select cluster, account, action, object_kind, object, acted_at, content, text,
               min(account) over nearby <> max(account) over nearby as joint
        from {interactions} join {members} using (account)
        window nearby as (
            partition by cluster, action, object_kind, object order by acted_at
            range between $within_ms preceding and $within_ms following
        )
        """,
        MEMBER_INTERACTIONS,
        {"within_ms": round(within_seconds * 1000)},
        interactions=interactions,
        members=clustering.members,
    )


def act_facts(acts: Table) -> Table:
    """How much of their activity is joint, and on how many things (`ACT_FACTS`).

    Args:
        acts: `MEMBER_INTERACTIONS`.
    """
    return acts.engine.sql(
        """
        with by_member as (
            select cluster, account,
                   sum(case when joint then 1 else 0 end) / count(*) as share,
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
               coalesce(max(cells), 0) as joint_cells,
               min(first_at) as first_at, max(last_at) as last_at
        from by_member m left join cells c on c.cluster = m.cluster
        group by m.cluster
        """,
        ACT_FACTS,
        acts=acts,
    )


def delay_facts(joint_acts: Table) -> Table:
    """The median delay between the nearest joint acts of each edge on each object.

    Args:
        joint_acts: `JOINT_ACTS`; clusters without timed co-action are left out.
    """
    return joint_acts.engine.sql(
        """
        select cluster, median(delay) as delay_seconds
        from (
            select cluster, src, dst, object_kind, object,
                   min(abs(src_at - dst_at)) / 1000.0 as delay
            from {joint_acts} group by cluster, src, dst, object_kind, object
        )
        group by cluster
        """,
        DELAY_FACTS,
        joint_acts=joint_acts,
    )


def cluster_objects(
    joint_acts: Table, interactions: Table, *, most_per_cluster: int = 100
) -> Table:
    """What each cluster shares, with how many accounts of the extract act on it too.

    `CLUSTER_OBJECTS`, the objects of most members first, at most `most_per_cluster` of each
    cluster. A shared text or trait is no object of the interactions: only the members' own count
    stands for its population.

    Args:
        joint_acts: `JOINT_ACTS` of the clusters.
        interactions: the whole extract, for the population.
        most_per_cluster: how many to keep of each cluster.
    """
    return joint_acts.engine.sql(
        """
        with ends as (
            select cluster, layer, action, object_kind, object, src as account, src_at as acted_at
            from {joint_acts}
            union
            select cluster, layer, action, object_kind, object, dst, dst_at from {joint_acts}
        ),
        shared as (
            select cluster, layer, object_kind, object,
                   count(distinct account) as members, count(*) as interactions
            from ends group by cluster, layer, object_kind, object
        ),
        ranked as (
            select *, row_number() over (
                partition by cluster order by members desc, interactions desc,
                layer, object_kind, object) as place
            from shared
        ),
        kept as (select * from ranked where place <= $most),
        population as (
            select object_kind, object, count(distinct account) as accounts
            from {interactions}
            where object in (select object from kept)
            group by object_kind, object
        ),
        everybody as (select count(distinct account) as accounts from {interactions})
        select k.cluster, k.layer, k.object_kind, k.object, k.members, k.interactions,
               greatest(coalesce(p.accounts, 0), k.members) as population,
               greatest(coalesce(p.accounts, 0), k.members)
                   / greatest(everybody.accounts, 1.0) as population_rate
        from kept k
        left join population p using (object_kind, object)
        cross join everybody
        """,
        CLUSTER_OBJECTS,
        {"most": most_per_cluster},
        joint_acts=joint_acts,
        interactions=interactions,
    )


def object_facts(objects: Table) -> Table:
    """Whether the shared objects are the cluster's own or everybody's (`OBJECT_FACTS`).

    Args:
        objects: `CLUSTER_OBJECTS`.
    """
    return objects.engine.sql(
        """
        select cluster, count(*) as objects,
               median(members / population) as exclusivity,
               sum(case when population - members >= 20 * members then 1 else 0 end) / count(*)
                   as popular_share
        from {objects} group by cluster
        """,
        OBJECT_FACTS,
        objects=objects,
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
