"""Ordinary life: what people act on, when, and what they say."""

from __future__ import annotations

import numpy as np

from builders.simulation.hours import HOUR
from builders.simulation.one_table import NONE
from builders.simulation.outside.calendar import local_hour
from builders.simulation.outside.posts import ANY
from builders.simulation.outside.stage import COMMENT, FOLLOW, Stage
from builders.simulation.population import Floats, Longs

_ORGANIC_SHARE = 0.86
"""Of the interactions that are asked for; about as many as are left are planted."""


def background(stage: Stage, interactions: int) -> Longs:
    """Everybody's life, after which ordinary people are free for groups.

    Returns: the acts of each account.
    """
    people = stage.people
    counts = stage.rng.poisson(people.liveliness * interactions * _ORGANIC_SHARE)
    live(stage, np.arange(people.count), counts)
    busy = np.quantile(counts[: people.organic], 0.99)
    stage.free = (counts >= 5) & (counts < busy)
    return counts


def live(stage: Stage, accounts: Longs, counts: Longs) -> None:
    """So many acts of ordinary life by each account."""
    rng, people, posts = stage.rng, stage.people, stage.posts
    who = np.repeat(accounts, counts)
    count = len(who)
    post = posts.seen(rng, _subjects(stage, who))
    action = rng.choice(len(stage.action_shares), count, p=stage.action_shares)
    text = np.full(count, NONE)
    said = np.flatnonzero(action == COMMENT)
    text[said] = stage.comments(posts.subject[post[said]])
    what = stage.post(post)
    follows = np.flatnonzero(action == FOLLOW)
    famous = people.famous(rng, len(follows))
    known = rng.random(len(follows)) < 0.6
    what[follows] = np.where(known, famous, posts.author[post[follows]])
    stage.emit(who, what, _times(stage, who, post), action, text=text)


def _subjects(stage: Stage, who: Longs) -> Longs:
    """One's first subject, the second, or any, as much as one keeps to them."""
    people = stage.people
    drawn, focus = stage.rng.random(len(who)), people.focus[who]
    kept = np.where(drawn < focus * 0.7, people.subject[who], people.second[who])
    return np.where(drawn < focus, kept, ANY)


def _times(stage: Stage, who: Longs, post: Longs) -> Floats:
    """Three in four come soon after the post, if awake then; the others as they act anyway."""
    rng, count, end = stage.rng, len(who), stage.calendar.span
    usual, born = stage.moments(who), stage.posts.born[post]
    soon = born + rng.lognormal(np.log(5 * HOUR), 1.6, count)
    early = (rng.random(count) < 0.75) & (soon > 0) & (soon < end)
    up = local_hour(soon, stage.people.zone[who]) > 6
    early &= up | (rng.random(count) < 0.12)
    later = np.where(usual < born, np.minimum(soon, end), usual)
    return np.asarray(np.where(early, soon, later))
