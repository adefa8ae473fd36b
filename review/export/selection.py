"""Which clusters an export takes: those a person confirmed, and others only where asked for."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from graph.errors import ConfigError
from graph.schema import Column, Schema
from review.decisions import OPEN
from review.standing import rows_by_cluster

CONFIRMED, DISMISSED = "confirmed", "dismissed"

CHOSEN = Schema(
    "chosen",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("decision", "VARCHAR", "its outcome, or `open`"),
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
        decisions: the decisions that hold (`STANDING`); those on other runs' clusters are passed
            over.
        only: choose among these clusters alone; None for all.
        undecided: clusters on which nobody decided for good go too: those without a decision,
            `mixed` ones and those that need more. Dismissed clusters never go.

    Raises:
        ConfigError: nothing would go, a cluster asked for by name may not go, or is not there.
        SchemaError: `decisions` lacks a column, or holds two decisions on a cluster.
    """
    decided = rows_by_cluster(decisions)
    asked = known if only is None else _named(only, known)
    outcomes = {cluster: _outcome(decided.get(cluster)) for cluster in asked}
    goes = sorted(name for name in asked if _may_go(outcomes[name], undecided=undecided))
    stays = {name: outcome for name, outcome in outcomes.items() if name not in set(goes)}
    if only is not None and stays:
        raise ConfigError(_refusal_by_name(stays))
    if not goes:
        raise ConfigError(_refusal_of_all(stays))
    kept_back = Counter(stays.values())
    return Selection(
        chosen=pa.Table.from_pylist(
            [_chosen(cluster, decided.get(cluster)) for cluster in goes], CHOSEN.arrow
        ),
        excluded=_excluded({cluster: decided[cluster] for cluster in goes if cluster in decided}),
        left_out={f"clusters {outcome}": count for outcome, count in sorted(kept_back.items())},
    )


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
    return OPEN if decision is None else decision["outcome"]


def _may_go(outcome: str, *, undecided: bool) -> bool:
    return outcome == CONFIRMED or (undecided and outcome != DISMISSED)


def _refusal_by_name(stays: Mapping[str, str]) -> str:
    cluster, outcome = min(stays.items())
    mend = (
        "leave it out, or decide it anew"
        if outcome == DISMISSED
        else f"confirm it with `ringwatch decide {cluster}`, or ask for undecided clusters"
        " (`--undecided`)"
    )
    return f"cluster `{cluster}` is {outcome}, and an export takes confirmed clusters; {mend}"


def _refusal_of_all(stays: Mapping[str, str]) -> str:
    found = Counter(stays.values())
    there = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.items()))
    if set(found) <= {DISMISSED}:
        return f"there is no cluster to export: the run has {there or 'none'}"
    return (
        f"no cluster is confirmed: the run has {there}; confirm with `ringwatch decide`,"
        " or ask for undecided clusters (`--undecided`)"
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
