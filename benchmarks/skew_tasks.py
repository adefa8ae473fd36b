"""A day's acts as the tasks that co-action on Spark makes of them, by the engine's own rules.

What is hot, how it is cut, how far halos reach, what a bound affords, how many partitions and
buckets there are and when a task leaves off dealing is asked of the engine's own code. What is
reckoned here is what follows: rows, looks at pairs and rows dealt, as they are to be expected. Two
acts of one account on one object are taken for those of two.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from benchmarks.skew_day import MINUTE_MS, Day, Floats, near_by_age
from graph.engines.kernels.bounds import first_beyond
from graph.engines.spark.coaction_company import Asked
from graph.engines.spark.slices import Cutting

UNCUT = Cutting(None, 0)
"""No object is cut by time: what the rule is held against."""
OBJECTS_AT_ONCE = 1_000


class Tasks(NamedTuple):
    """The tasks of a pass over objects, and what a group (an object, or a slice) holds at most.

    By task: `rows` that come to it, halos among them; `pairs` that the bound leaves; `looks` at
    rows in windows of rows that are dealt; rows `dealt`. `own`: rows without halos; `kept`: rows
    that the bound leaves and that meet anybody; `touched`: objects of which it left something out.
    """

    rows: Floats
    pairs: Floats
    looks: Floats
    dealt: Floats
    group: float
    own: float
    kept: float
    touched: float


class Group(NamedTuple):
    """What comes to each of some slices of hot objects."""

    rows: Floats
    pairs: Floats
    looks: Floats
    dealt: Floats


def objects_pass(
    day: Day, asked: Asked, tasks: int, seed: int, cut: Cutting | None = None
) -> Tasks:
    """The tasks of one pass of `graph.engines.spark.coaction_company.find_company`.

    Args:
        day: the acts.
        asked: what the engine asks of them.
        tasks: over so many partitions objects and slices fall by their hash.
        seed: says where each falls.
        cut: how hot objects are cut in the place of how the engine does it.
    """
    # How much is asked for beside does not change what comes to a task.
    return _passed(day, replace(asked, sized=False, most_pairs=None), tasks, seed, cut)


@lru_cache(maxsize=64)
def _passed(day: Day, asked: Asked, tasks: int, seed: int, cut: Cutting | None) -> Tasks:
    rng = np.random.default_rng(seed)
    sums = np.zeros((len(Group._fields), tasks))
    group = kept = touched = 0.0
    used = asked.cut if cut is None else cut
    for first in range(0, len(day.hot), OBJECTS_AT_ONCE):
        some = day.hot[first : first + OBJECTS_AT_ONCE]
        others = hot_windows(some, asked.within_ms)
        out = _left_out(others, asked)
        of, left = _groups(some, others, out, used, asked.buckets)
        place = rng.integers(tasks, size=len(of.rows))
        for sum_, each in zip(sums, of, strict=True):
            sum_ += np.bincount(place, each, minlength=tasks)
        group = max(group, float(of.rows.max(initial=0)))
        kept += left
        touched += float((out & (some > 0)).any(axis=1).sum())
    others = tail_windows(day, asked.within_ms)
    out = _left_out(others, asked)
    share = (day.sizes / others.shape[1])[:, None] * ~out
    each_of = np.array(
        [day.sizes, *((share * of).sum(1) for of in _each(others, asked.buckets))], np.float64
    )
    for place_, number in enumerate(day.objects.tolist()):
        fell = rng.multinomial(number, np.full(tasks, 1 / tasks))
        sums += fell * each_of[:, place_, None]
    kept += float((day.objects[:, None] * share * in_company(others)).sum())
    touched += float(day.objects[out.any(axis=1)].sum())
    own = float(day.hot.sum()) + float((day.sizes * day.objects).sum())
    return Tasks(sums[0], sums[1], sums[2], sums[3], group, own, kept, touched)


@lru_cache(maxsize=64)
def affordable(day: Day, within_ms: int, most_pairs: int) -> int | None:
    """The size of a window that `raw_pairs` affords; None where it leaves all."""
    others = tail_windows(day, within_ms)
    rows = np.broadcast_to((day.objects * day.sizes / others.shape[1])[:, None], others.shape)
    # Of those who meet anybody: how many they meet.
    met = np.ceil(others / np.maximum(in_company(others), 1e-300))
    sizes, half_pairs = [met.ravel()], [(others * rows).ravel()]
    # What the tail alone goes beyond is more than all can afford: larger windows do not matter.
    enough = _first_beyond(sizes, half_pairs, 2 * most_pairs)
    for first in range(0, len(day.hot), OBJECTS_AT_ONCE):
        some = day.hot[first : first + OBJECTS_AT_ONCE]
        met = hot_windows(some, within_ms)
        matter = some > 0
        if enough is not None:
            matter &= met <= enough + 1
        sizes.append(np.rint(met[matter]))
        half_pairs.append((met * some)[matter])
    return _first_beyond(sizes, half_pairs, 2 * most_pairs)


def _first_beyond(sizes: list[Floats], half_pairs: list[Floats], most: int) -> int | None:
    size, place = np.unique(np.concatenate(sizes), return_inverse=True)
    summed = np.bincount(place, np.concatenate(half_pairs))
    if summed.sum() <= most:
        return None
    sums = ((int(one), int(half)) for one, half in zip(size, summed, strict=True))
    return first_beyond(sums, most)[0]


@lru_cache(maxsize=64)
def buckets_pass(
    day: Day, rows: float, pairs: float, buckets: int, seed: int
) -> tuple[Floats, Floats]:
    """The rows dealt to each bucket, and the pairs that it sweeps.

    An account owns its pairs with those of higher codes, which go by activity, and falls into its
    bucket as by chance: the busiest of all own nothing.
    """
    rng = np.random.default_rng(seed)
    acts = (day.activity * day.accounts).astype(np.float64)
    busier = 1 - (np.cumsum(acts) - acts / 2) / max(acts.sum(), 1)
    owned = np.zeros(buckets)
    for each, number, above in zip(day.activity, day.accounts.tolist(), busier, strict=True):
        owned += rng.multinomial(number, np.full(buckets, 1 / buckets)) * (each * above)
    owned /= max(owned.sum(), 1e-300)
    return rows * owned, pairs * owned


def hot_windows(hot: np.ndarray, within_ms: int) -> Floats:
    """For an act on each hot object in each minute: how many others lie in its window."""
    reach = within_ms / MINUTE_MS
    middle = np.arange(hot.shape[1], dtype=np.float64) + 0.5
    found = _until(hot, middle + reach) - _until(hot, middle - reach) - 1
    return np.maximum(found, 0)


def tail_windows(day: Day, within_ms: int) -> Floats:
    """The same for objects that are not hot, by class of size and part of age."""
    found: Floats = (day.sizes - 1)[:, None] * near_by_age(within_ms)
    return found


def dealt_to(others: Floats, buckets: int) -> Floats:
    """To how many buckets an act is dealt that meets so many, on average.

    `graph.engines.kernels.dealing`: to the home of each account of a lower code in its window, and
    to its own if there is one of a higher code. Its own code may be any.
    """
    if not buckets:
        return np.zeros_like(others)
    company = in_company(others)
    met = np.divide(others, company, out=np.ones_like(others), where=company > 0)
    missed = -np.expm1((met + 1) * np.log1p(-1 / buckets)) if buckets > 1 else np.ones_like(met)
    lower = buckets * (1 - buckets / (met + 1) * missed)
    dealt: Floats = company * np.minimum(lower + met / (met + 1), buckets)
    return dealt


def looked_at(others: Floats, buckets: int) -> Floats:
    """How many rows are looked at to deal an act that meets so many, on average.

    All of them, or until every bucket has been met: of those who are met the share of a lower code
    has any home, and who collects all of `n` kinds has drawn n (ln n + 0.577) times.
    """
    if buckets < 2:
        return np.minimum(others, buckets)
    enough = buckets * (np.log(buckets) + np.euler_gamma)
    found: Floats = np.where(
        others <= enough, others, enough * (1 + np.log(np.maximum(others, enough) / enough))
    )
    return found


def in_company(others: Floats) -> Floats:
    """The share of acts that meet anybody, where so many are met on average."""
    return -np.expm1(-others)


def _left_out(others: Floats, asked: Asked) -> np.ndarray:
    """Whose window, itself among it, is larger than the bound affords."""
    if asked.affordable is None:
        return np.zeros(others.shape, np.bool_)
    return others + 1 > asked.affordable


def _groups(
    hot: np.ndarray, others: Floats, out: np.ndarray, cut: Cutting, buckets: int
) -> tuple[Group, float]:
    """Each slice with its halos, and of all of them the rows that are kept and meet anybody."""
    kept = np.where(out, 0, hot)
    each_of = (kept * of for of in _each(others, buckets))
    left = float((kept * in_company(others)).sum())
    if cut.width_ms is None:
        return Group(hot.sum(1, dtype=np.float64), *(of.sum(1) for of in each_of)), left
    own = np.arange(_slices(hot, cut.width_ms) + 1, dtype=np.float64) * (cut.width_ms / MINUTE_MS)
    rows = slice_rows(hot, cut)
    some = rows > 0
    return Group(rows[some], *(np.diff(_until(of, own), axis=1)[some] for of in each_of)), left


def slice_rows(hot: np.ndarray, cut: Cutting) -> Floats:
    """The rows of each slice of each object, halos among them; the whole where none is cut."""
    if cut.width_ms is None:
        whole: Floats = hot.sum(1, dtype=np.float64)[:, None]
        return whole
    seen = np.array([cut.sees(place) for place in range(_slices(hot, cut.width_ms))]) / MINUTE_MS
    rows: Floats = _until(hot, seen[:, 1]) - _until(hot, seen[:, 0])
    return rows


def _slices(hot: np.ndarray, width_ms: int) -> int:
    return -(-int(hot.shape[1]) * MINUTE_MS // width_ms)


def _each(others: Floats, buckets: int) -> tuple[Floats, Floats, Floats]:
    """Of one act that meets so many: its part of pairs, the looks, and to how many it is dealt."""
    return others / 2, looked_at(others, buckets), dealt_to(others, buckets)


def _until(counts: np.ndarray, minutes: Floats) -> Floats:
    """How many there are until each of some times, evenly spread within a minute."""
    sums = np.zeros((counts.shape[0], counts.shape[1] + 1))
    np.cumsum(counts, axis=1, out=sums[:, 1:])
    at = np.clip(minutes, 0, counts.shape[1])
    below = np.minimum(at.astype(np.int64), counts.shape[1] - 1)
    part = at - below
    found: Floats = sums[:, below] * (1 - part) + sums[:, below + 1] * part
    return found
