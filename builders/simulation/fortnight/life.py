"""What everybody does: reads what they follow, and reacts; stars' posts cascade."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from builders.simulation.fortnight.people import drawn_by_weight
from builders.simulation.fortnight.rhythm import sittings
from builders.simulation.fortnight.stage import (
    COMMENT,
    FOLLOW,
    LIKE,
    REPOST,
    SHARE,
    TAG,
    TAGS_OF_A_BUCKET,
    Stage,
)
from builders.simulation.hours import HOUR
from builders.simulation.one_table import NONE, Acts, all_of, repeated
from builders.simulation.population import Floats, Longs
from builders.simulation.stage import EVEN, LIVES, POPULAR

_FEED, _SHOWN, _FOUND = 0.52, 0.28, 0.20
"""Where a person finds what he acts on: with whom he follows, in what all are shown, by search."""

_STAR_POSTS = 480
"""How many posts of the world that sizes are told for have a cascade of their own."""


def cascades(stage: Stage) -> None:
    """The best loved posts of the known: their readers come at once, as told by their telephones.

    Readers come oftener to their favourites. Half of the acts come within 2 to 20 minutes, with a
    long tail: of all that is shown on Twitter the rate is highest after 72 seconds, and half comes
    within 80 minutes (Pfeffer et al., ICWSM 2023); whom a telephone tells is sooner there.
    """
    rng, feed, people = stage.rng, stage.feed, stage.people
    order = np.argsort(people.followed, kind="stable")
    reader = np.repeat(np.arange(people.count), np.diff(people.starts))[order]
    place = np.arange(len(order)) - people.starts[:-1].repeat(np.diff(people.starts))
    fondness = np.exp(-6.0 * place / np.diff(people.starts).repeat(np.diff(people.starts)))[order]
    ends = np.cumsum(people.audience())
    weight = feed.appeal * (np.diff(ends, prepend=0)[feed.author] > 30)
    drawn = rng.exponential(1.0, feed.count) / np.maximum(weight, 1e-12)
    for post in np.argsort(drawn, kind="stable")[: round(_STAR_POSTS * stage.spec.scale)].tolist():
        author = int(feed.author[post])
        low, high = int(ends[author - 1]) if author else 0, int(ends[author])
        pull = fondness[low:high] * (people.acts[reader[low:high]] + 1.0) ** 0.6
        share = stage.between(0.03, 0.3)
        pull = np.minimum(pull / pull.mean() * share, 0.75)
        who = np.unique(reader[low:high][rng.random(high - low) < pull])
        delay = rng.lognormal(np.log(stage.between(2 * 60, 20 * 60)), 1.4, len(who))
        at = stage.rhythm.up(rng, feed.at[post] + delay, people.offset[who])
        action = rng.choice([LIKE, REPOST, COMMENT], len(who), p=[0.66, 0.18, 0.16])
        stage.do(who, post, at, action)


def background(stage: Stage, room: int) -> Acts:
    """So many acts of people's own, beside what is planted.

    An account in a ring has as many as the ring leaves it. All others have what they would do
    less what is planted, but half of that at least; and as many more or fewer as there is room.
    """
    people, rng = stage.people, stage.rng
    planted = np.zeros(people.count, dtype=np.int64)
    for part in stage.acts:
        planted += np.bincount(part.who, minlength=people.count)
    free = stage.own == NONE
    own = np.where(free, np.maximum(people.acts - planted, 0.5 * people.acts), stage.own)
    factor = (room - own[~free].sum()) / own[free].sum()
    own = np.where(free, own * factor, own)
    own = np.floor(own + rng.random(people.count)).astype(np.int64)
    drawn = _once(_drawn(stage, np.ceil(own * 1.3 + 2).astype(np.int64) * (own > 0)))
    rank = np.empty(len(drawn.who), dtype=np.int64)
    order = np.lexsort((rng.random(len(drawn.who)), drawn.who))
    begin = np.searchsorted(drawn.who[order], drawn.who[order])
    rank[order] = np.arange(len(order)) - begin
    first = rank < own[drawn.who]
    spare = np.flatnonzero(~first & free[drawn.who])
    kept = np.flatnonzero(first)
    kept = np.concatenate([kept, rng.permutation(spare)[: max(0, room - len(kept))]])
    if len(kept) > room:
        bound = ~free[drawn.who[kept]]
        kept = kept[np.lexsort((rng.random(len(kept)), ~bound))][:room]
    return drawn.pick(kept)


def _drawn(stage: Stage, counts: Longs) -> Acts:
    """So many acts by each account, some of them several times the same."""
    rng, people, rhythm = stage.rng, stage.people, stage.rhythm
    who = np.repeat(np.arange(people.count), counts)
    at = sittings(rng, rhythm, who, people.offset[who])
    inside = at < rhythm.span
    who, at = who[inside], at[inside]
    shares = np.array([0.50, 0.18, 0.12, 0.08, 0.05, 0.07])
    action = rng.choice(6, len(who), p=rng.dirichlet(shares * 150))
    post = _post(stage, who, at)
    what = post.copy()
    what[action == SHARE] = stage.feed.link[post[action == SHARE]]
    tagged = action == TAG
    tag = np.minimum(rng.pareto(0.9, int(tagged.sum())) * 2, TAGS_OF_A_BUCKET - 1)
    what[tagged] = stage.feed.bucket[post[tagged]] * TAGS_OF_A_BUCKET + tag.astype(np.int64)
    following = np.flatnonzero(action == FOLLOW)
    what[following] = _new_acquaintances(stage, who[following])
    acts = Acts(who, what, at, action, np.full(len(who), NONE))
    follows = acts.pick(following)
    return all_of([acts, _returned(stage, follows.pick(follows.who != follows.what))])


def _post(stage: Stage, who: npt.NDArray[np.integer], at: Floats) -> Longs:
    """A post for each act: of somebody followed, of what all are shown, or found by search."""
    rng, people, feed = stage.rng, stage.people, stage.feed
    post, fresh = feed.latest_of(rng, people.read_by(rng, who), at)
    where = rng.choice(3, len(who), p=[_FEED, _SHOWN, _FOUND])
    where[(stage.cover[who] == POPULAR) & (rng.random(len(who)) < 0.5)] = 1
    where[(where == 0) & ~fresh] = 1
    topic = people.interests[who, (3 * rng.random(len(who)) ** 1.5).astype(np.int64)]
    bucket = people.language[who] * people.topics + topic
    shown, found = where == 1, where == 2
    post[shown] = feed.shown_to(rng, bucket[shown], at[shown])
    order = np.argsort(feed.bucket, kind="stable")
    post[found] = feed.found_by(rng, bucket[found], order)
    anything = stage.cover[who] == EVEN
    post[anything] = rng.integers(0, feed.count, int(anything.sum()))
    return post


def _new_acquaintances(stage: Stage, who: npt.NDArray[np.integer]) -> Longs:
    """Whom they begin to follow: someone whom one that they follow follows, or the known."""
    rng, people = stage.rng, stage.people
    via = people.read_by(rng, people.read_by(rng, who))
    known = drawn_by_weight(
        rng, people.bucket(), people.fame, people.language[who] * people.topics
        + people.interests[who, rng.integers(0, 3, len(who))],
    )  # fmt: skip
    near = (rng.random(len(who)) < 0.4) & (stage.cover[who] == LIVES)
    return np.where(near, via, known)


def _returned(stage: Stage, follows: Acts) -> Acts:
    """Follows that are returned within hours: 22 % of ties on Twitter are mutual (Kwak, 2010)."""
    rng, people = stage.rng, stage.people
    willing = (people.fame < 25) & (people.acts > 0) & (stage.own == NONE)
    back = follows.pick((rng.random(len(follows.who)) < 0.3) & willing[follows.what])
    at = back.at + rng.lognormal(np.log(3 * HOUR), 1.3, len(back.at))
    at = stage.rhythm.up(rng, at, people.offset[back.what])
    returned = Acts(back.what, back.who, at, back.action, back.text)
    return returned.pick(at < stage.rhythm.span)


def _once(acts: Acts) -> Acts:
    """No one likes, passes on or follows the same twice, nor follows himself."""
    kept = (acts.action != FOLLOW) | (acts.who != acts.what)
    kept[repeated(acts.who, acts.what, acts.action, acts.at)] = False
    return acts.pick(kept | (acts.action == COMMENT) | (acts.action == TAG))
