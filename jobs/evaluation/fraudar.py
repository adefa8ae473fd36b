"""FRAUDAR as a peer: the densest blocks of accounts and objects, without times and without chance.

Source: Hooi and others 2016; several blocks by taking out the edges of those found.
"""

from __future__ import annotations

from algorithms.dense_blocks import dense_blocks
from builders.crowded_acts import incidence
from graph.table import Table
from jobs.evaluation.found import Cluster, Found

BLOCKS = 10
"""Blocks to look for at the most."""
MOST_PAIRS = 20_000_000
"""Distinct pairs of an account and an object that are held in memory: some gigabytes."""


def fraudar(interactions: Table, *, most_pairs: int = MOST_PAIRS) -> Found | str:
    """The accounts of each block, all of them flagged, or why it could not be asked.

    An account counts in the first block that it is in, which is mostly the densest. Blocks stand in
    the order found, members by how many of the block's objects they acted on.
    """
    edges = incidence(interactions)
    pairs = edges.count()
    if pairs > most_pairs:
        return f"{pairs:,} pairs of an account and an object are more than {most_pairs:,}"
    found = dense_blocks(edges, most_blocks=BLOCKS, draws=0)
    rows = found.acts.engine.query(
        """
        with strength as (
            select account, block, count(*) as objects,
                   row_number() over (partition by account order by block) as place
            from {acts} group by account, block
        )
        select block, account from strength where place = 1
        order by block, objects desc, account
        """,
        acts=found.acts,
    ).to_pylist()
    members: dict[int, list[str]] = {}
    for row in rows:
        members.setdefault(row["block"], []).append(row["account"])
    return Found(
        tuple(Cluster(name=min(inside), members=tuple(inside)) for inside in members.values())
    )
