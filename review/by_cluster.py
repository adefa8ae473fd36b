"""A run's edges and joint acts once more, in the order of clusters: one cluster is found at once.

A run keeps both in the order of accounts, which is how they are joined; the rows of one cluster
then lie scattered over the whole file, and a page about it would read much of millions of rows. The
copies hold nothing that the run does not: whoever removes them has them made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from graph.schema import Column, Schema
from graph.schemas import EDGES, JOINT_ACTS
from review.parquet import write_parts
from review.whole import whole

if TYPE_CHECKING:
    from graph.engine import Engine
    from graph.table import Table
    from review.run import Run

FOLDER = "by-cluster"
CLUSTERS_AT_ONCE = 20_000

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
            for (schema, (names, make)), path in zip(_MADE.items(), beside, strict=True):
                with run.opened(engine, *names) as tables:
                    write_parts(make(engine, tables), schema, path)
    return paths


def _edges(engine: Engine, tables: Mapping[str, Table]) -> Iterator[Table]:
    # Piece by piece: all edges of a large run with their clusters are more than memory may take.
    firsts = engine.query(
        """
        select cluster from (
            select cluster, row_number() over (order by cluster) as place from {clusters}
        ) numbered
        where (place - 1) % $at_once = 0 order by cluster
        """,
        {"at_once": CLUSTERS_AT_ONCE},
        clusters=tables["clusters"],
    )["cluster"].to_pylist()
    for first, end in zip_longest(firsts, firsts[1:]):
        yield from _edges_of(engine, tables, first, end)


def _edges_of(
    engine: Engine, tables: Mapping[str, Table], first: str, end: str | None
) -> Iterator[Table]:
    """The edges inside the clusters from `first` on, and before `end` if there is one."""
    asked = {"first": first} if end is None else {"first": first, "end": end}
    inside = "select account, cluster from {members} where cluster >= $first" + (
        "" if end is None else " and cluster < $end"
    )
    # Two questions: of one, a planner may pair every two members of a cluster before it looks at
    # edges, which are thousands of millions where some are large.
    outward = engine.sql(
        f"select a.cluster, e.* from {{edges}} e join ({inside}) a on a.account = e.src",
        EDGES_INSIDE,
        asked,
        edges=tables["edges"],
        members=tables["members"],
    )
    try:
        piece = engine.sql(
            f"""
            select o.* from {{outward}} o
            join ({inside}) b on b.account = o.dst and b.cluster = o.cluster
            """,
            EDGES_INSIDE,
            asked,
            outward=outward,
            members=tables["members"],
        )
    finally:
        engine.drop(outward)
    try:
        yield piece
    finally:
        engine.drop(piece)


def _acts(engine: Engine, tables: Mapping[str, Table]) -> Iterator[Table]:
    # The same rows seen with another key, which is what they are sorted by on their way out.
    table = engine.project(tables["joint_acts"], ACTS_INSIDE)
    try:
        yield table
    finally:
        engine.drop(table)


_MADE = {
    EDGES_INSIDE: (("clusters", "edges", "members"), _edges),
    ACTS_INSIDE: (("joint_acts",), _acts),
}
