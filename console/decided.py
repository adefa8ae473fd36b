"""The decisions in force, as exports and reports take them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from review.decisions import Decision, standing
from review.export.selection import DECISIONS
from review.store import Store


def decisions_in_force(store: Store, run: str) -> pa.Table:
    """One row a decided cluster of the run (`review.export.selection.DECISIONS`)."""
    by_cluster: dict[str, list[Decision]] = {}
    for decision in store.decisions(run):
        by_cluster.setdefault(decision.cluster, []).append(decision)
    stand = [standing(made) for _, made in sorted(by_cluster.items())]
    rows = [_row(decision) for decision in stand if decision is not None]
    return pa.Table.from_pylist(rows, schema=DECISIONS)


def _row(decision: Decision) -> dict[str, Any]:
    return {
        "cluster": decision.cluster,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "decided_by": decision.by,
        "decided_at": decision.at,
        "excluded": list(decision.excluded),
    }
