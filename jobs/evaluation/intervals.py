"""How sure a number is: drawing the groups of one extract again, or looking at several worlds.

Accounts of one ring stand or fall together, so the unit that is drawn is the group: a ring, a
look-alike group, or the other accounts of one cluster. With few groups an interval is wide, and
where every drawn group gives the same it is a point, which says nothing of groups never seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma
from scipy.stats import t

from jobs.evaluation.measures import HALF, Held

DRAWS = 2_000
SHARE = 0.95
_CELLS_AT_ONCE = 4_000_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the ends of its 95 % interval; None where it is undefined."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverSeeds:
    """A mean over worlds, its t-interval, and the worst and best of them."""

    value: float | None
    low: float | None
    high: float | None
    least: float | None
    most: float | None
    worlds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Intervals of one extract's numbers, by drawing its groups again."""

    precision: Interval
    recall: Interval
    average_precision: Interval
    recall_at_jaccard: Interval
    recall_at_half: Interval


def over_groups(
    held: Held, values: dict[str, float | None], *, draws: int = DRAWS, seed: int = 0
) -> Drawn:
    """The bootstrap's 95 % intervals (2.5th and 97.5th percentile) around `values`.

    Args:
        held: what was found beside the labels.
        values: the numbers themselves, named as the fields of `Drawn`.
        draws: how often as many groups are drawn with replacement; draws in which a number is
            undefined do not count for it.
        seed: of the draws.
    """
    units = _Units.of(held)
    drawing = np.random.default_rng(seed)
    number = len(units.ring_accounts)
    if not number:
        return Drawn(**{name: Interval(value) for name, value in values.items()})
    times = drawing.multinomial(number, np.full(number, 1 / number), size=draws).astype(np.float64)
    hits, flagged = times @ units.hits, times @ units.flagged
    rings = times @ units.is_ring
    samples = {
        "precision": _ratio(hits, flagged),
        "recall": _ratio(hits, times @ units.ring_accounts),
        "average_precision": _average_precisions(units, times),
        "recall_at_jaccard": _ratio(times @ units.at_jaccard, rings),
        "recall_at_half": _ratio(times @ units.at_half, rings),
    }
    return Drawn(**{name: between(values[name], sample) for name, sample in samples.items()})


def over_seeds(values: Sequence[float | None], *, within: tuple[float, float]) -> OverSeeds:
    """The mean of a number over worlds with its 95 % t-interval; worlds that lack it do not count.

    Args:
        values: a number a world.
        within: the least and greatest possible value, to which the interval is cut.
    """
    known = [value for value in values if value is not None]
    if not known:
        return OverSeeds(value=None, low=None, high=None, least=None, most=None, worlds=0)
    mean = math.fsum(known) / len(known)
    low = high = None
    if len(known) > 1:
        spread = math.sqrt(math.fsum((v - mean) ** 2 for v in known) / (len(known) - 1))
        half = float(t.ppf((1 + SHARE) / 2, len(known) - 1)) * spread / math.sqrt(len(known))
        low, high = max(within[0], mean - half), min(within[1], mean + half)
    return OverSeeds(
        value=mean, low=low, high=high, least=min(known), most=max(known), worlds=len(known)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Units:
    """The groups that are drawn, in a fixed order, as columns; and the ranking by unit."""

    ring_accounts: Floats
    hits: Floats
    flagged: Floats
    is_ring: Floats
    at_jaccard: Floats
    at_half: Floats
    unit_of_ranked: npt.NDArray[np.int64]
    ranked_is_hit: npt.NDArray[np.bool_]
    hits_below: Floats
    below: int
    """Accounts that are ranked nowhere and in no ring."""

    @classmethod
    def of(cls, held: Held) -> _Units:
        order = [*held.labels.rings, *held.labels.look_alikes]
        place = {(g.name, g.is_ring): n for n, g in enumerate(order)}
        # Accounts of no group go by the first cluster that lists them.
        cluster_of: dict[str, str] = {}
        for cluster in held.found.clusters:
            for account in cluster.members:
                cluster_of.setdefault(account, cluster.name)
        unit_of: list[int] = []
        blocks: dict[str, int] = {}
        for account in held.found.ranked:
            group = held.labels.group_of.get(account)
            if group is not None:
                unit_of.append(place[group.name, group.is_ring])
            else:
                block = blocks.setdefault(cluster_of[account], len(order) + len(blocks))
                unit_of.append(block)
        size = len(order) + len(blocks)
        columns = {
            name: np.zeros(size)
            for name in ("ring_accounts", "hits", "flagged", "is_ring", "at_jaccard", "at_half")
        }
        for group in held.labels.group_of.values():
            if group.is_ring:
                columns["ring_accounts"][place[group.name, True]] += 1
        rings = held.labels.ring_accounts
        is_hit = np.array([account in rings for account in held.found.ranked], dtype=bool)
        for account, unit in zip(held.found.ranked, unit_of, strict=True):
            if account in held.found.flagged_accounts:
                columns["flagged"][unit] += 1
                columns["hits"][unit] += account in rings
        for n, ring in enumerate(held.rings):
            columns["is_ring"][n] = 1
            columns["at_jaccard"][n] = ring.jaccard >= HALF
            columns["at_half"][n] = ring.found
        of_ranked = np.array(unit_of, dtype=np.int64)
        ranked_hits = np.bincount(of_ranked[is_hit], minlength=size)
        last = held.ranking[-1]
        return cls(
            **columns,
            unit_of_ranked=of_ranked,
            ranked_is_hit=is_hit,
            hits_below=columns["ring_accounts"] - ranked_hits,
            below=last.items - last.hits,
        )


def _ratio(top: Floats, bottom: Floats) -> Floats:
    share: Floats = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
    return share


def between(value: float | None, sample: Floats) -> Interval:
    """A value with the interval that draws of it give; draws that are NaN do not count."""
    known = sample[~np.isnan(sample)]
    if value is None or not len(known):
        return Interval(value)
    low, high = np.quantile(known, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Interval(value, float(low), float(high))


def _average_precisions(units: _Units, times: Floats) -> Floats:
    """Average precision of each draw; copies of an account stand one behind another."""
    found = []
    at_once = max(1, _CELLS_AT_ONCE // max(1, len(units.unit_of_ranked)))
    for start in range(0, len(times), at_once):
        drawn = times[start : start + at_once]
        weight = drawn[:, units.unit_of_ranked]
        hit = weight * units.ranked_is_hit
        before, hits = np.cumsum(weight, axis=1), np.cumsum(hit, axis=1)
        precision = np.divide(hits, before, out=np.zeros_like(hits), where=before > 0)
        ranked, ranked_hits = weight.sum(axis=1), hit.sum(axis=1)
        below = drawn @ units.hits_below
        top = (hit * precision).sum(axis=1) + _of_rest(ranked, ranked_hits, below, units.below)
        found.append(_ratio(top, ranked_hits + below))
    return np.concatenate(found)


def _of_rest(before: Floats, hits_before: Floats, hits: Floats, others: int) -> Floats:
    """The last tied block's part, as `algorithms.ranking_measures` defines it, in closed form."""
    items = hits + others
    each = np.divide(hits - 1, items - 1, out=np.zeros_like(hits), where=items > 1)
    harmonic = digamma(before + items + 1) - digamma(before + 1)
    inner = (hits_before + 1) * harmonic + each * (items - (before + 1) * harmonic)
    share = np.divide(hits, items, out=np.zeros_like(hits), where=items > 0)
    part: Floats = share * inner
    return part
