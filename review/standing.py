"""The decisions that hold on a run's clusters, as rows that exports and reports take."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from graph.errors import SchemaError
from review.decisions import Decision, standing

STANDING = pa.schema(
    [
        pa.field("cluster", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("decided_by", pa.string()),
        pa.field("decided_at", pa.int64()),
        pa.field("excluded", pa.list_(pa.string())),
    ]
)
"""One row a decided cluster; `decided_at` in ms UTC, `excluded` lists members left out."""


def standing_decisions(given: Iterable[Decision]) -> pa.Table:
    """What holds after all that was decided on one run's clusters (`STANDING`)."""
    by_cluster: dict[str, list[Decision]] = defaultdict(list)
    for decision in given:
        by_cluster[decision.cluster].append(decision)
    held = [standing(by_cluster[cluster]) for cluster in sorted(by_cluster)]
    return pa.Table.from_pylist([_row(each) for each in held if each is not None], STANDING)


def rows_by_cluster(decisions: pa.Table) -> dict[str, dict[str, Any]]:
    """Each decided cluster's row of `STANDING`.

    Raises:
        SchemaError: `decisions` lacks a column, or holds two decisions on a cluster.
    """
    missing = [name for name in STANDING.names if name not in decisions.column_names]
    if missing:
        message = f"the decisions lack {missing}; they have {decisions.column_names}"
        raise SchemaError(message)
    rows = decisions.select(STANDING.names).cast(STANDING).to_pylist()
    counts = Counter(row["cluster"] for row in rows)
    twice = min((cluster for cluster, count in counts.items() if count > 1), default=None)
    if twice is not None:
        message = f"cluster `{twice}` has several decisions; give the one that holds"
        raise SchemaError(message)
    return {row["cluster"]: row for row in rows}


def _row(decision: Decision) -> dict[str, Any]:
    return {
        "cluster": decision.cluster,
        "outcome": decision.outcome,
        "reason": decision.reason,
        "decided_by": decision.by,
        "decided_at": decision.at,
        "excluded": list(decision.not_covered),
    }
