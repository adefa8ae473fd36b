"""A run held against planted truth: which rings it found, and which innocents it named.

An account is *named* when it is in a flagged cluster of the run. A ring is *found* when a flagged
cluster holds at least half of it and consists of it by at least half. The measures are those of
`ringwatch evaluate`; this is the short form that `ringwatch demo` prints.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from builders.simulation.truth import Truth
from graph.engine import Engine
from jobs.evaluation.found import Cluster, found_in
from jobs.evaluation.labels import Labels, labels_of
from jobs.evaluation.measures import HALF, GroupFound, Held, Population
from review.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class OfKind:
    """Rings (or look-alike groups) of one level or kind: how many, how many found, and members.

    For look-alikes `found` counts groups that a cluster matches as it would match a ring.
    """

    kind: str
    groups: int
    found: int
    accounts: int
    named: int

    @property
    def recall(self) -> float:
        """Share of the accounts that are named."""
        return self.named / self.accounts if self.accounts else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A run against the truth.

    `precision` is the share of named accounts that are in a ring, `recall` the share of ring
    accounts that are named. `first_rings` of the `first` most suspect clusters consist of one
    ring by at least half.
    """

    rings: tuple[OfKind, ...]
    look_alikes: tuple[OfKind, ...]
    clusters: int
    named: int
    named_in_rings: int
    ring_accounts: int
    first: int
    first_rings: int

    @property
    def precision(self) -> float:
        """Share of named accounts that are in a ring; 1 where none is named."""
        return self.named_in_rings / self.named if self.named else 1.0

    @property
    def recall(self) -> float:
        """Share of ring accounts that are named."""
        return self.named_in_rings / self.ring_accounts if self.ring_accounts else 1.0


def judge(run: Run, truth: Truth, engine: Engine, *, first: int = 10) -> Judgement:
    """Hold a run against what was planted (`builders.simulation.truth.read_truth`)."""
    labels = labels_of(truth)
    held = Held(found_in(run, engine), labels, Population(len(labels.accounts)))
    flagged = held.found.flagged
    return Judgement(
        rings=_by_kind(held, held.rings),
        look_alikes=_by_kind(held, held.look_alikes),
        clusters=len(flagged),
        named=held.flagged,
        named_in_rings=held.hits,
        ring_accounts=len(labels.ring_accounts),
        first=min(first, len(flagged)),
        first_rings=sum(_is_a_ring(cluster, labels) for cluster in flagged[:first]),
    )


def _by_kind(held: Held, groups: Iterable[GroupFound]) -> tuple[OfKind, ...]:
    """By level where a ring has one, else by kind."""
    own: dict[str, list[GroupFound]] = defaultdict(list)
    for one in groups:
        own[one.group.level or one.group.kind or ""].append(one)
    rows = []
    for kind, alike in sorted(own.items()):
        everyone = frozenset().union(*(one.group.accounts for one in alike))
        rows.append(
            OfKind(
                kind=kind,
                groups=len(alike),
                found=sum(one.found for one in alike),
                accounts=len(everyone),
                named=len(everyone & held.found.flagged_accounts),
            )
        )
    return tuple(rows)


def _is_a_ring(cluster: Cluster, labels: Labels) -> bool:
    return any(
        len(cluster.accounts & ring.accounts) >= HALF * len(cluster.accounts)
        for ring in labels.rings
    )
