"""A day of a platform as counts: how many acts there are on which object in which minute.

Nobody draws a thousand million rows. Objects that are hot by the engine's own rule are drawn one
by one, their acts by minute; all others in classes of size, as so many objects of so many acts.
Accounts likewise: the busiest one by one, the others in classes.

What the days are made of was published:

- Sizes of objects are Pareto. Exponents of densities that were measured: 1.81 (hits to web sites
  in a day) and 2.09 (calls received in a day): Clauset, Shalizi and Newman, Power-law distributions
  in empirical data, SIAM Review 51, 2009, table 6.1. Exponents here are of the tail, one less.
- Activity of accounts is Pareto: 5 % of the editors of Wikipedia do 80 % (Muchnik et al.,
  Scientific Reports 3:1783, 2013), which is a tail of exponent 1.08.
- The post of the Oscars of 2014 had 3.3 million of some 500 million acts of a day, and its moment
  254,644 a minute (Twitter's own numbers, in the press of March 2014). It fades as a shock from
  without does, by the power of 1.4 (Crane and Sornette, PNAS 105, 2008).
- The one second of 143,199 posts where 5,700 are usual (Twitter, New Tweets per second record, and
  how!, August 2013): a word that is said in unison. How it rises and falls was not told: half in
  five seconds is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from graph.engines.spark import slices

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

MINUTE_MS = 60_000
MINUTES = 1_440
_PLATFORM = 500e6
"""Acts of a day of the platform on which the bursts were counted."""
_LARGEST_SHARE = 3.3e6 / _PLATFORM
_PEAK_MINUTE = 254_644 / _PLATFORM
_FADES = 1.4
_PEAK_SECOND = (143_199 - 5_700) / _PLATFORM
_HALVES_SECONDS = 5.0
_MEDIAN_AGE_MINUTES, _AGE_SIGMA = 120.0, 1.5
_BUSIEST = 864_000
"""Acts of an account in a day, at most: ten a second."""
_ACTIVITY = 1.08
_CLASSES_A_DOUBLING = 4
AGES = 64
"""Into so many parts of equal chance ages of acts are cut, where windows of the tail are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a day is drawn from.

    `exponent`: of the tail of objects' sizes. `largest`: an object's share of all acts, at most.
    `records`: whether the two bursts on record happen on this day. `viral`: the share of all acts
    that one more object has, half of them within two hours.
    """

    name: str
    exponent: float = 1.09
    largest: float = _LARGEST_SHARE
    records: bool = False
    viral: float = 0.0


SHAPES = (
    Shape(name="heavy tail"),
    Shape(name="records", records=True),
    Shape(name="records, tail 0.81", records=True, exponent=0.81),
    Shape(name="a quarter", viral=0.25),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Day:
    """A day's acts.

    `hot`: acts by hot object and minute. `sizes` and `objects`: of the others, how many objects
    have so many acts. `activity` and `accounts`: how many accounts do so much.

    A day is itself alone: equal ones are not looked for.
    """

    interactions: int
    hot: Longs
    sizes: Longs
    objects: Longs
    activity: Longs
    accounts: Longs


@lru_cache(maxsize=8)
def drawn_day(shape: Shape, interactions: int, seed: int) -> Day:
    """A day of about so many interactions; the same for the same seed."""
    rng = np.random.default_rng(seed)
    bursts = list(_bursts(shape, interactions))
    left = interactions - sum(float(burst.sum()) for burst in bursts)
    most = max(int(shape.largest * interactions), 2 * slices.HOT_ROWS)
    sizes, objects = _pareto_classes(left, shape.exponent, most)
    tail = sizes <= slices.HOT_ROWS
    single = np.repeat(sizes[~tail], rng.poisson(objects[~tail]))
    hot = [_by_minute(int(size), rng) for size in single]
    hot += [rng.poisson(burst) for burst in bursts if burst.sum() > slices.HOT_ROWS]
    activity, accounts = _pareto_classes(interactions, _ACTIVITY, _BUSIEST)
    return Day(
        interactions=interactions,
        hot=np.array(hot, np.int64).reshape(len(hot), MINUTES),
        sizes=sizes[tail],
        objects=rng.poisson(objects[tail]),
        activity=activity,
        accounts=rng.poisson(accounts),
    )


def ages_by_minute(minutes: int) -> Floats:
    """The share of an object's acts in each minute of its life, within so many."""
    ends = _age_chance(np.arange(minutes + 1, dtype=np.float64))
    share: Floats = np.diff(ends) / ends[-1]
    return share


def near_by_age(within_ms: int) -> Floats:
    """By part of `AGES`: the share of an object's acts at most a window from an act of that age."""
    middle = _age_at((np.arange(AGES) + 0.5) / AGES)
    reach = within_ms / MINUTE_MS
    share: Floats = _age_chance(middle + reach) - _age_chance(np.maximum(middle - reach, 0))
    return share


def _by_minute(size: int, rng: np.random.Generator) -> Longs:
    born = int(rng.integers(MINUTES))
    # A day like all others: what is too old for it stands for what yesterday left.
    return rng.poisson(np.roll(size * ages_by_minute(MINUTES), born))


def _bursts(shape: Shape, interactions: int) -> list[Floats]:
    found = []
    minutes = np.arange(MINUTES, dtype=np.float64)
    noon = MINUTES // 2
    if shape.records:
        # What is under the curve of the peak and the power is the whole.
        lasts = _LARGEST_SHARE * (_FADES - 1) / _PEAK_MINUTE
        since = np.maximum(minutes - noon, 0)
        fading = np.where(minutes >= noon, (1 + since / lasts) ** -_FADES, 0.0)
        found.append(interactions * _PEAK_MINUTE * fading)
        seconds = np.abs(np.arange(-30, 30))
        spoken = _PEAK_SECOND * (0.5 ** (seconds / _HALVES_SECONDS)).sum()
        found.append(np.where(minutes == noon, interactions * spoken, 0.0))
    if shape.viral:
        found.append(interactions * shape.viral * ages_by_minute(MINUTES))
    return found


def _pareto_classes(total: float, exponent: float, most: int) -> tuple[Longs, Floats]:
    """Sizes from 1 to `most` in classes, and how many of each have `total` together."""
    edges = np.unique(
        np.geomspace(1, most + 1, int(_CLASSES_A_DOUBLING * np.log2(most + 1)) + 2).astype(np.int64)
    ).astype(np.float64)
    share = edges[:-1] ** -exponent - edges[1:] ** -exponent
    # The mean of a class, its sizes being whole numbers.
    sizes = np.maximum(np.sqrt(edges[:-1] * (edges[1:] - 1)), edges[:-1]).astype(np.int64)
    return sizes, share * (total / float((share * sizes).sum()))


def _age_chance(minutes: Floats) -> Floats:
    """The chance that an act comes so early; log-normal, as in benchmarks/heavy_tailed.py."""
    from scipy.special import ndtr

    with np.errstate(divide="ignore"):
        chance: Floats = ndtr(np.log(minutes / _MEDIAN_AGE_MINUTES) / _AGE_SIGMA)
    return chance


def _age_at(chance: Floats) -> Floats:
    from scipy.special import ndtri

    found: Floats = _MEDIAN_AGE_MINUTES * np.exp(_AGE_SIGMA * ndtri(chance))
    return found
