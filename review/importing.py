"""A published run's clusters and members, copied into the store for look-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, insert

from graph.schemas import E_VALUE
from review.manifest import digest
from review.parquet import read_rows
from review.run import Run
from review.tables import CLUSTERS, DAY_GROUPS, MEMBERS, RUNS

ROWS_AT_ONCE = 20_000
_COPIED = [
    "cluster",
    "place",
    "score",
    "accounts",
    "edges",
    "layers",
    "first_at",
    "last_at",
    "says",
]
_DAY_GROUPS = ["days", "found", "account", "accounts", "meetings", "expected", "log10_e"]


def import_rows(connection: Connection, run: Run, *, imported_at: int) -> dict[str, int]:
    """Copy a run in, within the caller's transaction; give how many clusters and members."""
    tables = run.manifest.tables
    counts = {"clusters": tables["clusters"].rows, "members": tables["members"].rows}
    period = run.manifest.summary.get("other_days", {})
    connection.execute(
        insert(RUNS).values(
            run=run.name,
            job=run.manifest.job,
            created_at=run.manifest.created_at,
            imported_at=imported_at,
            began_at=period.get("first_at"),
            ended_at=period.get("last_at"),
            manifest_sha256=run.manifest_sha256,
            **counts,
        )
    )
    memberships = defaultdict(lambda: digest([]), _memberships(run))
    log10_e = dict(_evalues(run))
    for batch in _pieces(_rows(run, "clusters", _COPIED)):
        rows = [
            {
                **row,
                "run": run.name,
                "membership_sha256": memberships[row["cluster"]],
                "log10_e": log10_e.get(row["cluster"]),
            }
            for row in batch
        ]
        connection.execute(insert(CLUSTERS), rows)
    for batch in _pieces(_rows(run, "members", ["cluster", "account", "role"])):
        connection.execute(insert(MEMBERS), [{**row, "run": run.name} for row in batch])
    # Runs of earlier versions have none.
    if "day_groups" in tables:
        for batch in _pieces(_rows(run, "day_groups", _DAY_GROUPS)):
            connection.execute(insert(DAY_GROUPS), [{**row, "run": run.name} for row in batch])
    return counts


def _evalues(run: Run) -> Iterator[tuple[str, float]]:
    for row in _rows(run, "evidence", ["cluster", "name", "value"]):
        if row["name"] == E_VALUE and row["value"] is not None:
            yield row["cluster"], row["value"]


def _memberships(run: Run) -> Iterator[tuple[str, str]]:
    """Each cluster with the digest of its sorted members: the same in each run that finds it."""
    rows = _rows(run, "members", ["cluster", "account"])
    for cluster, members in groupby(rows, itemgetter("cluster")):
        yield cluster, digest([member["account"] for member in members])


def _rows(run: Run, table: str, columns: list[str]) -> Iterator[dict[str, Any]]:
    batches = read_rows(run.table_path(table), columns)
    return chain.from_iterable(batch.to_pylist() for batch in batches)


def _pieces(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while piece := list(islice(rows, ROWS_AT_ONCE)):
        yield piece
