"""A held run as one JSON document: the same keys always, null where a number is undefined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from algorithms.ranking_measures import average_precision, harmonic_mean, precision_at, wilson
from graph.engine import Engine
from jobs.evaluation.found import Cluster
from jobs.evaluation.intervals import over_groups
from jobs.evaluation.measures import HALF, GroupFound, Held

SCHEMA = 1
FIRST = (100, 500, 1000)
_BINS = 10


def measured(held: Held, engine: Engine, *, draws: int, seed: int) -> dict[str, Any]:
    """Every measure of what was found, with intervals over the groups (`docs/evaluation.md`)."""
    values = {
        "precision": held.precision,
        "recall": held.recall,
        "average_precision": average_precision(held.ranking),
        "recall_at_jaccard": _share(ring.jaccard >= HALF for ring in held.rings),
        "recall_at_half": _share(ring.found for ring in held.rings),
    }
    drawn = over_groups(held, values, draws=draws, seed=seed)
    accounts = held.population.accounts
    low, high = wilson(held.hits, held.flagged)
    present = len(held.labels.ring_accounts - held.population.absent)
    return {
        "account": {
            "flagged": held.flagged,
            "in_rings": held.hits,
            "precision": {
                **asdict(drawn.precision),
                "wilson_low": low if held.flagged else None,
                "wilson_high": high if held.flagged else None,
            },
            "recall": asdict(drawn.recall),
            "recall_of_present": held.recall_of_present,
            "f1": harmonic_mean(held.precision, held.recall),
            "average_precision": asdict(drawn.average_precision),
            "prevalence": present / accounts if accounts else None,
            "precision_at": {str(n): precision_at(held.ranking, n) for n in FIRST},
        },
        "rings": {
            "recall_at_jaccard_0.5": asdict(drawn.recall_at_jaccard),
            "recall_at_half": asdict(drawn.recall_at_half),
            "fragmentation": held.fragmentation,
            "merging": held.merging,
            "overlaps": held.labels.overlaps,
            "by_group": [_ring(ring) for ring in held.rings],
        },
        "partition": _partition(held, engine),
        "look_alikes": [_look_alike(group) for group in held.look_alikes],
        "look_alike_worst_share": max((g.share for g in held.look_alikes), default=None),
        "controls_flagged": held.controls_flagged,
        "clusters": {
            "listed": len(held.found.clusters),
            "flagged": len(held.found.flagged),
            "without_ring": len(held.found.flagged) - len(held.level_of),
        },
        **_calibration(held),
        "by_level": _by(held, "level"),
        "by_kind": _by(held, "kind"),
        "look_alikes_by_kind": _look_alikes_by_kind(held),
    }


def brief(held: Held) -> dict[str, Any]:
    """The numbers by which methods are set side by side."""
    return {
        "flagged": held.flagged,
        "precision": held.precision,
        "recall": held.recall,
        "f1": harmonic_mean(held.precision, held.recall),
        "average_precision": average_precision(held.ranking),
        "recall_at_jaccard_0.5": _share(ring.jaccard >= HALF for ring in held.rings),
        "recall_at_half": _share(ring.found for ring in held.rings),
        "look_alike_worst_share": max((g.share for g in held.look_alikes), default=None),
        "controls_flagged": held.controls_flagged,
        "by_level": {name: row["recall"] for name, row in _by(held, "level").items()},
        "by_kind": {name: row["recall"] for name, row in _by(held, "kind").items()},
        "look_alikes_by_kind": {
            name: row["share"] for name, row in _look_alikes_by_kind(held).items()
        },
    }


def labels_told(held: Held) -> dict[str, int]:
    """How many of what the labels name."""
    labels = held.labels
    present = held.population.accounts
    labelled = labels.ring_accounts | labels.look_alike_accounts
    return {
        "rings": len(labels.rings),
        "ring_accounts": len(labels.ring_accounts),
        "look_alike_groups": len(labels.look_alikes),
        "look_alike_accounts": len(labels.look_alike_accounts),
        "controls": present - len(labelled - held.population.absent),
        "absent": len(held.population.absent),
    }


def _share(truths: Iterable[bool]) -> float | None:
    found = list(truths)
    return sum(found) / len(found) if found else None


def _ring(ring: GroupFound) -> dict[str, Any]:
    return {
        "group": ring.group.name,
        "kind": ring.group.kind,
        "level": ring.group.level,
        "accounts": ring.accounts,
        "named": ring.flagged,
        "best_jaccard": ring.jaccard,
        "found": ring.found,
        "cluster": ring.cluster,
        "place": ring.place,
        "explained_as": dict(ring.explained),
    }


def _look_alike(found: GroupFound) -> dict[str, Any]:
    return {
        "group": found.group.name,
        "kind": found.group.kind,
        "accounts": found.accounts,
        "flagged": found.flagged,
        "share": found.share,
        "in_one_cluster": found.largest,
        "explained_as": dict(found.explained),
    }


def _partition(held: Held, engine: Engine) -> dict[str, float | None]:
    found = held.partition(engine)
    names = ("bcubed_precision", "bcubed_recall", "bcubed_f", "element_centric")
    return {name: None if found is None else getattr(found, name) for name in names}


def _by(held: Held, what: str) -> dict[str, dict[str, Any]]:
    """What became of the rings of each level, or kind.

    `precision` is that of the flagged clusters in which most accounts of rings are of that level:
    clusters without any ring belong to no level and weigh on the whole alone.
    """
    rings: dict[str, list[GroupFound]] = defaultdict(list)
    for ring in held.rings:
        name = getattr(ring.group, what)
        if name is not None:
            rings[name].append(ring)
    clusters: dict[str, list[Cluster]] = defaultdict(list)
    for cluster in held.found.flagged:
        owner = held.level_of.get(cluster.name)
        if owner is not None:
            clusters[getattr(owner, what) or ""].append(cluster)
    return {name: _together(held, rings[name], clusters.get(name, [])) for name in sorted(rings)}


def _together(
    held: Held, rings: Sequence[GroupFound], clusters: Sequence[Cluster]
) -> dict[str, Any]:
    accounts = frozenset().union(*(ring.group.accounts for ring in rings))
    named = len(accounts & held.found.flagged_accounts)
    return {
        "rings": len(rings),
        "found": sum(ring.found for ring in rings),
        "found_at_jaccard_0.5": sum(ring.jaccard >= HALF for ring in rings),
        "accounts": len(accounts),
        "named": named,
        "recall": named / len(accounts),
        "recall_of_rings": _share(ring.found for ring in rings),
        "precision": held.precision_of(clusters),
    }


def _look_alikes_by_kind(held: Held) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[GroupFound]] = defaultdict(list)
    for group in held.look_alikes:
        groups[group.group.kind or ""].append(group)
    told = {}
    for kind, own in sorted(groups.items()):
        accounts = frozenset().union(*(group.group.accounts for group in own))
        innocent = accounts - held.labels.ring_accounts
        wrong = len(innocent & held.found.flagged_accounts)
        told[kind] = {
            "groups": len(own),
            "accounts": len(innocent),
            "flagged": wrong,
            "share": wrong / len(innocent) if innocent else 0.0,
            "worst_share": max(group.share for group in own),
        }
    return told


def _calibration(held: Held) -> Mapping[str, Any]:
    """Expected against observed precision by cluster, where a method says what it expects."""
    pairs = [
        (cluster.expected_precision, held.precision_of([cluster]) or 0.0)
        for cluster in held.found.clusters
        if cluster.expected_precision is not None
    ]
    bins: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for expected, observed in pairs:
        bins[min(_BINS - 1, int(expected * _BINS))].append((expected, observed))
    return {
        "calibration": [
            {
                "predicted": sum(expected for expected, _ in own) / len(own),
                "observed": sum(observed for _, observed in own) / len(own),
                "clusters": len(own),
            }
            for _, own in sorted(bins.items())
        ],
        "brier": sum((e - o) ** 2 for e, o in pairs) / len(pairs) if pairs else None,
    }
