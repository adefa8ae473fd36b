"""Which clusters an innocent explanation accounts for, in every way in which they are joined."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pyarrow as pa

from algorithms.explain.schema import EXPLANATIONS, Family
from graph.schema import Column, Schema
from graph.table import Table

ACCOUNTED = Schema(
    "accounted",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("explained", "VARCHAR", "the explanation that accounts for it"),
        Column("degree", "DOUBLE", "how fully it applies"),
    ),
    key=("cluster",),
)
_APPLYING = Schema(
    "applying",
    (*EXPLANATIONS.columns, Column("layers", "VARCHAR", "the layers it has to account for")),
    key=EXPLANATIONS.key,
)


def accounted_for(
    explanations: Table,
    joined: Table,
    *,
    families: Mapping[str, Family],
    at_least: float = 0.5,
) -> Table:
    """The clusters that one explanation accounts for (`ACCOUNTED`); others have no row.

    An explanation accounts for a cluster when it applies to `at_least` so high a degree and is
    sufficient for the family of each layer that joins the cluster: fans of one idol meet on its
    posts, but do not share a device by that. Of several explanations the one of highest degree is
    named, then the least name.

    Args:
        explanations: `EXPLANATIONS`.
        joined: by which layers each cluster is joined (`algorithms.ways.JOINED_BY`).
        families: the family of each layer; a layer that is not there no explanation accounts for.
        at_least: the least degree.
    """
    engine = explanations.engine
    applying = engine.sql(
        f"""
        select {", ".join(f"e.{name}" for name in EXPLANATIONS.names)}, j.joined_by as layers
        from {{explanations}} e join {{joined}} j on j.cluster = e.cluster
        where e.degree >= $at_least and e.sufficient_for <> ''
        """,
        _APPLYING,
        {"at_least": at_least},
        explanations=explanations,
        joined=joined,
    )
    sufficient = engine.each(applying, partial(_sufficient, families=dict(families)), _APPLYING)
    found = engine.sql(
        """
        select cluster, explanation as explained, degree from (
            select *, row_number() over (
                partition by cluster order by degree desc, explanation) as place
            from {sufficient}
        ) where place = 1
        """,
        ACCOUNTED,
        sufficient=sufficient,
    )
    for done in (applying, sufficient):
        engine.drop(done)
    return found


def _sufficient(batch: pa.RecordBatch, *, families: Mapping[str, str]) -> pa.RecordBatch:
    kept = [
        {families.get(layer, layer) for layer in layers.split(",")} <= set(covered.split(","))
        for layers, covered in zip(
            batch["layers"].to_pylist(), batch["sufficient_for"].to_pylist(), strict=True
        )
    ]
    return batch.filter(pa.array(kept, pa.bool_()))
