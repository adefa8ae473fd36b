"""A run's edges and joint acts once more, in the order of clusters: one cluster is found at once.

A run keeps both in the order of accounts, which is how they are joined; the rows of one cluster
then lie scattered over the whole file, and a page about it would read much of millions of rows. The
copies hold nothing that the run does not: whoever removes them has them made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from graph.schema import Column, Schema
from graph.schemas import EDGES, JOINT_ACTS
from review.parquet import write_rows
from review.whole import whole

if TYPE_CHECKING:
    from graph.engine import Engine
    from graph.table import Table
    from review.run import Run

FOLDER = "by-cluster"

EDGES_INSIDE = Schema(
    "edges_inside",
    (Column("cluster", "VARCHAR", "the cluster that holds the edge"), *EDGES.columns),
    key=("cluster", *EDGES.key),
)
"""The edges that join two members of one cluster."""

ACTS_INSIDE = Schema("acts_inside", JOINT_ACTS.columns, key=("cluster", *JOINT_ACTS.key))
"""`JOINT_ACTS` in another order."""


def by_cluster(run: Run, engine: Engine) -> dict[str, Path]:
    """The files of `EDGES_INSIDE` and `ACTS_INSIDE` by name, made if they are not there.

    Raises:
        ConfigError: the run lacks a table, as `Run.table`.
        StoreError: the disk refused.
    """
    # Beside the folder of runs: a published run's own folder never changes.
    folder = run.path.parent.parent / FOLDER / f"{run.name}-{run.manifest_sha256[:16]}"
    paths = {schema.name: folder / f"{schema.name}.parquet" for schema in _MADE}
    if not all(path.exists() for path in paths.values()):
        with whole(*paths.values()) as beside:
            for (names, make), path in zip(_MADE.values(), beside, strict=True):
                with run.opened(engine, *names) as tables:
                    table = make(engine, tables)
                    try:
                        write_rows(table, path)
                    finally:
                        engine.drop(table)
    return paths


def _edges(engine: Engine, tables: Mapping[str, Table]) -> Table:
    return engine.sql(
        """
        select a.cluster, e.*
        from {edges} e
        join {members} a on a.account = e.src
        join {members} b on b.account = e.dst and b.cluster = a.cluster
        """,
        EDGES_INSIDE,
        **tables,
    )


def _acts(engine: Engine, tables: Mapping[str, Table]) -> Table:
    # The same rows seen with another key, which is what they are sorted by on their way out.
    return engine.project(tables["joint_acts"], ACTS_INSIDE)


_MADE = {
    EDGES_INSIDE: (("edges", "members"), _edges),
    ACTS_INSIDE: (("joint_acts",), _acts),
}
