"""Which clusters an export takes: those a person confirmed, and others only where asked for."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from graph.errors import ConfigError, SchemaError
from graph.schema import Column, Schema

DECISIONS = pa.schema(
    [
        pa.field("cluster", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("decided_by", pa.string()),
        pa.field("decided_at", pa.int64()),
        pa.field("excluded", pa.list_(pa.string())),
    ]
)
"""The decisions in force, one row a cluster; `decided_at` in ms, `excluded` lists accounts."""

CONFIRMED = "confirmed"
UNDECIDED = "undecided"

CHOSEN = Schema(
    "chosen",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("decision", "VARCHAR", "its outcome, or `undecided`"),
        Column("reason", "VARCHAR", "the reason given", nullable=True),
        Column("decided_by", "VARCHAR", "who decided", nullable=True),
        Column("decided_at", "VARCHAR", "when, RFC 3339 in UTC", nullable=True),
    ),
    key=("cluster",),
)

EXCLUDED = Schema(
    "excluded",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("account", "VARCHAR", "a member that the decision leaves out"),
    ),
    key=("cluster", "account"),
)


@dataclass(frozen=True, slots=True)
class Selection:
    """The clusters that go (`CHOSEN`), members that do not (`EXCLUDED`), what was left out."""

    chosen: pa.Table
    excluded: pa.Table
    left_out: Mapping[str, int]


def select_clusters(
    known: list[str], decisions: pa.Table, *, only: tuple[str, ...] | None, undecided: bool
) -> Selection:
    """Choose among a run's clusters.

    Args:
        known: the run's clusters.
        decisions: the decisions in force (`DECISIONS`); those on other runs' clusters are passed
            over.
        only: choose among these clusters alone; None for all.
        undecided: clusters without a decision go too. Clusters decided against never go.

    Raises:
        ConfigError: nothing would go, a cluster asked for by name may not go, or is not there.
        SchemaError: `decisions` has other columns, or two decisions on a cluster.
    """
    decided = _by_cluster(decisions)
    asked = known if only is None else _named(only, known)
    outcomes = {cluster: _outcome(decided.get(cluster)) for cluster in asked}
    allowed = {CONFIRMED, UNDECIDED} if undecided else {CONFIRMED}
    goes = sorted(cluster for cluster in asked if outcomes[cluster] in allowed)
    if only is not None and len(goes) < len(asked):
        raise ConfigError(_refusal_by_name(outcomes, allowed))
    if not goes:
        raise ConfigError(_refusal_of_all(outcomes, undecided=undecided))
    kept_back = Counter(outcome for outcome in outcomes.values() if outcome not in allowed)
    return Selection(
        chosen=pa.Table.from_pylist(
            [_chosen(cluster, decided.get(cluster)) for cluster in goes], CHOSEN.arrow
        ),
        excluded=_excluded({cluster: decided[cluster] for cluster in goes if cluster in decided}),
        left_out={f"clusters {outcome}": count for outcome, count in sorted(kept_back.items())},
    )


def _by_cluster(decisions: pa.Table) -> dict[str, dict[str, Any]]:
    missing = [name for name in DECISIONS.names if name not in decisions.column_names]
    if missing:
        message = f"the decisions lack {missing}; they have {decisions.column_names}"
        raise SchemaError(message)
    rows = decisions.select(DECISIONS.names).cast(DECISIONS).to_pylist()
    by_cluster = {row["cluster"]: row for row in rows}
    if len(by_cluster) < len(rows):
        twice = min(name for name, n in Counter(r["cluster"] for r in rows).items() if n > 1)
        message = f"cluster `{twice}` has several decisions; give the one in force"
        raise SchemaError(message)
    return by_cluster


def _named(only: tuple[str, ...], known: list[str]) -> list[str]:
    there = set(known)
    for name in only:
        if name not in there:
            close = difflib.get_close_matches(name, known, n=1)
            mend = f"; did you mean `{close[0]}`?" if close else ""
            message = f"the run has no cluster `{name}`{mend}"
            raise ConfigError(message)
    return sorted(set(only))


def _outcome(decision: Mapping[str, Any] | None) -> str:
    return UNDECIDED if decision is None else decision["outcome"]


def _refusal_by_name(outcomes: Mapping[str, str], allowed: set[str]) -> str:
    cluster, outcome = next(pair for pair in sorted(outcomes.items()) if pair[1] not in allowed)
    mend = (
        f"decide it with `ringwatch decide {cluster}`, or ask for undecided clusters"
        if outcome == UNDECIDED
        else "leave it out, or decide it anew"
    )
    return f"cluster `{cluster}` is {outcome}, and an export takes confirmed clusters; {mend}"


def _refusal_of_all(outcomes: Mapping[str, str], *, undecided: bool) -> str:
    found = Counter(outcomes.values())
    there = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.items()))
    if undecided or UNDECIDED not in found:
        return f"there is no cluster to export: the run has {there or 'none'}"
    return (
        f"no cluster is confirmed: the run has {there}; confirm with `ringwatch decide`,"
        " or ask for undecided clusters"
    )


def _chosen(cluster: str, decision: Mapping[str, Any] | None) -> dict[str, Any]:
    given = decision or {}
    decided_at = given.get("decided_at")
    return {
        "cluster": cluster,
        "decision": _outcome(decision),
        "reason": given.get("reason"),
        "decided_by": given.get("decided_by"),
        "decided_at": None if decided_at is None else _rfc3339(decided_at),
    }


def _rfc3339(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{milliseconds % 1000:03d}Z"


def _excluded(decided: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    rows = {
        (cluster, account)
        for cluster, decision in decided.items()
        for account in decision["excluded"] or ()
    }
    return pa.table(
        {
            "cluster": [cluster for cluster, _ in sorted(rows)],
            "account": [account for _, account in sorted(rows)],
        },
        schema=EXCLUDED.arrow,
    )
