"""What was found held against labels: the counts from which every number of a report follows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from algorithms.agreement import Agreement, agreement
from algorithms.ranking_measures import Tied
from graph.engine import Engine
from graph.model import Clustering
from graph.schemas import CLUSTERING
from jobs.evaluation.found import Cluster, Found
from jobs.evaluation.labels import Group, Labels

HALF = 0.5
"""The Jaccard likeness, and the share of ring and cluster each, at which a ring is found."""


@dataclass(frozen=True, slots=True)
class Population:
    """Who is in the extract: how many accounts, and which labelled ones are not."""

    accounts: int
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFound:
    """What became of one labelled group.

    Attributes:
        group: the group.
        accounts: its accounts; of a look-alike group, those that are in no ring.
        flagged: those of them that are in flagged clusters.
        jaccard: shared accounts over all of both, with the flagged cluster most like it.
        cluster: that cluster, None where none shares an account.
        place: the cluster's place, 1 for the most suspect.
        found: whether a flagged cluster and the group share at least half of each.
        pieces: flagged clusters that hold at least two of its accounts.
        largest: its accounts in the flagged cluster that holds most of them.
        explained: innocent explanation to the accounts in clusters that it kept from being flagged.
    """

    group: Group
    accounts: int
    flagged: int
    jaccard: float
    cluster: str | None
    place: int | None
    found: bool
    pieces: int
    largest: int
    explained: Mapping[str, int]

    @property
    def share(self) -> float:
        """The share of its accounts that are flagged."""
        return self.flagged / self.accounts if self.accounts else 0.0


@dataclass(frozen=True)
class Held:
    """What was found beside the labels; every number is a property of it."""

    found: Found
    labels: Labels
    population: Population

    @cached_property
    def hits(self) -> int:
        """Flagged accounts that are in a ring."""
        return len(self.found.flagged_accounts & self.labels.ring_accounts)

    @property
    def flagged(self) -> int:
        """Flagged accounts."""
        return len(self.found.flagged_accounts)

    @property
    def precision(self) -> float | None:
        """The share of flagged accounts that are in a ring; None where none is flagged."""
        return self.hits / self.flagged if self.flagged else None

    @property
    def recall(self) -> float | None:
        """The share of ring accounts that are flagged, those absent from the extract counted."""
        return self.hits / len(self.labels.ring_accounts) if self.labels.ring_accounts else None

    @property
    def recall_of_present(self) -> float | None:
        """The share of the ring accounts in the extract that are flagged."""
        present = len(self.labels.ring_accounts - self.population.absent)
        return self.hits / present if present else None

    @cached_property
    def controls_flagged(self) -> int:
        """Flagged accounts of no labelled group."""
        grouped = self.labels.ring_accounts | self.labels.look_alike_accounts
        return len(self.found.flagged_accounts - grouped)

    @cached_property
    def ranking(self) -> tuple[Tied, ...]:
        """Every account of the extract and the labels; those in no listed cluster are tied."""
        rings = self.labels.ring_accounts
        ranked = [Tied(1, int(account in rings)) for account in self.found.ranked]
        rest = self.population.accounts + len(self.population.absent) - len(ranked)
        hits = len(rings) - sum(block.hits for block in ranked)
        return (*ranked, Tied(rest, hits))

    @cached_property
    def rings(self) -> tuple[GroupFound, ...]:
        """What became of each ring."""
        return tuple(self._group(ring) for ring in self.labels.rings)

    @cached_property
    def look_alikes(self) -> tuple[GroupFound, ...]:
        """What became of each look-alike group."""
        return tuple(self._group(group) for group in self.labels.look_alikes)

    @cached_property
    def fragmentation(self) -> float | None:
        """Flagged clusters with two accounts of a ring, on average over rings that have one."""
        pieces = [ring.pieces for ring in self.rings if ring.pieces]
        return sum(pieces) / len(pieces) if pieces else None

    @cached_property
    def merging(self) -> float | None:
        """Rings with two accounts in a flagged cluster, on average over clusters with one."""
        rings: Counter[str] = Counter()
        for ring in self.labels.rings:
            rings.update(name for name, n in self._shared(ring).items() if n > 1)
        return rings.total() / len(rings) if rings else None

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Each listed cluster's place, from 1."""
        return {cluster.name: n for n, cluster in enumerate(self.found.clusters, start=1)}

    @cached_property
    def level_of(self) -> Mapping[str, Group]:
        """Each flagged cluster with accounts of rings: the ring that most of those belong to."""
        most = {}
        for cluster in self.found.flagged:
            counts = Counter(
                ring.name
                for account in cluster.accounts
                for ring in self._rings_of.get(account, ())
            )
            if counts:
                name = min(counts, key=lambda one: (-counts[one], one))
                most[cluster.name] = self._ring_named[name]
        return most

    def precision_of(self, clusters: Sequence[Cluster]) -> float | None:
        """The share of ring accounts among the accounts of some clusters; None of no accounts."""
        accounts = frozenset().union(*(cluster.members for cluster in clusters))
        return len(accounts & self.labels.ring_accounts) / len(accounts) if accounts else None

    def partition(self, engine: Engine) -> Agreement | None:
        """The flagged clusters against the rings, over accounts of either; None where none is.

        Both are made partitions: an account of several rings goes to the largest (then the first
        by name), one of several clusters to the most suspect.
        """
        rings = sorted(self.labels.rings, key=lambda ring: (-len(ring.accounts), ring.name))
        truth: dict[str, str] = {}
        for ring in rings:
            for account in ring.accounts:
                truth.setdefault(account, ring.name)
        predicted: dict[str, str] = {}
        for cluster in self.found.flagged:
            for account in cluster.members:
                predicted.setdefault(account, cluster.name)
        try:
            return agreement(_clustering(engine, predicted), _clustering(engine, truth))
        except ValueError:
            # Nothing is flagged, and every ring is an account alone.
            return None

    @cached_property
    def _flagged_of(self) -> Mapping[str, Sequence[Cluster]]:
        """The flagged clusters of each flagged account."""
        of: dict[str, list[Cluster]] = defaultdict(list)
        for cluster in self.found.flagged:
            for account in cluster.accounts:
                of[account].append(cluster)
        return of

    @cached_property
    def _explained_of(self) -> Mapping[str, str]:
        """The explanation of each account that is listed and not flagged."""
        of: dict[str, str] = {}
        for cluster in self.found.clusters:
            if not cluster.flagged and cluster.explained:
                for account in cluster.accounts - self.found.flagged_accounts:
                    of.setdefault(account, cluster.explained)
        return of

    @cached_property
    def _ring_named(self) -> Mapping[str, Group]:
        return {ring.name: ring for ring in self.labels.rings}

    @cached_property
    def _rings_of(self) -> Mapping[str, Sequence[Group]]:
        of: dict[str, list[Group]] = defaultdict(list)
        for ring in self.labels.rings:
            for account in ring.accounts:
                of[account].append(ring)
        return of

    @cached_property
    def _cluster_sizes(self) -> Mapping[str, int]:
        return {cluster.name: len(cluster.accounts) for cluster in self.found.flagged}

    def _shared(self, group: Group) -> Counter[str]:
        """Accounts that a group shares with each flagged cluster."""
        return Counter(
            cluster.name
            for account in group.accounts
            for cluster in self._flagged_of.get(account, ())
        )

    def _group(self, group: Group) -> GroupFound:
        shared = self._shared(group)
        size = len(group.accounts)
        jaccards = {name: n / (size + self._cluster_sizes[name] - n) for name, n in shared.items()}
        best = min(jaccards, key=lambda name: (-jaccards[name], self.places[name]), default=None)
        # An account of a ring that is also among fans is rightly flagged.
        own = group.accounts if group.is_ring else group.accounts - self.labels.ring_accounts
        explained = Counter(self._explained_of[one] for one in own if one in self._explained_of)
        return GroupFound(
            group=group,
            accounts=len(own),
            flagged=len(own & self.found.flagged_accounts),
            jaccard=0.0 if best is None else jaccards[best],
            cluster=best,
            place=None if best is None else self.places[best],
            found=any(n >= HALF * max(size, self._cluster_sizes[c]) for c, n in shared.items()),
            pieces=sum(n > 1 for n in shared.values()),
            largest=max(shared.values(), default=0),
            explained=dict(sorted(explained.items())),
        )


def _clustering(engine: Engine, cluster_of: Mapping[str, str]) -> Clustering:
    rows = pa.table(
        {"account": list(cluster_of), "cluster": list(cluster_of.values())},
        schema=CLUSTERING.arrow,
    )
    return Clustering(engine.from_arrow(rows, CLUSTERING), method="given")
