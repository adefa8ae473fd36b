"""A small run of three clusters, decisions on them, and what an export of it holds."""

import csv
import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graph.schemas import (
    ALSO_IN,
    CLUSTER_OBJECTS,
    CLUSTERS,
    EDGES,
    EVIDENCE,
    JOINT_ACTS,
    MEMBER_INTERACTIONS,
    MEMBERS,
)
from review.origin import Origin
from review.run_tables import RunTables
from review.standing import STANDING

MADE = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ORIGIN = Origin(
    run="links-1",
    job="links",
    extract={"fingerprint": "9f2c"},
    settings={"within_seconds": 60},
)


@pytest.fixture
def run(engine, table):
    return RunTables(
        clusters=table(
            engine,
            CLUSTERS,
            """
            cluster | place | score | accounts | says
            a1      | 2     | 0.5   | 2        | they post alike
            b1      | 1     | 0.9   | 3        | =they post alike
            c1      | 3     | 0.1   | 2        | few links
            """,
        ),
        members=table(
            engine,
            MEMBERS,
            """
            cluster | account | role       | name  | platform
            a1      | a1      | core       | Ann   | x
            a1      | a2      | core       | -     | -
            b1      | b1      | core       | @bob  | x
            b1      | b2      | peripheral | Bea   | x
            b1      | b3      | bridge     | Ben   | fb
            c1      | c1      | core       | Cy    | x
            c1      | c2      | core       | Cyd   | x
            """,
        ),
        also_in=table(engine, ALSO_IN, "cluster"),
        edges=table(
            engine,
            EDGES,
            """
            src | dst | layer | weight
            a1  | a2  | links | 2
            b1  | b2  | links | 3
            b1  | b3  | texts | 1
            b3  | c1  | links | 1
            """,
        ),
        evidence=table(engine, EVIDENCE, "cluster"),
        cluster_objects=table(engine, CLUSTER_OBJECTS, "cluster"),
        joint_acts=table(engine, JOINT_ACTS, "src"),
        member_interactions=table(engine, MEMBER_INTERACTIONS, "cluster"),
    )


def decisions(*outcomes, excluded=None):
    at = int(MADE.timestamp() * 1000) + 250
    return pa.Table.from_pylist(
        [
            {
                "cluster": cluster,
                "outcome": outcome,
                "reason": "same vendor",
                "decided_by": "j.doe",
                "decided_at": at,
                "excluded": (excluded or {}).get(cluster, []),
            }
            for cluster, outcome in outcomes
        ],
        schema=STANDING,
    )


def rows(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def files(folder):
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and "spill" not in path.parts
    )
