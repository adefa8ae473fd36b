"""What a report shows, taken from a run's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from graph.errors import ConfigError
from graph.schema import Schema
from graph.schemas import EDGES
from graph.table import Table
from review.across_runs import AcrossRuns
from review.origin import Origin
from review.run_tables import RunTables

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """One cluster with all that its report shows, as Arrow tables of the run's schemas.

    `cluster` has just one row (`CLUSTERS`). `also` are accounts that belong here too without being
    members, `elsewhere` members that belong to other flagged clusters too (both `ALSO_IN`).
    `edges` are those between members. `decision` is the one that holds (`outcome`, `reason`,
    `decided_by`, `decided_at` in ms), None while there is none. `across` follows it over runs, None
    where its run tests nothing on days of their own.
    """

    cluster: pa.Table
    members: pa.Table
    also: pa.Table
    elsewhere: pa.Table
    edges: pa.Table
    evidence: pa.Table
    objects: pa.Table
    joint_acts: pa.Table
    interactions: pa.Table
    origin: Origin = field(default_factory=Origin)
    decision: Row | None = None
    across: AcrossRuns | None = None

    @property
    def facts(self) -> Row:
        """The cluster's own row."""
        row: Row = self.cluster.to_pylist()[0]
        return row


def report_input(
    run: RunTables,
    cluster: str,
    *,
    origin: Origin | None = None,
    decision: Row | None = None,
    across: AcrossRuns | None = None,
) -> ReportInput:
    """Gather one cluster of a run.

    Raises:
        ConfigError: the run has no cluster of this name.
    """
    row = _of(run.clusters, cluster)
    if not row.num_rows:
        message = f"the run has no cluster `{cluster}`; `ringwatch clusters` lists those it has"
        raise ConfigError(message)
    return ReportInput(
        cluster=row,
        members=_of(run.members, cluster),
        also=_of(run.also_in, cluster),
        elsewhere=_of(run.also_in, cluster, column="home"),
        edges=_inner_edges(run, cluster),
        evidence=_of(run.evidence, cluster),
        objects=_of(run.cluster_objects, cluster),
        joint_acts=_of(run.joint_acts, cluster),
        interactions=_of(run.member_interactions, cluster),
        origin=origin or Origin(),
        decision=decision,
        across=across,
    )


def _of(table: Table, cluster: str, *, column: str = "cluster") -> pa.Table:
    query = f"select * from {{rows}} where {column} = $cluster"
    return _fetched(query, table.schema, {"cluster": cluster}, rows=table)


def _inner_edges(run: RunTables, cluster: str) -> pa.Table:
    query = """
        select e.*
        from {edges} e
        join {members} a on a.account = e.src and a.cluster = $cluster
        join {members} b on b.account = e.dst and b.cluster = $cluster
    """
    return _fetched(query, EDGES, {"cluster": cluster}, edges=run.edges, members=run.members)


def _fetched(query: str, schema: Schema, params: Row, **tables: Table) -> pa.Table:
    engine = next(iter(tables.values())).engine
    kept = engine.sql(query, schema, params, **tables)
    rows = kept.arrow()
    engine.drop(kept)
    return rows
