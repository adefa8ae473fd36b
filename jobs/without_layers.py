"""What a cluster's score and expected precision would be if a detector had drawn nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa

from algorithms.background import Background
from algorithms.delays import Nearest, delays_without
from algorithms.scorecard import Scorecard, expected_precision
from algorithms.scorecard_text import default_card
from algorithms.scoring import score
from algorithms.without_layer import edges_without, objects_without
from graph.model import Clustering
from graph.schema import Column, Schema
from graph.schemas import EVIDENCE
from graph.table import Table

LAYER = "layer"
"""The kind of evidence that tells of a cluster without a layer."""


def facts_without(
    measured: Table,
    layers: Table,
    ways: Table,
    *,
    inner: Table,
    tissue: Table,
    nearest: Nearest,
    of_layers: Table,
    clustering: Clustering,
    step_seconds: float,
    repeating: str = "",
) -> Table:
    """The measured values of each cluster without each of its layers: `without(measured)`.

    The members stay, as does what they did; meetings, attendance and explanations are theirs.

    Args:
        measured: one row a cluster (`jobs.measure.MEASURED`).
        layers: `algorithms.ways.LAYERS_INSIDE`.
        ways: `algorithms.ways.WAYS`.
        inner: edges inside clusters.
        tissue: the edges on which it is measured how closed a cluster is.
        nearest: the delays of their joint acts (`algorithms.delays`).
        of_layers: `algorithms.cluster_objects.LAYER_OBJECTS`.
        clustering: the clusters.
        step_seconds: the least delay that means something.
        repeating: the layer, if any, that joins only whom others join.
    """
    schema = without(measured.schema)
    changed = {
        "left_out": "e.left_out",
        "left_over": "e.left_over",
        "edges": "e.edges",
        "density": "e.density",
        "tie_strength": "e.tie_strength",
        "layers": "e.layers",
        "joined_by": "e.joined_by",
        "ways": "coalesce(w.ways, 0)",
        "conductance": "e.conductance",
        "delay_seconds": "case when d.delay_seconds >= $step_seconds then d.delay_seconds end",
        "delay_low_seconds": "case when d.delay_seconds >= $step_seconds then d.low_seconds end",
        "delay_high_seconds": "case when d.delay_seconds >= $step_seconds then d.high_seconds end",
        "objects": "coalesce(o.objects, 0)",
        "exclusivity": "o.exclusivity",
        "popular_share": "o.popular_share",
    }
    chosen = ", ".join(f"{changed.get(name, f'm.{name}')} as {name}" for name in schema.names)
    return measured.engine.sql(
        f"""
        select {chosen}
        from {{measured}} m
        join {{edges}} e on e.cluster = m.cluster
        left join {{ways}} w on w.cluster = e.cluster and w.left_out = e.left_out
        left join {{delays}} d on d.cluster = e.cluster and d.left_out = e.left_out
        left join {{objects}} o on o.cluster = e.cluster and o.left_out = e.left_out
        """,
        schema,
        {"step_seconds": step_seconds},
        measured=measured,
        edges=edges_without(layers, inner, tissue, clustering, repeating=repeating),
        ways=ways,
        delays=delays_without(layers, nearest),
        objects=objects_without(layers, of_layers),
    )


def without(measured: Schema) -> Schema:
    """The schema of measured values with the layer that was left out."""
    return Schema(
        "measured_without",
        (
            *measured.columns,
            Column("left_out", "VARCHAR", "the layer left out"),
            Column("left_over", "BIGINT", "layers that still join the cluster"),
        ),
        key=("cluster", "left_out"),
    )


def with_layers(
    evidence: Table, facts: Table, usual: Background, card: Scorecard | None = None
) -> Table:
    """The evidence with a row for each layer: the score and expected precision without it.

    Args:
        evidence: `EVIDENCE`.
        facts: `facts_without`.
        usual: what is usual in the extract.
        card: what judges a cluster's expected precision; the shipped one by default.
    """
    told = facts.engine.each(
        facts, partial(_told, usual=usual, card=card or default_card()), EVIDENCE
    )
    return evidence.engine.sql(
        f"""
        select {EVIDENCE.selecting()} from {{evidence}}
        union all
        select {EVIDENCE.selecting()} from {{told}}
        """,
        EVIDENCE,
        evidence=evidence,
        told=told,
    )


def _told(batch: pa.RecordBatch, *, usual: Background, card: Scorecard) -> pa.RecordBatch:
    rows = [row for facts in batch.to_pylist() for row in _rows(facts, usual, card)]
    return pa.RecordBatch.from_pylist(rows, schema=EVIDENCE.arrow)


def _rows(facts: dict[str, Any], usual: Background, card: Scorecard) -> Iterator[dict[str, Any]]:
    row = {
        **dict.fromkeys(EVIDENCE.names),
        "cluster": facts["cluster"],
        "name": f"{LAYER}:{facts['left_out']}",
        "kind": LAYER,
        "unit": "score without it",
    }
    if not facts["left_over"]:
        yield {**row, "says": "nothing else joins them"}
        return
    possible = facts["accounts"] * (facts["accounts"] - 1) // 2
    yield {
        **row,
        "value": score(facts, usual)[0],
        "without": expected_precision(facts, card).precision,
        "says": (
            f"without it {facts['edges']} of {possible} possible pairs are joined,"
            f" by {facts['layers'].replace(',', ', ')}"
        ),
    }
