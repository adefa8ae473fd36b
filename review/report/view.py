"""What a report shows, taken from a run's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from graph.errors import ConfigError
from graph.schema import Schema
from graph.schemas import EDGES, JOINT_ACTS
from graph.table import Table
from review.across_runs import AcrossRuns
from review.origin import Origin
from review.run_tables import RunTables

Row = Mapping[str, Any]

EDGES_WITH_POSTS = 8
"""How many edges, the strongest, have posts on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """One cluster with all that its report shows, as Arrow tables of the run's schemas.

    `cluster` has just one row (`CLUSTERS`). `also` are accounts that belong here too without being
    members, `elsewhere` members that belong to other flagged clusters too (both `ALSO_IN`).
    `edges` are those between members, `joint_acts` those behind the strongest of them, which have
    posts on the page. `decision` is the one that holds (`outcome`, `reason`,
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
    pair: tuple[str, str] | None = None,
) -> ReportInput:
    """Gather one cluster of a run.

    Args:
        run: the run's tables.
        cluster: the cluster's name.
        origin: where the run comes from.
        decision: the decision that holds.
        across: the cluster over runs.
        pair: two members whose joint acts are wanted in place of those of the strongest edges.

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
        joint_acts=_acts_behind(run, cluster, pair),
        interactions=_of(run.member_interactions, cluster),
        origin=origin or Origin(),
        decision=decision,
        across=across,
    )


def _of(table: Table, cluster: str, *, column: str = "cluster") -> pa.Table:
    query = f"select * from {{rows}} where {column} = $cluster"
    return _fetched(query, table.schema, {"cluster": cluster}, rows=table)


def _inner_edges(run: RunTables, cluster: str) -> pa.Table:
    query, tables = _inside(run)
    return _fetched(query, EDGES, {"cluster": cluster}, **tables)


def _inside(run: RunTables) -> tuple[str, dict[str, Table]]:
    """A query for the edges between members of `$cluster`, and the tables that it names."""
    if run.edges_inside is not None:
        return "select * from {inside} where cluster = $cluster", {"inside": run.edges_inside}
    query = """
        select e.*
        from {edges} e
        join {members} a on a.account = e.src and a.cluster = $cluster
        join {members} b on b.account = e.dst and b.cluster = $cluster
    """
    return query, {"edges": run.edges, "members": run.members}


def _acts_behind(run: RunTables, cluster: str, pair: tuple[str, str] | None) -> pa.Table:
    # A large cluster has millions of joint acts, of which a page shows a few dozen.
    if pair is not None:
        ends = {"src": min(pair), "dst": max(pair)}
        query = "select * from {acts} where cluster = $cluster and src = $src and dst = $dst"
        return _fetched(query, JOINT_ACTS, {"cluster": cluster, **ends}, acts=run.joint_acts)
    inside, tables = _inside(run)
    query = f"""
        with strongest as (
            select src, dst from ({inside}) e order by weight desc, src, dst, layer limit $most
        ),
        pairs as (select distinct src, dst from strongest)
        select j.*
        from {{acts}} j
        join pairs p on p.src = j.src and p.dst = j.dst
        where j.cluster = $cluster
    """
    asked = {"cluster": cluster, "most": EDGES_WITH_POSTS}
    return _fetched(query, JOINT_ACTS, asked, acts=run.joint_acts, **tables)


def _fetched(query: str, schema: Schema, params: Row, **tables: Table) -> pa.Table:
    engine = next(iter(tables.values())).engine
    return engine.query(query, params, **tables).select(schema.names).cast(schema.arrow)
