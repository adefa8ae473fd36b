"""Every measured value of a cluster, side by side."""

from __future__ import annotations

import sys

from algorithms.background import Background
from algorithms.ways import WHOLE
from builders.clocks import DAY_MS, HOUR_MS, Clock
from graph.schema import Column, Schema
from graph.table import Table

MEASURED = Schema(
    "measured",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("accounts", "BIGINT", "members"),
        Column("edges", "BIGINT", "joined pairs"),
        Column("density", "DOUBLE", "edges / possible pairs"),
        Column("tie_strength", "DOUBLE", "summed edge weight / possible pairs"),
        Column("layers", "VARCHAR", "layers, strongest first"),
        Column("joined_by", "VARCHAR", "those of them that join a fifth of the members"),
        Column("ways", "BIGINT", "ways of being joined; layers on the same acts are one"),
        Column("cross_platform_edges", "BIGINT", "joined pairs on two platforms"),
        Column("first_at", "BIGINT", "earliest joint act, ms", nullable=True),
        Column("last_at", "BIGINT", "latest joint act, ms", nullable=True),
        Column("joint_share", "DOUBLE", "joint / all interactions, mean over members"),
        Column("joint_days", "DOUBLE", "days with a joint act / days with any, mean over members"),
        Column("joint_cells", "BIGINT", "distinct things done together"),
        Column("joint_things", "DOUBLE", "(those + 1) / members / acts of an account"),
        Column("delay_seconds", "DOUBLE", "median delay between joint acts", nullable=True),
        Column("delay_low_seconds", "DOUBLE", "a quarter are no longer", nullable=True),
        Column("delay_high_seconds", "DOUBLE", "three quarters are no longer", nullable=True),
        Column("objects", "BIGINT", "shared objects listed, once for each layer that shows them"),
        Column("exclusivity", "DOUBLE", "members / accounts on an object", nullable=True),
        Column("popular_share", "DOUBLE", "share of popular objects", nullable=True),
        Column("half_days", "DOUBLE", "span of half of the creation times", nullable=True),
        Column("conductance", "DOUBLE", "share of edge weight that leaves"),
        Column("knit", "BIGINT", "members with two partners among one another"),
        Column("meeting_size", "BIGINT", "members that must meet to be counted"),
        Column("meetings", "BIGINT", "times so many met"),
        Column("meeting_span", "VARCHAR", "how near in time that is, in words"),
        Column("expected", "DOUBLE", "times that chance would give"),
        Column("log10_p", "DOUBLE", "log10 of the cluster's p-value"),
        Column("pairs_seen", "BIGINT", "summed counts of pairs with an expectation"),
        Column("pairs_expected", "DOUBLE", "that by chance; null without such", nullable=True),
        Column("pairs_log10_p", "DOUBLE", "median of pairs without expectation", nullable=True),
        Column("regular_objects", "BIGINT", "objects of a quarter of its members", nullable=True),
        Column("attendance", "DOUBLE", "share of those that a member attends", nullable=True),
        Column("unevenness", "DOUBLE", "variance of that / of equal tosses", nullable=True),
        Column("acquaintances", "DOUBLE", "degree of that explanation", nullable=True),
        Column("early", "DOUBLE", "standard errors before midway", nullable=True),
    ),
    key=("cluster",),
)


def measured_clusters(
    *,
    edges: Table,
    joined: Table,
    joined_in: Table,
    inner: Table,
    acts: Table,
    delays: Table,
    objects: Table,
    ages: Table,
    cut: Table,
    knit: Table,
    chance: Table,
    regular: Table,
    explanations: Table,
    early: Table,
    members: Table,
    clock: Clock,
    usual: Background,
) -> Table:
    """Each cluster's measured values (`MEASURED`), from the tables that hold them.

    Args:
        edges: `EDGE_FACTS`, of all clusters.
        joined: by which layers they are joined (`algorithms.ways.JOINED_BY`).
        joined_in: the ways by which they are joined (`algorithms.ways`).
        inner: their edges.
        acts: `ACT_FACTS`.
        delays: `DELAY_FACTS`.
        objects: `OBJECT_FACTS`.
        ages: `AGE_FACTS`.
        cut: conductance.
        knit: members with two partners.
        chance: what chance gives (`algorithms.chance`).
        regular: `ATTENDANCE`.
        explanations: what was checked (`algorithms.explain`).
        early: `EARLY`.
        members: `CLUSTERING`.
        clock: the extract's clock; a delay below its step is none.
        usual: what is usual in the extract.
    """
    return edges.engine.sql(
        """
        with circles as (
            select cluster, max(degree) as acquaintances
            from {explanations} where explanation = 'acquaintances' group by cluster
        ),
        ties as (
            select m.cluster, cast(sum(cast(i.weight as decimal(38, 15))) as double) as weight
            from {inner} i join {members} m on m.account = i.src group by m.cluster
        ),
        ways as (select cluster, ways from {joined_in} where left_out = $whole)
        select e.cluster, e.accounts, e.edges, e.density,
               least(coalesce(t.weight, 0.0)
                     / greatest(e.accounts * (e.accounts - 1) / 2.0, 1.0), 1.0) as tie_strength,
               e.layers, coalesce(b.joined_by, '') as joined_by, coalesce(w.ways, 0) as ways,
               e.cross_platform_edges,
               a.first_at, a.last_at, coalesce(a.joint_share, 0.0) as joint_share,
               coalesce(a.joint_days, 0.0) as joint_days,
               coalesce(a.joint_cells, 0) as joint_cells,
               (coalesce(a.joint_cells, 0) + 1) / (e.accounts * greatest($usual_acts, 1.0))
                   as joint_things,
               case when d.delay_seconds >= $step_seconds then d.delay_seconds end as delay_seconds,
               case when d.delay_seconds >= $step_seconds then d.low_seconds end
                   as delay_low_seconds,
               case when d.delay_seconds >= $step_seconds then d.high_seconds end
                   as delay_high_seconds,
               coalesce(o.objects, 0) as objects, o.exclusivity,
               o.popular_share, g.half_days, round(coalesce(c.conductance, 0.0), 12) as conductance,
               coalesce(k.knit, 0) as knit,
               coalesce(p.meeting_size, 2) as meeting_size,
               coalesce(p.meetings, 0) as meetings,
               $meeting_span as meeting_span,
               coalesce(p.expected, 0.0) as expected, coalesce(p.log10_p, 0.0) as log10_p,
               e.seen as pairs_seen, e.expected as pairs_expected, e.typical as pairs_log10_p,
               r.regular_objects, r.attendance, r.unevenness,
               x.acquaintances, y.early
        from {edges} e
        left join ties t using (cluster)
        left join {joined} b using (cluster)
        left join ways w using (cluster)
        left join {acts} a using (cluster)
        left join {delays} d using (cluster)
        left join {objects} o using (cluster)
        left join {ages} g using (cluster)
        left join {cut} c using (cluster)
        left join {knit} k using (cluster)
        left join {chance} p using (cluster)
        left join {regular} r using (cluster)
        left join circles x using (cluster)
        left join {early} y using (cluster)
        """,
        MEASURED,
        {
            "step_seconds": step_seconds(clock),
            "meeting_span": _meeting_span(clock),
            "whole": WHOLE,
            "usual_acts": usual.interactions / max(usual.accounts, 1),
        },
        edges=edges,
        joined=joined,
        joined_in=joined_in,
        inner=inner,
        acts=acts,
        delays=delays,
        objects=objects,
        ages=ages,
        cut=cut,
        knit=knit,
        chance=chance,
        regular=regular,
        explanations=explanations,
        early=early,
        members=members,
    )


def step_seconds(clock: Clock) -> float:
    """The least delay that means something: two acts of one date may lie a day apart."""
    if clock.step_ms is None:
        return sys.float_info.max
    # By minutes, a delay of nought is still a short one.
    return clock.step_ms / 1000 if clock.step_ms >= HOUR_MS else 0.0


def _meeting_span(clock: Clock) -> str:
    """What it is to meet in one hour by the extract's clock, which may show no hours."""
    if clock.step_ms is None:
        return "at whatever time"
    return "on one date" if clock.step_ms == DAY_MS else "within an hour"
