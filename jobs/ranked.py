"""Measured clusters scored and ranked: each by itself, wherever the engine computes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa

from algorithms.background import Background
from algorithms.scoring import score
from graph.model import kernel
from graph.schema import Column, Schema
from graph.schemas import CLUSTERS, EVIDENCE
from graph.table import Table

_SCORED = Schema(
    "scored",
    (
        *EVIDENCE.columns,
        Column("total", "DOUBLE", "the cluster's score, on each of its rows"),
        Column("headline", "VARCHAR", "its strongest reason for suspicion, on each of its rows"),
    ),
    key=EVIDENCE.key,
)

_COMPUTED = {
    "score": "total",
    "synchrony": "delay_seconds",
    "says": "headline",
    # To nine places, where every engine writes the same number.
    "expected": "round(expected, 9)",
}
_TOTALS = Schema(
    "totals",
    (
        _SCORED.columns[0],
        Column("fewer", "BIGINT", "members, below nought: of equals the larger cluster goes first"),
        *_SCORED.columns[-2:],
    ),
    key=("cluster",),
)
_PLACED = Schema(
    "placed_clusters",
    (*_TOTALS.columns, Column("place", "BIGINT", "1 for the most suspect")),
    key=("place",),
)


def ranked(measured: Table, usual: Background) -> tuple[Table, Table]:
    """The clusters by their scores (`CLUSTERS`) and what is behind the scores (`EVIDENCE`).

    Args:
        measured: one row a cluster with every measured value (`jobs.measure.MEASURED`).
        usual: what is usual in the extract.
    """
    engine = measured.engine
    scored = engine.each(measured, partial(_scored, usual=usual), _SCORED)
    totals = engine.sql(
        """
        select cluster, -accounts as fewer, max(total) as total, max(headline) as headline
        from {scored} join {measured} using (cluster) group by cluster, accounts
        """,
        _TOTALS,
        scored=scored,
        measured=measured,
    )
    placed = kernel(totals, "places")(
        totals, order=("total", "fewer", "cluster"), schema=_PLACED, descending=True
    )
    clusters = engine.sql(
        f"""
        select {CLUSTERS.selecting(**_COMPUTED)}
        from {{measured}} join {{placed}} using (cluster)
        """,
        CLUSTERS,
        measured=measured,
        placed=placed,
    )
    evidence = engine.sql(f"select {EVIDENCE.selecting()} from {{scored}}", EVIDENCE, scored=scored)
    for done in (scored, totals, placed):
        engine.drop(done)
    return clusters, evidence


def _scored(batch: pa.RecordBatch, *, usual: Background) -> pa.RecordBatch:
    rows = [row for facts in batch.to_pylist() for row in _rows(facts, usual)]
    return pa.RecordBatch.from_pylist(rows, schema=_SCORED.arrow)


def _rows(facts: dict[str, Any], usual: Background) -> Iterator[dict[str, Any]]:
    total, reasons = score(facts, usual)
    strongest = next((each for each in reasons if each.kind == "for"), None)
    for each in reasons:
        yield {
            "cluster": facts["cluster"],
            "name": each.name,
            "kind": each.kind,
            "value": each.value,
            "usual": each.usual,
            "unit": each.unit,
            "part": each.part,
            "says": each.says,
            "total": total,
            "headline": strongest.says if strongest else "",
        }
