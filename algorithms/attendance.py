"""How members come to what a cluster has in common: all alike, or each by its own loyalty."""

from __future__ import annotations

import math

from graph.model import Clustering
from graph.schema import Column, Schema
from graph.table import Table

ATTENDANCE = Schema(
    "attendance",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("regular_objects", "BIGINT", "objects on which a quarter of the members act"),
        Column("attendance", "DOUBLE", "share of them on which a member acts, mean over members"),
        Column("unevenness", "DOUBLE", "variance of that count / that of equal tosses"),
    ),
    key=("cluster",),
)


def attendance(acts: Table, clustering: Clustering) -> Table:
    """How evenly the members of each cluster attend its regular objects (`ATTENDANCE`).

    An operator who sends each account to each target with one chance gives a binomial count, so an
    unevenness of about 1; fans differ in loyalty, and a few are at everything. Clusters without
    three members on one object have no row. The variance is that of the members at hand; with
    every member at every object it is 0, and so is the unevenness.

    Args:
        acts: what members did (`MEMBER_INTERACTIONS`), unbounded.
        clustering: the clusters.
    """
    return acts.engine.sql(
        """
        with sizes as (select cluster, count(*) as accounts from {members} group by cluster),
        met as (
            select distinct cluster, account, action, object_kind, object from {acts}
            where object <> ''
        ),
        regular as (
            select m.cluster, m.action, m.object_kind, m.object
            from met m join sizes s on s.cluster = m.cluster
            group by m.cluster, m.action, m.object_kind, m.object, s.accounts
            having count(*) >= greatest(3.0, s.accounts / 4.0)
        ),
        attended as (
            select m.cluster, m.account, count(*) as times
            from met m
            join regular r on r.cluster = m.cluster and r.action = m.action
                          and r.object_kind = m.object_kind and r.object = m.object
            group by m.cluster, m.account
        ),
        summed as (
            select a.cluster, sum(a.times) as times, sum(a.times * a.times) as squares
            from attended a group by a.cluster
        ),
        counted as (select cluster, count(*) as objects from regular group by cluster),
        shares as (
            select c.cluster, c.objects, s.accounts,
                   t.times * 1.0 / (s.accounts * c.objects) as share,
                   t.squares * 1.0 / s.accounts
                       - (t.times * 1.0 / s.accounts) * (t.times * 1.0 / s.accounts) as variance
            from counted c
            join summed t on t.cluster = c.cluster
            join sizes s on s.cluster = c.cluster
        )
        select cluster, objects as regular_objects, round(share, 9) as attendance,
               round(case when share < 1 then variance / (objects * share * (1 - share))
                          else 0 end, 9) as unevenness
        from shares
        """,
        ATTENDANCE,
        acts=acts,
        members=clustering.members,
    )


def loyalty(unevenness: float, attendance: float, objects: float) -> float:
    """How far attendance differs from member to member, as loyalty does and an order does not.

    log10 of the variance beside that of equal tosses (0 where it is no greater, 1.3 at most), times
    the share of absences (where all come, a straggler looks uneven), times log10 of a tenth
    of the objects (few show little).
    """
    uneven = math.log10(min(max(unevenness, 1.0), 20.0))
    return uneven * (1.0 - attendance) * max(math.log10((objects + 1.0) / 10.0), 0.0)
