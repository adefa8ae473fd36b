"""The simulation of skew beside the real builder on Spark: rates from one run, tested on another.

Two extracts of one make are run on `local[2]`, small, with small slices and buckets: an even one
gives the rates, and one with a quarter of all acts on one object tells how far what is reckoned is
from what Spark's event log counts. Rates are CPU of the process tree, split over the stages by the
time their tasks ran, so that other work on the machine counts little.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.heavy_tailed import write_interactions
from benchmarks.skew_day import MINUTE_MS, Day
from benchmarks.skew_run import CROWD_ROWS, HOT_ROWS, MINUTE, PARTS, Counts, crowds_from
from benchmarks.skew_stages import CROWDS, MET, MOMENTS, OWN, Night, Rates, Stage, night
from graph.engines.kernels.bounds import Limits

INTERACTIONS_OF_CHECK = 300_000
US_AN_INTERACTION = 46.0
"""Co-action on Spark without its start, a window of a minute: docs/scale.md, ten million."""
LOOK, PAIR = 1.5e-9, 5e-9
"""Seconds: dealing in dense windows (1.5 ns were measured; up to 14 in sparse ones, where little is
looked at), and the sweep (`builders.coaction.estimate_pairs`)."""
TASK = 0.05
"""Seconds: what a task costs before its first row; a guess that matters for small tasks alone."""


def checked(interactions: int = INTERACTIONS_OF_CHECK) -> Counts:
    """What was measured and reckoned: `rates`, and for the skewed extract `stages` with both."""
    with tempfile.TemporaryDirectory() as folder:
        even, skewed = Path(folder) / "even.parquet", Path(folder) / "skewed.parquet"
        write_interactions(even, interactions, seed=1)
        write_interactions(skewed, interactions, seed=2, viral=1, share=0.25)
        few = Path(folder) / "few.parquet"
        write_interactions(few, 20_000, seed=3, viral=1, share=0.25)
        asked = [sys.executable, "-m", "benchmarks.skew_run", str(few), str(even), str(skewed)]
        done = subprocess.run(
            [*asked, folder], capture_output=True, text=True, check=False,
            cwd=Path(__file__).parents[1],
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"the run on Spark failed: {done.stderr[-2_000:]}")
        calls = json.loads(done.stdout.splitlines()[-1])
        return compared(calls, day_of(even), day_of(skewed))


def compared(calls: list[Counts], even: Day, skewed: Day) -> Counts:
    """Rates from the calls on the even extract, and the skewed one's stages beside what they give.

    Args:
        calls: as `benchmarks.skew_run` tells them: even in a minute, in an hour, in a minute with
            a bound, and skewed with a bound, first with the hot object in slices, then as a crowd.
        even: the acts of the even extract.
        skewed: those of the other.
    """
    rates = _rates(calls, even)
    sliced, crowd = calls[3:]
    told = _told(sliced, skewed, rates, apart=False)
    # Reckoned before it is known what a crowd costs: rows do not depend on it.
    rows = {stage.name: stage.mean_rows * stage.tasks for stage in _crowd_of(crowd, skewed, rates)}
    rates = replace(rates, **_crowd_rates(crowd, sliced, rows))
    apart = _told(crowd, skewed, rates, apart=True)
    return {
        "interactions": skewed.interactions,
        **told,
        "crowd": apart,
        # The whole has what is no stage of ours too: it is told as on the even extract.
        "cpu_seconds": [
            round(
                _elsewhere(calls[2]) + sum(stage["cpu_seconds"][0] for stage in told["stages"]), 1
            ),
            round(sliced["cpu"], 1),
        ],
        "rates": {name: float(f"{rate:.3g}") for name, rate in asdict(rates).items()},
    }


def _told(call: Counts, skewed: Day, rates: Rates, *, apart: bool) -> Counts:
    """A call on the skewed extract: pairs, interactions and stages, each reckoned and measured."""
    reckoned = reckoned_call(skewed, MINUTE, call["raw_pairs"], rates, apart=apart)
    stages: list[Counts] = []
    seen = [stage for stage in reckoned.stages if not stage.name.endswith(MET)]
    if len(call["stages"]) < len(seen):
        # Spark does nothing for a crowd of which nothing is left.
        seen = [stage for stage in seen if not stage.name.startswith(f"{CROWDS} after")]
    for stage, tasks in zip(seen, call["stages"], strict=True):
        rows, seconds = (np.array(tasks[name], float) for name in ("rows", "seconds"))
        cpu = _cpu_of(call, len(stages))
        stages.append(
            {
                "name": stage.name,
                "tasks": [stage.tasks, len(rows)],
                "rows": [round(stage.mean_rows * stage.tasks), int(rows.sum())],
                "most_rows": [round(stage.most_rows), int(rows.max())],
                "uneven": [
                    round(stage.most_seconds / max(stage.mean_seconds, 1e-9), 2),
                    round(float(seconds.max() / seconds.mean()), 2),
                ],
                "cpu_seconds": [round(stage.ideal * stage.cores, 1), round(cpu, 1)],
            }
        )
    return {
        "pairs": [float(f"{reckoned.pairs_before:.4g}"), call["pairs_before"]],
        "kept": [float(f"{reckoned.kept:.4g}"), call["kept"]],
        "stages": stages,
    }


def _crowd_of(call: Counts, skewed: Day, rates: Rates) -> list[Stage]:
    reckoned = reckoned_call(skewed, MINUTE, call["raw_pairs"], rates, apart=True)
    return [stage for stage in reckoned.stages if stage.name.startswith(CROWDS)]


def _crowd_rates(crowd: Counts, sliced: Counts, rows: dict[str, float]) -> dict[str, float]:
    """What a crowd's rows cost, from one that was taken apart and from the same in slices.

    Args:
        crowd: the call in which it was.
        sliced: the call in which it was not.
        rows: the rows of each stage of a crowd, by name.
    """

    def rate(ends: str, cpu: float) -> float:
        all_rows = sum(number for name, number in rows.items() if name.endswith(ends))
        return max(cpu, 0.0) / max(all_rows, 1.0)

    fixed = PARTS * TASK
    return {
        # The first time: there may be nothing left for a second.
        "moment": rate(f"{CROWDS}: {MOMENTS}", _cpu_of(crowd, 0) - fixed),
        "own": rate(f"{CROWDS}: {OWN}", _cpu_of(crowd, 1) - fixed),
        # All that Spark does about a crowd in stages of its own.
        "met": rate(MET, _elsewhere(crowd) - _elsewhere(sliced) - 2 * fixed),
    }


def reckoned_call(
    day: Day, within_ms: int, raw_pairs: int | None, rates: Rates, *, apart: bool
) -> Night:
    """What the simulation says of one call of the check."""
    with crowds_from(CROWD_ROWS):
        return night(
            day, within_ms, 2, Limits(None, None, raw_pairs), rates, 7,
            tasks=PARTS, buckets=PARTS, apart=apart,
        )  # fmt: skip


def day_of(path: Path) -> Day:
    """The acts of an extract that `write_interactions` made, counted."""
    rows = pq.read_table(path, columns=["account", "object", "acted_at"])
    _, account = np.unique(rows["account"].to_numpy(), return_inverse=True)
    _, number = np.unique(rows["object"].to_numpy(), return_inverse=True)
    minute = rows["acted_at"].to_numpy() // MINUTE_MS
    minute -= minute.min()
    acts = np.bincount(number)
    hot = [
        np.bincount(minute[number == one], minlength=int(minute.max()) + 1)
        for one in np.flatnonzero(acts > HOT_ROWS)
    ]
    sizes, objects = np.unique(acts[acts <= HOT_ROWS], return_counts=True)
    activity, accounts = np.unique(np.bincount(account), return_counts=True)
    return Day(
        interactions=len(account),
        hot=np.array(hot, np.int64).reshape(len(hot), int(minute.max()) + 1),
        sizes=sizes,
        objects=objects,
        activity=activity,
        accounts=accounts,
    )


def _rates(calls: list[Counts], even: Day) -> Rates:
    """What rows cost, from the call that deals none at first, and what dealing does, from others.

    Those others are scaled to `US_AN_INTERACTION` where they took longer: workers load what is
    compiled in them, and a small extract has more of that an interaction.
    """
    by = min(1.0, US_AN_INTERACTION * even.interactions / (1e6 * calls[0]["cpu"]))
    rows = sum(calls[2]["stages"][0]["rows"])
    fixed = PARTS * TASK
    dealt = [sum(call["stages"][1]["rows"]) for call in calls[:2]]
    spent = [_cpu_of(call, 0) for call in calls[:2]]
    each = by * max((spent[1] - spent[0]) / max(dealt[1] - dealt[0], 1), 0)
    kept = sum(calls[2]["stages"][2]["rows"])
    return Rates(
        task=TASK,
        row=max(_cpu_of(calls[2], 0) - fixed, 0) / rows,
        again=max(_cpu_of(calls[2], 1) - fixed - each * kept, 0) / rows,
        look=LOOK,
        dealt=each,
        bucket=by * max(_cpu_of(calls[1], 1) - fixed, 0) / max(dealt[1], 1),
        pair=PAIR,
        moment=0.0,
        met=0.0,
        own=0.0,
    )


def _cpu_of(call: Counts, stage: int) -> float:
    """The CPU of a stage: its tasks' part of all tasks' time."""
    return float(call["cpu"] * sum(call["stages"][stage]["seconds"]) / call["seconds"])


def _elsewhere(call: Counts) -> float:
    return float(call["cpu"] - sum(_cpu_of(call, place) for place in range(len(call["stages"]))))
