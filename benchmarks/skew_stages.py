"""What the tasks of a day cost on a cluster: seconds by measured rates, one after another on cores.

Spark takes a stage's tasks in their order and gives each to the core that is free first. A stage
ends with its last task, and no stage of co-action begins before the one before has ended.
"""

from __future__ import annotations

import heapq
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from benchmarks.skew_crowds import (
    Parts,
    by_account,
    by_block,
    by_moment,
    crowds_of,
    kept_of,
    thinned,
    without,
)
from benchmarks.skew_day import Day, Floats, Longs
from benchmarks.skew_tasks import Tasks, affordable, buckets_pass, objects_pass
from graph.engines.kernels.bounds import Limits
from graph.engines.spark.coaction import bucket_number
from graph.engines.spark.coaction_company import Asked
from graph.engines.spark.coaction_dealt import asked_again, first_asked
from graph.engines.spark.parallelism import shuffled_into
from graph.engines.spark.slices import Cutting
from graph.engines.spark.whole_groups import ROWS_AT_ONCE

BYTES_A_ROW = 300
"""What a worker holds for a row of the group it works on: docs/scale.md, 200 to 300."""
CROWDS = "crowds"
MOMENTS, MET, OWN = "moments", "rows by moment", "rows by account"
"""The stages in which the company of crowds is found; workers see the first and the last."""
SCRATCH_A_ROW = 73
"""Bytes written a row that is dealt: docs/scale.md, co-action on ten million interactions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Seconds of a core, as they were measured.

    `task`: for each task. `row`: for a row that comes to a task over objects: sorted, handed over,
    windows found; `again`: the same where a bound is applied. `look`: for a row looked at in the
    window of a row that is dealt. `dealt`: for a row that is dealt, and written. `bucket`: for a
    row that comes to a bucket; `pair`: for a pair that is swept. Of a crowd, each time that its
    company is found: `moment`, for a moment that comes to a block; `met`, for a row counted by
    moment, and met by what is inside its window; `own`, for a row among its account's.
    """

    task: float
    row: float
    again: float
    look: float
    dealt: float
    bucket: float
    pair: float
    moment: float
    met: float
    own: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one stage costs: tasks, rows a task, core seconds, seconds of the clock, bytes.

    `group`: rows that a worker needs at once, at most. `ideal`: the seconds if all cores were busy
    until the end. `halo`: rows that came as others' halos, over the rows there are. `written`:
    bytes of rows written.
    """

    name: str
    cores: int
    tasks: int
    mean_rows: float
    most_rows: float
    mean_seconds: float
    most_seconds: float
    makespan: float
    ideal: float
    group: float
    most_bytes: float
    halo: float
    written: float

    @property
    def lost(self) -> float:
        """The share of the stage's time in which cores wait for its last tasks."""
        return 1 - self.ideal / self.makespan if self.makespan else 0.0

    def told(self) -> dict[str, Any]:
        """For keeping, to four figures."""
        return {
            name: float(f"{value:.4g}") if isinstance(value, float) else value
            for name, value in {**asdict(self), "lost": self.lost}.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """Co-action of one window over a day: its stages, and what the bound left out of it."""

    stages: tuple[Stage, ...]
    interactions: float
    company: float
    kept: float
    pairs: float
    pairs_before: float
    affordable: int | None
    objects_cut: float
    crowds: int
    crowd_rows: float

    def told(self) -> dict[str, Any]:
        """For keeping."""
        counts = {
            name: float(f"{value:.4g}")
            for name, value in {
                "interactions": self.interactions, "company": self.company, "kept": self.kept,
                "pairs": self.pairs, "pairs_before": self.pairs_before,
                "objects_cut": self.objects_cut, "crowd_rows": self.crowd_rows,
            }.items()
        }  # fmt: skip
        return counts | {
            "affordable": self.affordable,
            "crowds": self.crowds,
            "stages": [stage.told() for stage in self.stages],
        }


def night(
    day: Day,
    within_ms: int,
    cores: int,
    limits: Limits,
    rates: Rates,
    seed: int,
    *,
    tasks: int | None = None,
    buckets: int | None = None,
    cut: Cutting | None = None,
    held: bool = True,
    apart: bool = True,
) -> Night:
    """One window of co-action over a day on so many cores.

    Args:
        day: the acts.
        within_ms: the window.
        cores: how many tasks run at once.
        limits: the bounds; of them `raw_pairs` alone is reckoned with.
        rates: what rows and pairs cost.
        seed: says where objects and accounts fall.
        tasks: over objects; as the engine chooses them if not given.
        buckets: as the engine chooses them if not given.
        cut: how hot objects are cut in the place of how the engine does it.
        held: whether tasks leave off dealing what is too much.
        apart: whether crowds are counted by moment and by account.
    """
    parts = shuffled_into(cores) if tasks is None else tasks
    homes = bucket_number(day.interactions, cores) if buckets is None else buckets
    asked = first_asked(within_ms, homes, limits, parts)
    budget = limits.raw_pairs
    widest = asked.cut if budget is None else asked_again(asked, 0).cut
    found = crowds_of(day, widest, within_ms) if apart and budget is not None else None
    stages: list[Stage] = []
    came, known = day, 0.0
    if found is not None and len(found.acts):
        stages += _crowd_stages(CROWDS, day, found.acts, within_ms, cores, parts, rates, seed)
        if found.pairs > (budget or 0):
            # The engine counts them, deals nothing yet, and looks at the others alone.
            came, known, asked = without(day, found), found.pairs, replace(asked, most_pairs=0)
    first = objects_pass(came, asked, parts, seed, cut)
    most = None if budget is None else affordable(day, within_ms, budget)
    dealt_share = _dealt_share(first, asked if held else None)
    stages.append(_over_objects("first look", first, cores, rates, rates.row, dealt_share))
    last, taken = first, 0.0
    if most is not None or (dealt_share < 1).any():
        again = asked_again(asked, most)
        if found is not None and known and most is not None:
            came, taken = thinned(day, found, within_ms, most)
            left = came.hot[len(came.hot) - len(found.acts) :]
            stages += _crowd_stages(
                f"{CROWDS} after the bound", day, left, within_ms, cores, parts, rates, seed
            )
        last = objects_pass(came, again, parts, seed + 1, cut)
        stages.append(_over_objects("after the bound", last, cores, rates, rates.again, 1.0))
    rows, pairs = buckets_pass(day, float(last.dealt.sum()), float(last.pairs.sum()), homes, seed)
    seconds = rates.task + rates.bucket * rows + rates.pair * pairs
    most_rows = float(rows.max())
    stages.append(_stage("buckets", cores, rows, seconds, most_rows))
    return Night(
        stages=tuple(stages),
        interactions=float(day.hot.sum()) + float((day.sizes * day.objects).sum()),
        company=first.kept + (kept_of(found.acts, within_ms) if found and known else 0.0),
        kept=last.kept,
        pairs=float(last.pairs.sum()),
        pairs_before=float(first.pairs.sum()) + known,
        affordable=most,
        objects_cut=last.touched + taken,
        crowds=0 if found is None else len(found.acts),
        crowd_rows=0.0 if found is None else float(found.acts.sum()),
    )


def makespan(seconds: Floats, cores: int) -> float:
    """When the last of some tasks ends that are taken in their order by whoever is free first."""
    if len(seconds) <= cores:
        return float(seconds.max(initial=0))
    free = [0.0] * cores
    for each in seconds.tolist():
        heapq.heapreplace(free, free[0] + each)
    return max(free)


def _dealt_share(found: Tasks, asked: Asked | None) -> Floats:
    """The share of its rows that each task deals before it leaves off."""
    if asked is None or asked.most_pairs is None:
        return np.ones(len(found.pairs))
    share: Floats = np.minimum(1, asked.most_pairs / np.maximum(found.pairs, 1))
    return share


def _crowd_stages(
    name: str,
    day: Day,
    acts: Longs,
    within_ms: int,
    cores: int,
    tasks: int,
    rates: Rates,
    seed: int,
) -> list[Stage]:
    """The three stages in which the company of a crowd's acts by minute is found."""
    rng = np.random.default_rng(seed)
    made: list[tuple[str, Parts, float]] = [
        (MOMENTS, by_block(acts, within_ms, tasks, rng), rates.moment),
        (MET, by_moment(acts, tasks, rng), rates.met),
        (OWN, by_account(day, acts, tasks, rng), rates.own),
    ]
    return [
        _stage(
            *(f"{name}: {what}", cores, parts.rows, rates.task + rate * parts.rows, parts.group),
            dealt=float(parts.rows.sum()) if what == OWN else 0.0,
        )
        for what, parts, rate in made
    ]


def _over_objects(
    name: str, found: Tasks, cores: int, rates: Rates, row: float, share: Floats | float
) -> Stage:
    looks, dealt = found.looks * share, found.dealt * share
    seconds = rates.task + row * found.rows + rates.look * looks + rates.dealt * dealt
    halo = float(found.rows.sum()) / max(found.own, 1) - 1
    group = max(found.group, min(ROWS_AT_ONCE, float(found.rows.max())))
    return _stage(name, cores, found.rows, seconds, group, halo=halo, dealt=float(np.sum(dealt)))


def _stage(
    name: str,
    cores: int,
    rows: Floats,
    seconds: Floats,
    group: float,
    *,
    halo: float = 0.0,
    dealt: float = 0.0,
) -> Stage:
    return Stage(
        name=name,
        cores=cores,
        tasks=len(rows),
        mean_rows=float(rows.mean()),
        most_rows=float(rows.max()),
        mean_seconds=float(seconds.mean()),
        most_seconds=float(seconds.max()),
        makespan=makespan(seconds, cores),
        ideal=float(seconds.sum()) / cores,
        group=group,
        most_bytes=group * BYTES_A_ROW,
        halo=halo,
        written=dealt * SCRATCH_A_ROW,
    )
