"""At most so many joint acts of an edge: hardly any edge has more, and only those are ordered."""

from __future__ import annotations

from typing import NamedTuple

from graph.schema import Column, Schema
from graph.schemas import JOINT_ACTS
from graph.table import Table

_CROWDED = Schema(
    "crowded",
    (
        *(column for column in JOINT_ACTS.columns if column.name in ("src", "dst", "layer")),
        Column("acts", "BIGINT", "joint acts of the edge, more than are given"),
    ),
    key=("src", "dst", "layer"),
)
_FIRST = """
    select {names} from (
        select e.*, c.src as crowded_src
        from {{every}} e
        left join {{crowded}} c on c.src = e.src and c.dst = e.dst and c.layer = e.layer
    ) others where crowded_src is null
    union all
    select {names} from (
        select *, row_number() over (partition by src, dst, layer order by {order}) as place
        from (
            select e.*
            from {{every}} e
            join {{crowded}} c on c.src = e.src and c.dst = e.dst and c.layer = e.layer
        ) of_crowded
    ) placed where place <= $most
"""


class JointActs(NamedTuple):
    """The joint acts (`JOINT_ACTS`), and how many were left out by the bound on an edge's."""

    acts: Table
    left_out: int


def bounded_acts(every: Table, *, most: int, order: str) -> JointActs:
    """The first acts of each edge.

    Args:
        every: `JOINT_ACTS`; let go of where fewer are given.
        most: how many acts an edge may have.
        order: which acts are first, in SQL that tells any two acts of an edge apart.
    """
    engine = every.engine
    crowded = engine.sql(
        "select src, dst, layer, count(*) as acts from {every}"
        " group by src, dst, layer having count(*) > $most",
        _CROWDED,
        {"most": most},
        every=every,
    )
    counted = engine.query(
        "select coalesce(sum(acts - $most), 0) as acts from {crowded}",
        {"most": most},
        crowded=crowded,
    )
    left_out = int(counted["acts"][0].as_py())
    if not left_out:
        engine.drop(crowded)
        return JointActs(every, 0)
    acts = engine.sql(
        _FIRST.format(names=", ".join(JOINT_ACTS.names), order=order),
        JOINT_ACTS,
        {"most": most},
        every=every,
        crowded=crowded,
    )
    for done in (every, crowded):
        engine.drop(done)
    return JointActs(acts, left_out)
