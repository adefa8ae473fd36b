"""What a method found, in one form for runs and for other methods: clusters in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graph.engine import Engine
from graph.model import Clustering, InteractionGraph
from review.run import Run

_ROLES = {"core": 0, "peripheral": 1, "bridge": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster that is listed, with its members, the surest first.

    Attributes:
        name: the cluster's name.
        members: the accounts that count as its members, weak ones left out.
        flagged: whether the method says that it is coordinated; else it is only listed.
        explained: the innocent explanation that keeps it from being flagged, if any.
        expected_precision: what the method itself expects, in [0, 1], if it says so.
    """

    name: str
    members: tuple[str, ...]
    flagged: bool = True
    explained: str | None = None
    expected_precision: float | None = None

    @property
    def accounts(self) -> frozenset[str]:
        """The members as a set."""
        return frozenset(self.members)


@dataclass(frozen=True)
class Found:
    """The listed clusters, the most suspect first; flagged ones before the others."""

    clusters: tuple[Cluster, ...]

    @cached_property
    def flagged(self) -> tuple[Cluster, ...]:
        """The clusters that count as found."""
        return tuple(cluster for cluster in self.clusters if cluster.flagged)

    @cached_property
    def flagged_accounts(self) -> frozenset[str]:
        """The accounts in them."""
        return frozenset().union(*(cluster.members for cluster in self.flagged))

    @cached_property
    def ranked(self) -> tuple[str, ...]:
        """Every account of a listed cluster once, the most suspect first."""
        seen = dict.fromkeys(name for cluster in self.clusters for name in cluster.members)
        return tuple(seen)


def found_in(run: Run, engine: Engine, *, weak: bool = False) -> Found:
    """The clusters of a run; a run without the column `flagged` flags every cluster.

    Args:
        run: a published run.
        engine: where its tables are read.
        weak: whether weak members count as members, which they do nowhere else.
    """
    clusters = run.table(engine, "clusters").arrow().to_pylist()
    members: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in run.table(engine, "members").arrow().to_pylist():
        if weak or row["role"] != "weak":
            members[row["cluster"]].append(row)
    listed = sorted(clusters, key=lambda row: (not _flagged(row), int(row["place"])))
    return Found(
        tuple(
            Cluster(
                name=row["cluster"],
                members=_in_order(members[row["cluster"]]),
                flagged=_flagged(row),
                explained=row.get("explained"),
                expected_precision=row.get("expected_precision"),
            )
            for row in listed
        )
    )


def found_by(graph: InteractionGraph, clustering: Clustering, *, at_least: int = 3) -> Found:
    """The clusters that a method without scores divided a graph into, all of them flagged.

    A cluster stands higher the more weight its members have inside it on average, a member the
    more it has itself.

    Args:
        graph: what was divided.
        clustering: how.
        at_least: smaller clusters are left out.
    """
    rows = graph.engine.query(
        """
        with ends as (
            select e.src as account, s.cluster, e.weight
            from {edges} e
            join {members} s on s.account = e.src
            join {members} d on d.account = e.dst and d.cluster = s.cluster
            where e.src <> e.dst
            union all
            select e.dst, s.cluster, e.weight
            from {edges} e
            join {members} s on s.account = e.src
            join {members} d on d.account = e.dst and d.cluster = s.cluster
            where e.src <> e.dst
        )
        select m.cluster, m.account,
               coalesce(cast(sum(cast(e.weight as decimal(38, 9))) as double), 0.0) as strength
        from {members} m left join ends e on e.account = m.account and e.cluster = m.cluster
        group by m.cluster, m.account
        """,
        edges=graph.edges,
        members=clustering.members,
    ).to_pylist()
    strengths: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        strengths[row["cluster"]][row["account"]] = row["strength"]
    large = {name: inner for name, inner in strengths.items() if len(inner) >= at_least}
    order = sorted(
        large, key=lambda name: (-sum(sorted(large[name].values())) / len(large[name]), name)
    )
    return Found(
        tuple(
            Cluster(
                name=name,
                members=tuple(sorted(large[name], key=lambda one: (-large[name][one], one))),
            )
            for name in order
        )
    )


def _flagged(row: Mapping[str, Any]) -> bool:
    return row.get("flagged") is not False


def _in_order(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Members by their own score where there is one, else core first and by PageRank."""

    def key(row: Mapping[str, Any]) -> tuple[float, int, float, str]:
        score = row.get("score")
        role = _ROLES.get(row["role"], len(_ROLES))
        return (-score if score is not None else 0.0, role, -row["pagerank"], row["account"])

    return tuple(row["account"] for row in sorted(rows, key=key))
