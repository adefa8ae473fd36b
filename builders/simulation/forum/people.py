"""Who is on the forum: where people live, how much they do, what they read, whom they know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.forum.spec import ForumSpec
from builders.simulation.hours import Hours
from builders.simulation.population import Floats, Longs

HOMES = 12
"""So many communities somebody reads, favourites first."""

FONDNESS = 1.0 / (1.0 + np.arange(HOMES)) ** 0.9
"""How much of somebody's reading goes to each of them; a guess of Zipf's kind."""

ACQUAINTED = 4
"""So many others somebody knows by name."""

THEMES = 16
"""So many subjects communities talk of."""
_LURKERS = 0.12
_LEAST_COMMUNITIES, _MOST_COMMUNITIES = 36, 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Communities:
    """Communities by number: `size` is a weight, `theme` what they talk of, `language` in which.

    The common language is 0; a zone's own is its number and one.
    """

    size: Floats
    theme: Longs
    language: Longs

    @property
    def count(self) -> int:
        """How many."""
        return len(self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Accounts by number, everything else is an array over them.

    `budget`: acts in the whole span. `homes`: communities that somebody reads. `talks`: how much
    readier than others to comment; `posts`: posts in the whole span; `sitting`: the chance that an
    act opens another sitting. `joined`: s from the start, before it for most. `knows`: the
    acquaintances of each, `fame`: how much somebody's posts are looked at.
    """

    zone: Longs
    shift: Floats
    budget: Floats
    homes: Longs
    talks: Floats
    posts: Longs
    sitting: Floats
    joined: Floats
    knows: Longs
    fame: Floats

    @property
    def count(self) -> int:
        """How many accounts."""
        return len(self.zone)


def drawn_communities(rng: np.random.Generator, spec: ForumSpec, hours: Hours) -> Communities:
    """A few communities that everybody reads, and many small ones; a quarter are of one zone.

    That sizes of communities follow Zipf's law is well known; the exponent near one is round.
    """
    count = int(
        np.clip(110 * (spec.interactions / 500_000) ** 0.6, _LEAST_COMMUNITIES, _MOST_COMMUNITIES)
    )
    zones = len(hours.offset)
    local = rng.random(count) < 0.25
    return Communities(
        size=np.asarray((1.0 + np.arange(count)) ** -rng.uniform(0.85, 1.1), dtype=np.float64),
        theme=rng.integers(0, THEMES, count),
        language=np.where(local, 1 + rng.choice(zones, count, p=hours.share), 0),
    )


def drawn_people(
    rng: np.random.Generator, spec: ForumSpec, hours: Hours, communities: Communities
) -> People:
    """Draw everybody, before anything is planted."""
    count = int(spec.interactions / rng.uniform(34.0, 40.0))
    zone = rng.choice(len(hours.offset), count, p=hours.share)
    newcomer = rng.random(count) < 0.07
    came = np.where(newcomer, rng.uniform(0.0, 0.9, count), 0.0)
    budget = _budgets(rng, spec, 1.0 - came)
    homes = _homes(rng, zone, communities, len(hours.offset))
    return People(
        zone=zone,
        shift=hours.shifted(rng, zone),
        budget=budget,
        homes=homes,
        # Half never say a word: of 100 people 90 look on, 9 say something, 1 says most (Nielsen
        # 2006). Whoever acts in an extract is not one of the 90.
        talks=np.where(rng.random(count) < 0.5, 0.02, rng.gamma(0.8, 2.4, count)),
        posts=_posts(rng, budget),
        sitting=1.0 / (1.0 + rng.lognormal(np.log(4.0), 0.7, count)),
        joined=np.where(newcomer, came * hours.span, -1.0),
        knows=_acquaintances(rng, zone, homes),
        fame=np.minimum(rng.pareto(1.2, count) + 0.1, 500.0),
    )


def _budgets(rng: np.random.Generator, spec: ForumSpec, there: Floats) -> Floats:
    """Log-normal, with a Pareto tail for one in fifty, and lurkers who act once or twice.

    `there`: for which share of the span somebody is on the forum.
    """
    count = len(there)
    many = rng.lognormal(0.0, rng.uniform(1.0, 1.15), count)
    many *= np.where(rng.random(count) < 0.02, 1.0 + rng.pareto(1.6, count), 1.0)
    many = np.minimum(many, 60.0) * there
    lurks = rng.random(count) < _LURKERS
    rest = spec.interactions - 1.5 * lurks.sum()
    many *= rest / many[~lurks].sum()
    return np.where(lurks, rng.integers(1, 3, count), np.maximum(1.0, np.rint(many)))


def _posts(rng: np.random.Generator, budget: Floats) -> Longs:
    """One in four posts at all, and some of those do little else."""
    share = np.where(rng.random(len(budget)) < 0.25, rng.beta(0.7, 4.0, len(budget)), 0.0)
    return np.minimum(rng.poisson(share * budget), 0.6 * budget).astype(np.int64)


def _homes(rng: np.random.Generator, zone: Longs, communities: Communities, zones: int) -> Longs:
    """Communities of each: by size, of two themes of one's own, in one's language or the common."""
    first, second = rng.integers(0, THEMES, (2, len(zone)))
    homes = np.empty((len(zone), HOMES), dtype=np.int64)
    for where in range(zones):
        legible = np.where(
            communities.language == 0, 1.0, np.where(communities.language == where + 1, 5.0, 0.01)
        )
        for theme in range(THEMES):
            chance = communities.size * legible * np.where(communities.theme == theme, 8.0, 1.0)
            chance /= chance.sum()
            for of, columns in ((first, np.arange(0, HOMES, 2)), (second, np.arange(1, HOMES, 2))):
                who = np.flatnonzero((zone == where) & (of == theme))
                drawn = rng.choice(len(chance), (len(who), len(columns)), p=chance)
                homes[np.ix_(who, columns)] = drawn
    return homes


def _acquaintances(rng: np.random.Generator, zone: Longs, homes: Longs) -> Longs:
    """Neighbours in a row of those who read the same and wake at the same hours.

    Friends of friends are friends often in such a row, as they are among people.
    """
    row = np.lexsort((rng.random(len(zone)), zone, homes[:, 0]))
    place = np.empty(len(zone), dtype=np.int64)
    place[row] = np.arange(len(zone))
    steps = rng.geometric(0.35, (len(zone), ACQUAINTED)) * rng.choice(
        (-1, 1), (len(zone), ACQUAINTED)
    )
    return np.asarray(row[(place[:, None] + steps) % len(zone)])
