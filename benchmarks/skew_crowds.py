"""The crowds of a simulated day, as the engine takes them apart: by moment, then by account.

What a crowd is, how long a block of time is and which blocks a block sees is asked of the engine's
own code (`graph.engines.spark.crowds`). Acts of a minute are taken to be spread over its
milliseconds by chance, and an account to act on crowds as often as everybody does.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from benchmarks.skew_day import MINUTE_MS, Day, Floats, Longs
from benchmarks.skew_tasks import OBJECTS_AT_ONCE, hot_windows, in_company, slice_rows
from graph.engines.spark import crowds
from graph.engines.spark.crowd_work import blocks
from graph.engines.spark.slices import Cutting


class Crowds(NamedTuple):
    """Those of a day's hot objects that are crowds: their acts by minute, and how many pairs."""

    which: np.ndarray
    acts: Longs
    pairs: float


class Parts(NamedTuple):
    """Rows by task, and how many of them a worker needs at once at most."""

    rows: Floats
    group: float


@lru_cache(maxsize=64)
def crowds_of(day: Day, cut: Cutting, within_ms: int) -> Crowds:
    """The hot objects of which a slice has more rows than the engine gives to a task."""
    which, pairs = np.zeros(len(day.hot), np.bool_), 0.0
    for first in range(0, len(day.hot), OBJECTS_AT_ONCE):
        some = day.hot[first : first + OBJECTS_AT_ONCE]
        here = slice_rows(some, cut).max(axis=1, initial=0) > crowds.CROWD_ROWS
        which[first : first + OBJECTS_AT_ONCE] = here
        if here.any():
            pairs += float((hot_windows(some[here], within_ms) / 2 * some[here]).sum())
    return Crowds(which, day.hot[which], pairs)


def without(day: Day, found: Crowds) -> Day:
    """The day but for its crowds."""
    return replace(day, hot=day.hot[~found.which])


def thinned(day: Day, found: Crowds, within_ms: int, affordable: int) -> tuple[Day, float]:
    """The day with what a bound leaves of its crowds, and of how many it takes something."""
    left = np.where(hot_windows(found.acts, within_ms) + 1 > affordable, 0, found.acts)
    touched = float((left < found.acts).any(axis=1).sum())
    return replace(day, hot=np.concatenate((day.hot[~found.which], left))), touched


def by_block(acts: Longs, within_ms: int, tasks: int, rng: np.random.Generator) -> Parts:
    """The moments that come to the blocks of each task.

    Raises:
        ValueError: blocks are longer than the minutes by which acts are known.
    """
    cut = blocks(within_ms)
    if cut.width_ms != MINUTE_MS:
        message = f"blocks of {cut.width_ms} ms, where acts are known by minutes"
        raise ValueError(message)
    moments = moments_of(acts)
    minutes = acts.shape[1]
    seen = np.zeros((len(acts), minutes + 2 * cut.whole + 2))
    middle = cut.whole + 1
    for away in cut.seen():
        seen[:, middle + away : middle + away + minutes] += moments
    if cut.whole:
        seen[:, middle : middle + minutes] += acts > 0
    rows = seen[seen > 0]
    place = rng.integers(tasks, size=len(rows))
    fell = np.bincount(place, rows, minlength=tasks).astype(np.float64)
    return Parts(fell, float(rows.max(initial=0)))


def by_moment(acts: Longs, tasks: int, rng: np.random.Generator) -> Parts:
    """The rows that meet what is inside their windows, moment by moment."""
    at_once = acts.max(initial=0) / MINUTE_MS
    rows = float(acts.sum()) + float(moments_of(acts).sum())
    group = min(at_once, crowds.CROWD_ROWS)
    return Parts(rng.poisson(rows / tasks, tasks).astype(np.float64), float(group))


def by_account(day: Day, acts: Longs, tasks: int, rng: np.random.Generator) -> Parts:
    """The rows of accounts on an object; all crowds are taken for one, which is less even."""
    rows = np.zeros(tasks)
    for each, number in zip(day.activity, day.accounts.tolist(), strict=True):
        rows += rng.multinomial(number, np.full(tasks, 1 / tasks)) * each
    rows *= float(acts.sum()) / max(rows.sum(), 1)
    most = float(acts.sum(axis=1).max(initial=0)) / day.interactions
    return Parts(rows, max(1.0, float(day.activity.max()) * most))


def moments_of(acts: Longs) -> Floats:
    """At how many milliseconds of each minute something happens."""
    found: Floats = -MINUTE_MS * np.expm1(-acts / MINUTE_MS)
    return found


def kept_of(acts: Longs, within_ms: int) -> float:
    """How many of the acts meet anybody."""
    return float((acts * in_company(hot_windows(acts, within_ms))).sum())
