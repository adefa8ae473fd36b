"""Holding a run against planted truth."""

from __future__ import annotations

from types import SimpleNamespace

import pyarrow as pa
import pytest

from builders.simulation.truth import Truth
from graph.schemas import CLUSTERS, MEMBERS
from jobs.judge import judge

pytestmark = pytest.mark.local_only

FOUND = """
    cluster | account
    a1      | a1
    a1      | a2
    a1      | a3
    b1      | b1
    b1      | x1
    b1      | x2
    b1      | x3
    c1      | x4
    c1      | b2
"""
RANKED = """
    cluster | place | flagged
    a1      | 1     | true
    b1      | 2     | true
    c1      | 3     | false
"""


def truth(rings, crowds):
    columns = ["ring", "level", "kind", "account"]
    return Truth(
        rings=pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rings]),
        lookalikes=pa.Table.from_pylist(
            [dict(zip(["group", "kind", "account"], row, strict=True)) for row in crowds]
        ),
    )


def test_a_ring_is_found_where_it_and_a_cluster_share_half_of_each(engine, table):
    tables = {"members": table(engine, MEMBERS, FOUND), "clusters": table(engine, CLUSTERS, RANKED)}
    run = SimpleNamespace(table=lambda _, name: tables[name])
    rings = [("A", "L0", "farm", f"a{n}") for n in range(1, 5)]
    rings += [("B", None, "swarm", f"b{n}") for n in range(1, 3)]
    crowds = [("X", "fan-club", f"x{n}") for n in range(1, 6)]

    judged = judge(run, truth(rings, crowds), engine)

    by_kind = {one.kind: one for one in (*judged.rings, *judged.look_alikes)}
    assert (by_kind["L0"].found, by_kind["L0"].named, by_kind["L0"].accounts) == (1, 3, 4)
    assert (by_kind["swarm"].found, by_kind["swarm"].named) == (0, 1)
    assert (by_kind["fan-club"].found, by_kind["fan-club"].recall) == (1, 0.6)
    assert (judged.named, judged.named_in_rings, judged.ring_accounts) == (7, 4, 6)
    assert (judged.precision, judged.recall) == (4 / 7, 4 / 6)
    assert (judged.first, judged.first_rings) == (2, 1)


def test_a_run_without_clusters_is_precise_and_recalls_nothing(engine, table):
    tables = {
        "members": table(engine, MEMBERS, "cluster | account"),
        "clusters": table(engine, CLUSTERS, "cluster | place"),
    }
    run = SimpleNamespace(table=lambda _, name: tables[name])

    judged = judge(run, truth([("A", "L0", "farm", "a1")], [("X", "crowd", "x1")]), engine)

    assert (judged.precision, judged.recall, judged.first) == (1.0, 0.0, 0)
