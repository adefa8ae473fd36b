"""What the arrivals on each object say, and what those of a cluster say together.

The columns `odds_0` to `odds_3` are log-odds for an audience: of the whole shape, then of each of
its three ratios (`shapes.audience_log_odds`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa

from algorithms.explain.shapes import PERCENTS, audience_log_odds, in_waves, stretches
from graph.schema import Column, Schema
from graph.table import Table

_TICKS = 5
"""A stretch of fewer ticks of the clock shows the clock's shape and not the members'."""
_ENOUGH_OUTSIDERS = 5

_OBJECTS = Schema(
    "arrival_objects",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("object", "VARCHAR", "the thing"),
        Column("action", "VARCHAR", "what was done"),
        Column("object_kind", "VARCHAR", "what kind of thing it is"),
        Column("members", "BIGINT", "members that came"),
        Column("sharp", "BIGINT", "1 where the clock is fine enough to see a shape"),
        Column("instant", "BIGINT", "1 where it is not, though it ticks in seconds"),
        Column("waves", "BIGINT", "1 where it is, and the members came in waves"),
        *(Column(f"odds_{n}", "DOUBLE", "log-odds of the shape", nullable=True) for n in range(4)),
        Column("compact", "DOUBLE", "stretch of half / stretch of nine tenths", nullable=True),
        Column("half_seconds", "DOUBLE", "stretch of half, seconds", nullable=True),
        Column(
            "lean", "DOUBLE", "wait before the half / stretch of half, 2 at most", nullable=True
        ),
        Column("apart", "DOUBLE", "distance from others beyond chance", nullable=True),
        Column("middle", "DOUBLE", "median log delay since the first act"),
        Column("within", "DOUBLE", "variance of the log delays"),
    ),
    key=("cluster", "action", "object_kind", "object"),
)

ARRIVAL_FACTS = Schema(
    "arrival_facts",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("objects", "BIGINT", "objects that many members act on"),
        Column("sharp", "BIGINT", "of them, those with a shape"),
        Column("instant", "BIGINT", "those over within five ticks of a clock of seconds"),
        Column("waves", "BIGINT", "those where the members came in waves"),
        *(Column(f"odds_{n}", "DOUBLE", "summed log-odds", nullable=True) for n in range(4)),
        Column("compact", "DOUBLE", "median compactness", nullable=True),
        Column("half_seconds", "DOUBLE", "median stretch of half, seconds", nullable=True),
        Column("lean", "DOUBLE", "mean lean", nullable=True),
        Column("usual_lean", "DOUBLE", "median lean", nullable=True),
        Column("beside", "BIGINT", "objects with enough outsiders"),
        Column("apart", "DOUBLE", "mean distance from them beyond chance", nullable=True),
        Column("across", "DOUBLE", "variance over objects of the median log delay", nullable=True),
        Column("within", "DOUBLE", "mean variance of log delays on an object", nullable=True),
        Column("members", "DOUBLE", "median of members on an object", nullable=True),
    ),
    key=("cluster",),
)


def arrival_facts(found: Table) -> Table:
    """What the arrivals on a cluster's objects say (`ARRIVAL_FACTS`).

    Args:
        found: `arrivals.ARRIVED`.
    """
    engine = found.engine
    judged = engine.each(found, _judged, _OBJECTS)
    summed = engine.sql(
        f"""
        with middles as (
            select cluster, count(*) as objects,
                   cast(sum(cast(middle as decimal(38, 15))) as double) as total,
                   cast(sum(cast(middle * middle as decimal(38, 15))) as double) as squares
            from {{judged}} where sharp = 1 group by cluster
        )
        select j.cluster, count(*) as objects, sum(j.sharp) as sharp, sum(j.instant) as instant,
               sum(j.waves) as waves,
               {", ".join(f"{_sum(f'odds_{n}')} as odds_{n}" for n in range(4))},
               median(j.compact) as compact, median(j.half_seconds) as half_seconds,
               {_sum("lean")} / count(j.lean) as lean,
               median(j.lean) as usual_lean,
               count(j.apart) as beside,
               {_sum("apart")} / count(j.apart) as apart,
               max(case when m.objects > 1
                        then (m.squares - m.total * m.total / m.objects) / (m.objects - 1)
                        end) as across,
               cast(sum(case when j.sharp = 1 then cast(j.within as decimal(38, 15)) end)
                    as double) / greatest(sum(j.sharp), 1) as within,
               median(j.members) as members
        from {{judged}} j
        left join middles m on m.cluster = j.cluster
        group by j.cluster
        """,
        ARRIVAL_FACTS,
        judged=judged,
    )
    engine.drop(judged)
    return summed


def _sum(column: str) -> str:
    return f"cast(sum(cast(j.{column} as decimal(38, 15))) as double)"


def _judged(batch: pa.RecordBatch) -> pa.RecordBatch:
    """What each object says."""
    members, outsiders, tick, gap = (
        batch[name].to_numpy().astype(np.float64)
        for name in ("members", "outsiders", "tick", "gap")
    )
    offsets = [np.fromstring(text, sep=",") for text in batch["offsets"].to_pylist()]
    dense = [stretches(each) for each in offsets]
    shortest = np.array([each.shortest for each in dense]).reshape(-1, len(PERCENTS))
    rest, begins = (
        np.array([getattr(each, name) for each in dense], dtype=np.float64)
        for name in ("rest", "begins")
    )
    widest = shortest[:, -1]
    sharp = widest >= _TICKS * tick
    instant = ~sharp & (tick <= 1000) & (widest < _TICKS * 1000)
    # A stretch from one tick to another holds both.
    shown = shortest + tick[:, None]
    drawn = np.array([len(each) for each in offsets], dtype=np.float64)
    odds = audience_log_odds(drawn, shown, rest + tick)
    # The distance that two samples of these sizes have by chance, at its mean.
    chance = 0.87 * np.sqrt(1 / members + 1 / np.maximum(outsiders, 1))
    beside = sharp & (outsiders >= _ENOUGH_OUTSIDERS)
    waited = [np.log(each / 1000 + 1) for each in offsets]
    return pa.RecordBatch.from_arrays(
        [
            *(batch[name] for name in ("cluster", "object", "action", "object_kind", "members")),
            pa.array(sharp.astype(np.int64)),
            pa.array(instant.astype(np.int64)),
            pa.array((sharp & in_waves(drawn, shown, rest + tick)).astype(np.int64)),
            *(pa.array(column, mask=~sharp) for column in odds.T),
            pa.array(shown[:, 1] / shown[:, 3], mask=~sharp),
            pa.array(shown[:, 1] / 1000, mask=~sharp),
            pa.array(np.minimum(begins / shown[:, 1], 2.0), mask=~sharp),
            pa.array(np.maximum(gap - chance, 0.0), mask=~beside),
            pa.array([float(np.median(each)) for each in waited], pa.float64()),
            pa.array([float(each.var()) for each in waited], pa.float64()),
        ],
        schema=_OBJECTS.arrow,
    )


def set_anew(facts: dict[str, Any]) -> float:
    """How far the delay since an object's first act differs from object to object, in [0, 1].

    The intraclass correlation of log delays, the sampling error of medians taken out. People who
    answer a post keep one habit; an operator sets each time anew.

    Args:
        facts: a row of `ARRIVAL_FACTS`.
    """
    within = float(facts["within"])
    error = math.pi / 2 * within / max(float(facts["members"]), 1.0)
    between = max(float(facts["across"] or 0.0) - error, 0.0)
    return between / max(between + within, 1e-9)
