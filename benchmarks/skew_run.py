"""The calls on Spark that the simulation of skew is held against: what each took, by its stages.

    python -m benchmarks.skew_run FEW EVEN SKEWED FOLDER    # prints the calls as JSON

Extracts are small, and so are slices and buckets. One call is there to compile and to warm.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from benchmarks.spark_detect import _events, cpu_seconds, logged_into
from builders.coaction import CoactionBounds, coaction_graph
from graph.engines import open_engine
from graph.engines.spark import crowds
from graph.schemas import INTERACTIONS

PARTS = 8
"""Partitions over objects, and buckets."""
HOT_ROWS = 20_000
CROWD_ROWS = 2_000
"""Rows of a slice that make a crowd, in the call that takes one apart."""
MINUTE, HOUR = 60_000, 3_600_000
Counts = dict[str, Any]
_NO_CROWD = 1 << 40


class _Call(NamedTuple):
    """The extract, the window, `raw_pairs`; from how many rows on objects are hot, and crowds."""

    path: Path
    within_ms: int
    bound: int | None
    hot_rows: int = HOT_ROWS
    crowd_rows: int = _NO_CROWD


def _calls(few: Path, even: Path, skewed: Path) -> list[_Call]:
    return [
        # Compiles and warms all that the others do.
        _Call(few, HOUR, 10_000, 1_000, 100),
        _Call(even, MINUTE, None),
        _Call(even, HOUR, None),
        _Call(even, MINUTE, 40_000),
        _Call(skewed, MINUTE, 2_000_000),
        _Call(skewed, MINUTE, 2_000_000, crowd_rows=CROWD_ROWS),
    ]


@contextmanager
def crowds_from(rows: int) -> Iterator[None]:
    """The engine's crowds begin at so many rows of a slice."""
    before, crowds.CROWD_ROWS = crowds.CROWD_ROWS, rows
    try:
        yield
    finally:
        crowds.CROWD_ROWS = before


def _run(few: Path, even: Path, skewed: Path, folder: Path) -> list[Counts]:
    """The calls on Spark, in this process."""
    from graph.engines.spark import coaction, slices

    coaction.ROWS_A_BUCKET = -(-pq.read_metadata(even).num_rows // PARTS)
    log = folder / "log"
    log.mkdir()
    conf = logged_into(log) | {
        "spark.sql.shuffle.partitions": str(PARTS),
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
    }
    engine: Any = open_engine("spark", memory="3GB", threads=2, spill=folder / "spill", spark=conf)
    told: list[Counts] = []
    try:
        for call in _calls(few, even, skewed):
            before = sum(cpu_seconds(os.getpid()).values())
            engine.session.sparkContext.setJobGroup(f"call-{len(told)}", "")
            slices.HOT_ROWS = call.hot_rows
            with crowds_from(call.crowd_rows):
                found = coaction_graph(
                    engine.read_parquet([call.path], INTERACTIONS),
                    within_seconds=call.within_ms / 1000,
                    bounds=CoactionBounds(raw_pairs=call.bound),
                )
            told.append(
                {
                    "cpu": sum(cpu_seconds(os.getpid()).values()) - before,
                    "raw_pairs": call.bound,
                    "pairs": found.raw_pairs,
                    "kept": found.interactions_used,
                    "pairs_before": found.raw_pairs
                    + sum(found.bounds.arrow()["pairs_not_counted"].to_pylist()),
                }
            )
    finally:
        engine.close()
        engine.session.stop()
    for each, stages in zip(told, stages_by_call(log, len(told)), strict=True):
        each |= stages
    # The first has compiled and warmed.
    return told[1:]


def stages_by_call(log: Path, calls: int) -> list[Counts]:
    """From an event log, by call: all tasks' `seconds`, and our `stages`, each with its tasks.

    Ours are those that speak to Python after a shuffle, but for the first, which numbers accounts.
    """
    call_of: dict[int, int] = {}
    tasks: dict[int, list[tuple[int, float]]] = defaultdict(list)
    python = set()
    for event in _events(log):
        if event["Event"] == "SparkListenerJobStart":
            group = (event.get("Properties") or {}).get("spark.jobGroup.id", "")
            if group.startswith("call-"):
                call_of |= dict.fromkeys(event["Stage IDs"], int(group.removeprefix("call-")))
        elif event["Event"] == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            metrics = event["Task Metrics"]
            read = metrics["Shuffle Read Metrics"]["Total Records Read"]
            tasks[event["Stage ID"]].append((read, metrics["Executor Run Time"] / 1000))
        elif event["Event"] == "SparkListenerStageCompleted":
            names = {one.get("Name", "") for one in event["Stage Info"]["Accumulables"]}
            if any("Python workers" in name for name in names):
                python.add(event["Stage Info"]["Stage ID"])
    found = []
    for call in range(calls):
        own = sorted(stage for stage in tasks if call_of.get(stage) == call)
        ours = [stage for stage in own if stage in python][1:]
        found.append(
            {
                "seconds": sum(took for stage in own for _, took in tasks[stage]),
                "stages": [
                    {
                        "rows": [read for read, _ in tasks[stage]],
                        "seconds": [took for _, took in tasks[stage]],
                    }
                    for stage in ours
                ],
            }
        )
    return found


def main() -> None:
    """The run on Spark alone: what it took, as JSON."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("paths", type=Path, nargs=4)
    sys.stdout.write(json.dumps(_run(*asked.parse_args().paths)) + "\n")


if __name__ == "__main__":
    main()
