"""A run held against planted truth: which rings it found, and which innocents it named.

An account is *named* when it is in a cluster of the run. A ring is *found* when a cluster holds at
least half of it and consists of it by at least half (as in `algorithms.agreement`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from builders.simulation.truth import Truth
from graph.engine import Engine
from review.run import Run

HELD_SHARE = 0.5


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
    members: dict[str, set[str]] = defaultdict(set)
    for row in run.table(engine, "members").arrow().select(["cluster", "account"]).to_pylist():
        members[row["cluster"]].add(row["account"])
    places = run.table(engine, "clusters").arrow().select(["place", "cluster"]).to_pylist()
    ranked = [row["cluster"] for row in sorted(places, key=lambda row: int(row["place"]))]
    rings, kinds = _groups(
        (row["ring"], row["level"] or row["kind"], row["account"])
        for row in truth.rings.to_pylist()
    )
    crowds, crowd_kinds = _groups(
        (row["group"], row["kind"], row["account"]) for row in truth.lookalikes.to_pylist()
    )
    named = set().union(*members.values())
    in_rings = set().union(*rings.values())
    return Judgement(
        rings=_by_kind(rings, kinds, members, named),
        look_alikes=_by_kind(crowds, crowd_kinds, members, named),
        clusters=len(ranked),
        named=len(named),
        named_in_rings=len(named & in_rings),
        ring_accounts=len(in_rings),
        first=min(first, len(ranked)),
        first_rings=sum(_is_a_ring(members[name], rings) for name in ranked[:first]),
    )


def _groups(
    rows: Iterable[tuple[str, str, str]],
) -> tuple[dict[str, set[str]], dict[str, str]]:
    groups: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, str] = {}
    for group, kind, account in rows:
        groups[group].add(account)
        kinds[group] = kind
    return groups, kinds


def _by_kind(
    groups: Mapping[str, set[str]],
    kinds: Mapping[str, str],
    members: Mapping[str, set[str]],
    named: set[str],
) -> tuple[OfKind, ...]:
    cluster_of = {account: name for name, accounts in members.items() for account in accounts}
    rows = []
    for kind in sorted(set(kinds.values())):
        own = [accounts for group, accounts in groups.items() if kinds[group] == kind]
        everyone = set().union(*own)
        rows.append(
            OfKind(
                kind=kind,
                groups=len(own),
                found=sum(_found(accounts, members, cluster_of) for accounts in own),
                accounts=len(everyone),
                named=len(everyone & named),
            )
        )
    return tuple(rows)


def _found(ring: set[str], members: Mapping[str, set[str]], cluster_of: Mapping[str, str]) -> bool:
    """Whether one cluster and the ring share at least half of each."""
    shared = Counter(cluster_of[account] for account in ring if account in cluster_of)
    return any(
        count >= HELD_SHARE * max(len(ring), len(members[name])) for name, count in shared.items()
    )


def _is_a_ring(cluster: set[str], rings: Mapping[str, set[str]]) -> bool:
    return any(len(cluster & ring) >= HELD_SHARE * len(cluster) for ring in rings.values())
