"""Measured clusters scored and ranked: each by itself, wherever the engine computes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa

from algorithms.background import Background
from algorithms.explain.verdict import ACCOUNTED
from algorithms.flags import DEFAULT_FLAGS, FlagSettings
from algorithms.headline import headline
from algorithms.scorecard import Scorecard, expected_precision
from algorithms.scorecard_text import default_card
from algorithms.scoring import score
from graph.model import kernel
from graph.rounding import rounded
from graph.schema import Column, Schema
from graph.schemas import CLUSTERS, EVIDENCE
from graph.table import Table

_SCORED = Schema(
    "scored",
    (
        *EVIDENCE.columns,
        Column("chance", "DOUBLE", "the cluster's expected precision, on each of its rows"),
        Column("low", "DOUBLE", "its interval's lower end"),
        Column("high", "DOUBLE", "its interval's upper end"),
        Column("total", "DOUBLE", "the cluster's score, on each of its rows"),
        Column("headline", "VARCHAR", "its reason in a sentence, on each of its rows"),
    ),
    key=EVIDENCE.key,
)

_COMPUTED = {
    "score": "total",
    "expected_precision": "chance",
    "precision_low": "low",
    "precision_high": "high",
    "flagged": "unflagged = 0",
    "synchrony": "delay_seconds",
    "says": "headline",
    "expected": rounded("expected", 9),
}
_TOTALS = Schema(
    "totals",
    (
        _SCORED.columns[0],
        *_SCORED.columns[-5:-2],
        Column("far", "BIGINT", "0 for a cluster near accounts judged bad before"),
        Column("doubt", "DOUBLE", "its expected precision, below nought"),
        Column("lower", "DOUBLE", "its score, below nought"),
        Column("fewer", "BIGINT", "members, below nought: of equals the larger cluster goes first"),
        *_SCORED.columns[-2:],
        Column("unflagged", "BIGINT", "0 for a cluster that is flagged"),
        Column("explained", "VARCHAR", "why it is not flagged", nullable=True),
    ),
    key=("cluster",),
)
_PLACED = Schema(
    "placed_clusters",
    (*_TOTALS.columns, Column("place", "BIGINT", "1 for the most suspect")),
    key=("place",),
)


def ranked(
    measured: Table,
    usual: Background,
    flags: FlagSettings = DEFAULT_FLAGS,
    accounted: Table | None = None,
    card: Scorecard | None = None,
) -> tuple[Table, Table]:
    """The clusters by their scores (`CLUSTERS`) and what is behind the scores (`EVIDENCE`).

    Args:
        measured: one row a cluster with every measured value (`jobs.measure.MEASURED`).
        usual: what is usual in the extract.
        flags: what a cluster must show to be flagged.
        accounted: clusters that an innocent explanation accounts for
            (`algorithms.explain.verdict.ACCOUNTED`).
        card: what judges a cluster's expected precision; the shipped one by default.
    """
    engine = measured.engine
    scored = engine.each(
        measured, partial(_scored, usual=usual, card=card or default_card()), _SCORED
    )
    innocent = accounted or engine.from_arrow(ACCOUNTED.arrow.empty_table(), ACCOUNTED)
    totals = engine.sql(
        """
        select m.cluster, max(s.chance) as chance, max(s.low) as low, max(s.high) as high,
               -max(s.chance) as doubt, -max(s.total) as lower,
               case when concat(',', m.layers, ',') like '%,seeded,%' then 0 else 1 end as far,
               -m.accounts as fewer, max(s.total) as total, max(s.headline) as headline,
               case when m.conductance <= $conductance and m.knit >= $knit
                     and max(a.explained) is null and max(s.chance) >= $precision
                    then 0 else 1 end as unflagged,
               case when m.conductance > $conductance then 'leaks'
                    when m.knit < $knit then 'loose'
                    when max(a.explained) is not null then max(a.explained)
                    when max(s.chance) < $precision then 'unlikely' end as explained
        from {scored} s
        join {measured} m on m.cluster = s.cluster
        left join {innocent} a on a.cluster = s.cluster
        group by m.cluster, m.accounts, m.layers, m.conductance, m.knit
        """,
        _TOTALS,
        {
            "conductance": flags.most_conductance,
            "knit": flags.knit_accounts,
            "precision": flags.least_precision,
        },
        scored=scored,
        measured=measured,
        innocent=innocent,
    )
    placed = kernel(totals, "places")(
        totals,
        order=("unflagged", "far", "doubt", "lower", "fewer", "cluster"),
        schema=_PLACED,
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


def with_explanations(evidence: Table, explanations: Table) -> Table:
    """The evidence with a row for each innocent explanation that was checked, or could not be.

    Args:
        evidence: `EVIDENCE`.
        explanations: `algorithms.explain.schema.EXPLANATIONS`.
    """
    return evidence.engine.sql(
        f"""
        select {EVIDENCE.selecting()} from {{evidence}}
        union all
        select cluster, 'explanation:' || explanation as name, 'checked' as kind,
               {rounded("measured", 9)} as value, {rounded("usual", 9)} as usual,
               '' as unit,
               cast(null as double) as part, degree, cast(null as double) as log_odds,
               cast(null as double) as without, says
        from {{explanations}}
        """,
        EVIDENCE,
        evidence=evidence,
        explanations=explanations,
    )


def _scored(batch: pa.RecordBatch, *, usual: Background, card: Scorecard) -> pa.RecordBatch:
    rows = [row for facts in batch.to_pylist() for row in _rows(facts, usual, card)]
    return pa.RecordBatch.from_pylist(rows, schema=_SCORED.arrow)


def _rows(facts: dict[str, Any], usual: Background, card: Scorecard) -> Iterator[dict[str, Any]]:
    total, reasons = score(facts, usual)
    expected = expected_precision(facts, card)
    of_all = {
        **dict.fromkeys(EVIDENCE.names),
        "cluster": facts["cluster"],
        "chance": expected.precision,
        "low": expected.low,
        "high": expected.high,
        "total": total,
        "headline": headline(facts, reasons),
    }
    for each in reasons:
        yield {
            **of_all,
            "name": each.name,
            "kind": each.kind,
            "value": each.value,
            "usual": each.usual,
            "unit": each.unit,
            "part": each.part,
            "says": each.says,
        }
    for part in expected.parts:
        yield {
            **of_all,
            "name": f"term:{part.name}",
            "kind": "term",
            # Adding nought makes -0.0, which no reader expects, plain 0.0.
            "value": None if part.value is None else round(part.value, 9) + 0.0,
            "usual": round(part.usual, 9),
            "unit": "",
            "log_odds": part.log_odds,
            "without": part.without,
            "says": part.says,
        }
