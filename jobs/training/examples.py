"""What there is to learn from: clusters of stored runs on which a decision stands.

A confirmed cluster is a ring and a dismissed one is not. Every other decision is left out, with
the reason, and counted: read = used + left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.scorecard import ADDED, DROPPED, TERMS
from graph.engine import Engine
from graph.schema import Column, Schema
from graph.schemas import EVIDENCE, MEMBERS
from review.run import Run, published
from review.standing import standing_decisions
from review.store import Store

GONE = "the run is not in this folder"
EARLIER = "the run has no terms, or those of another version"
EXCLUDED = "the decision excludes half of the members or more"
AGAIN = "the same members were decided on again later"

_KINDS = {"confirmed": True, "dismissed": False}
_DECIDED = Schema(
    "decided", (Column("cluster", "VARCHAR", "a cluster with a decision"),), key=("cluster",)
)
_TERM = "term:"
_TERMS = frozenset(term.name for term in TERMS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One decided cluster. `decided_at` is ms since 1970 UTC.

    `values` holds the terms in the order of `TERMS`, NaN for one that the extract could not give.
    """

    run: str
    cluster: str
    decided_at: int
    decided_by: str
    confirmed: bool
    members: frozenset[str]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """The examples in the order of their decisions, and what became of the other decisions."""

    used: tuple[Example, ...]
    left_out: Mapping[str, int]
    """Reason to the number of decisions, by name."""

    @property
    def read(self) -> int:
        """How many clusters have a decision that stands."""
        return len(self.used) + sum(self.left_out.values())


def examples_in(out: Path, store: Store, engine: Engine) -> Examples:
    """The examples that the decisions in a store make of the runs in a folder.

    Raises:
        StoreError: a run or the store is damaged.
    """
    found: list[Example] = []
    left_out: Counter[str] = Counter()
    for known in sorted(store.runs(), key=lambda one: one.run):
        decisions = standing_decisions(store.decisions(known.run)).to_pylist()
        told = [row for row in decisions if row["outcome"] in _KINDS]
        left_out.update(
            f"the outcome is `{row['outcome']}`"
            for row in decisions
            if row["outcome"] not in _KINDS
        )
        run = published(out, known.run) if told else None
        if run is None:
            left_out[GONE] += len(told)
        else:
            found += _of_run(run, told, engine, left_out)
    used = _newest(found)
    left_out[AGAIN] += len(found) - len(used)
    return Examples(
        used=tuple(used), left_out={reason: n for reason, n in sorted(left_out.items()) if n}
    )


def values_of(examples: Iterable[Example]) -> npt.NDArray[np.float64]:
    """The terms of examples, shape (examples, terms)."""
    return np.array([each.values for each in examples], dtype=np.float64).reshape(-1, len(TERMS))


def _of_run(
    run: Run, decisions: list[dict[str, Any]], engine: Engine, left_out: Counter[str]
) -> list[Example]:
    if not all(
        set(known.names) <= set(run.manifest.schema(known.name).names)
        for known in (EVIDENCE, MEMBERS)
    ):
        left_out[EARLIER] += len(decisions)
        return []
    members, terms = _members_and_terms(run, decisions, engine)
    found = []
    for row in decisions:
        values = terms[row["cluster"]]
        accounts = frozenset(members[row["cluster"]])
        if (set(values) ^ _TERMS) - (ADDED - set(values)) - DROPPED:
            left_out[EARLIER] += 1
        elif row["outcome"] == "confirmed" and 2 * len(row["excluded"]) >= len(accounts):
            left_out[EXCLUDED] += 1
        else:
            found.append(
                Example(
                    run=run.name,
                    cluster=row["cluster"],
                    decided_at=row["decided_at"],
                    decided_by=row["decided_by"],
                    confirmed=_KINDS[row["outcome"]],
                    members=accounts,
                    values=tuple(_known(values.get(term.name)) for term in TERMS),
                )
            )
    return found


def _members_and_terms(
    run: Run, decisions: list[dict[str, Any]], engine: Engine
) -> tuple[dict[str, list[str]], dict[str, dict[str, float | None]]]:
    """The accounts, and the terms by name, of each decided cluster."""
    names = pa.table({"cluster": [row["cluster"] for row in decisions]}, schema=_DECIDED.arrow)
    tables = {
        "decided": engine.from_arrow(names, _DECIDED),
        "members": run.table(engine, "members"),
        "evidence": run.table(engine, "evidence"),
    }
    members: dict[str, list[str]] = defaultdict(list)
    terms: dict[str, dict[str, float | None]] = defaultdict(dict)
    of_members = "select m.cluster, m.account from {members} m join {decided} using (cluster)"
    for row in engine.query(
        of_members, decided=tables["decided"], members=tables["members"]
    ).to_pylist():
        members[row["cluster"]].append(row["account"])
    for row in engine.query(
        """
        select e.cluster, e.name, e.value
        from {evidence} e join {decided} using (cluster) where e.kind = 'term'
        """,
        decided=tables["decided"],
        evidence=tables["evidence"],
    ).to_pylist():
        terms[row["cluster"]][row["name"].removeprefix(_TERM)] = row["value"]
    for table in tables.values():
        engine.drop(table)
    return members, terms


def _newest(found: list[Example]) -> list[Example]:
    """Of decisions on the very same accounts the newest, in the order of the decisions.

    A nightly run finds a ring again and again; that is one thing to learn and not thirty.
    """
    in_order = sorted(found, key=lambda one: (one.decided_at, one.run, one.cluster))
    by_members = {each.members: each for each in in_order}
    return sorted(by_members.values(), key=lambda one: (one.decided_at, one.run, one.cluster))


def _known(value: float | None) -> float:
    return float("nan") if value is None else value
