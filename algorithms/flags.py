"""Which clusters are named suspect: gates that a chance find does not pass.

Leiden divides whatever graph it is given, so a list of clusters always has some. A cluster is
flagged when it is closed (little of its weight leads out, counting the edges that were tried and
narrowly refused), when it is knit (enough members have two partners inside), when its expected
precision suffices, and when no innocent explanation covers it. What is not flagged stays listed,
with the reason. `jobs.ranked` puts the gates together.
"""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.cores import k_core
from graph.model import Clustering, InteractionGraph
from graph.schema import Column, Schema
from graph.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagSettings:
    """What a cluster must show to be flagged."""

    most_conductance: float = 0.3
    """The largest share of a cluster's edge weight that may lead out of it."""
    knit_accounts: int = 4
    """Members that must each have two partners among one another."""
    least_precision: float = 0.6
    """The least expected precision (`algorithms.scorecard`)."""
    scorecard: str | None = None
    """The file of a card by `ringwatch train`, relative to the job file; else the shipped card."""
    explained_from: float = 0.4
    """How fully an innocent explanation must apply to keep a cluster from being flagged."""
    least_belonging: float = 0.1
    """The least score of a member that is named with its cluster; below it is shown as weak."""
    also_in_partners: int = 3
    """Members of another flagged cluster that an account must be joined to, to belong there too."""


DEFAULT_FLAGS = FlagSettings()

KNIT = Schema(
    "knit",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("knit", "BIGINT", "members of its 2-core"),
    ),
    key=("cluster",),
)


def knit_accounts(inner: Table, clustering: Clustering) -> Table:
    """How many members of each cluster are in its 2-core (`KNIT`).

    Args:
        inner: edges inside clusters (`algorithms.facts.inner_edges`).
        clustering: the clusters.
    """
    cores = k_core(InteractionGraph(inner))
    return inner.engine.sql(
        """
        select m.cluster, count(case when c.score >= 2 then 1 end) as knit
        from {members} m left join {cores} c on c.account = m.account
        group by m.cluster
        """,
        KNIT,
        members=clustering.members,
        cores=cores.scores,
    )
