"""Rings: who is paid to post a page, to vote, to say the same, to follow, to boost, to drip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from builders.simulation.forum.levels import KINDS, TABLE, Level, dealt
from builders.simulation.forum.members import Crew, enlisted, sized
from builders.simulation.forum.stage import (
    A_LINK,
    A_POST,
    AN_ACCOUNT,
    AWARD,
    COMMENT,
    DOWNVOTE,
    FOLLOW,
    OPEN,
    POST,
    SHARE,
    UPVOTE,
    Stage,
)
from builders.simulation.forum.wording import changed
from builders.simulation.hours import DAY, HOUR, MINUTE
from builders.simulation.population import Floats, Longs

_OTHERS = 20
"""Organic acts at each target, at least, as the table of rings asks."""

_ON_POSTS = {UPVOTE: 0.72, DOWNVOTE: 0.06, COMMENT: 0.16, SHARE: 0.03, AWARD: 0.03}
_ON_COMMENTS = {UPVOTE: 0.8, DOWNVOTE: 0.1, COMMENT: 0.08, AWARD: 0.02}
_ON_LINKS = {OPEN: 0.93, POST: 0.04, SHARE: 0.03}
_ON_ACCOUNTS = {FOLLOW: 1.0}


def manned_rings(stage: Stage) -> list[tuple[str, str, Crew]]:
    """Kind, level and accounts of two rings of each kind.

    All are manned before one works, so that nobody passes by one ring who is in the next.
    """
    return [(kind, level, _manned(stage, kind, TABLE[level])) for kind, level in dealt(stage.rng)]


def plant_rings(stage: Stage, rings: Sequence[tuple[str, str, Crew]]) -> None:
    """Let rings do what they are for."""
    numbers = dict.fromkeys(KINDS, 0)
    for kind, level, crew in rings:
        numbers[kind] += 1
        _KINDS[kind](stage, TABLE[level], crew)
        stage.label(f"{kind}-{numbers[kind]}", kind, crew.members, level)


def _manned(stage: Stage, kind: str, level: Level) -> Crew:
    """The accounts of a ring, each with as much to give as its kind asks for at the most."""
    asked = {"follow-ring": level.targets, "boost-pod": _asked(level) + 1}
    return enlisted(stage, level, sized(stage, level), asked.get(kind, _asked(level)))


def _asked(level: Level) -> int:
    """To how many of the targets an account comes."""
    return round(level.share * level.targets)


def _visits(stage: Stage, level: Level, crew: Crew) -> tuple[Longs, Longs]:
    """Which member (by place) comes to which target (by place): each to its share of them."""
    luck = stage.rng.random((len(crew.members), level.targets))
    member, target = np.nonzero(np.argsort(np.argsort(luck, axis=1), axis=1) < _asked(level))
    return member, target


def _moments(stage: Stage, level: Level, crew: Crew, count: int) -> Floats:
    """When each target's turn is: at any hour if blunt, else when a member is awake."""
    at = stage.rng.uniform(crew.since, crew.until, count)
    if level.jitter > MINUTE:
        one = stage.rng.choice(crew.members, 1)
        at = stage.awake(np.repeat(one, count), at)
    return np.minimum(at, stage.hours.span - 2 * HOUR)


def _late(stage: Stage, width: float, count: int) -> Floats:
    """How long after a target's turn accounts come: evenly, in a burst that fades, or in batches.

    Bursts of astroturfing bots were seen to come within 45 s on average (the anchor of the
    table's jitter); how they come within it is a guess.
    """
    rng, manner = stage.rng, int(stage.rng.integers(0, 3))
    if manner == 0:
        return rng.uniform(0.0, width, count)
    if manner == 1:
        return np.minimum(rng.exponential(width / 2.3, count), 2 * width)
    batch = rng.integers(0, 4, count) * width / 4
    return batch + rng.uniform(0.0, width / 12, count)


def _others(stage: Stage, level: Level, visits: Longs, count: int) -> Longs:
    """How many others come to each target: twenty or more, or one for each of the ring's."""
    many = _OTHERS + stage.rng.poisson(stage.rng.exponential(10.0, count))
    sent = np.bincount(visits, minlength=count)
    return np.maximum(many, sent) if level.shared else many


def _where(stage: Stage) -> int:
    """A community to work in: any, the large sooner."""
    size = stage.communities.size**0.5
    return int(stage.rng.choice(len(size), p=size / size.sum()))


def _link_spam(stage: Stage, level: Level, crew: Crew) -> None:
    """Accounts post the same pages, under titles that are nearly the same."""
    member, target = _visits(stage, level, crew)
    links = stage.new_links(level.targets, int(stage.rng.integers(1, 5)))
    at = _moments(stage, level, crew, level.targets)
    home = _where(stage)
    order = np.argsort(target, kind="stable")
    member, target = member[order], target[order]
    text = _copies(stage, level, home, np.bincount(target, minlength=level.targets), middle=2.0)
    come = at[target] + _late(stage, level.jitter, len(target))
    who = crew.members[member]
    stage.do(who, A_LINK + links[target], come, POST, text=text, place=crew.place[member])
    others = _others(stage, level, target, level.targets)
    stage.passers_by(A_LINK + links, at, others, _ON_LINKS, weight=stage.fond(home))


def _vote_farm(stage: Stage, level: Level, crew: Crew) -> None:
    """Accounts vote up what customers posted, or said."""
    member, target = _visits(stage, level, crew)
    home = _where(stage)
    at = _moments(stage, level, crew, level.targets)
    born = np.maximum(at - stage.rng.uniform(2 * MINUTE, 3 * HOUR, level.targets), 1.0)
    if stage.rng.random() < 0.3:
        what, on = stage.new_comments(level.targets), _ON_COMMENTS
    else:
        customers = stage.some(max(1, level.targets // 3), stage.fond(home))
        author = stage.rng.choice(customers, level.targets)
        what, on = stage.new_posts(np.array(home), author, born), _ON_POSTS
    come = at[target] + _late(stage, level.jitter, len(target))
    stage.do(crew.members[member], what[target], come, UPVOTE, place=crew.place[member])
    stage.passers_by(
        what, born, _others(stage, level, target, level.targets), on, weight=stage.fond(home)
    )


def _copied_comments(stage: Stage, level: Level, crew: Crew) -> None:
    """Accounts say the same in other words, each under one of a few posts of the day."""
    rng = stage.rng
    member, target = _visits(stage, level, crew)
    order = np.argsort(target, kind="stable")
    member, target = member[order], target[order]
    at = _moments(stage, level, crew, level.targets)
    home = _where(stage)
    under, stands = [], []
    for moment in at:
        near = (stage.posts.birth <= moment) & (stage.posts.birth > moment - 12 * HOUR)
        liked = near * stage.posts.appeal
        if not liked.any():
            liked = stage.posts.appeal
        some = int(min(rng.integers(3, 7), (liked > 0).sum()))
        found = rng.choice(len(liked), some, replace=False, p=liked / liked.sum())
        under.append(rng.choice(found, len(crew.members)))
        stands.append(found)
    what = A_POST + np.array(under)[target, member]
    text = _copies(stage, level, home, np.bincount(target, minlength=level.targets), middle=7.0)
    come = at[target] + _late(stage, level.jitter, len(target))
    stage.do(crew.members[member], what, come, COMMENT, text=text, place=crew.place[member])
    shown = np.unique(np.concatenate(stands))
    _, sent = np.unique(np.concatenate([what, A_POST + shown]), return_counts=True)
    many = np.maximum(_OTHERS, sent) if level.shared else np.full(len(shown), _OTHERS)
    stage.passers_by(A_POST + shown, stage.posts.birth[shown], many, _ON_POSTS)


def _copies(stage: Stage, level: Level, home: int, count: Longs, *, middle: float) -> Longs:
    """Numbers of texts: so many changed copies of each of some first texts, one after another."""
    theme = np.full(len(count), stage.communities.theme[home])
    language = np.full(len(count), stage.communities.language[home])
    first = stage.wording.texts(stage.rng, language, theme, middle=middle).to_pylist()
    other = stage.wording.texts(stage.rng, language[:4], theme[:4], middle=20.0).to_pylist()
    words = " ".join(other).split()
    texts: list[str] = []
    for text, many in zip(first, count.tolist(), strict=True):
        texts.extend(changed(stage.rng, text, many, level.changed, words))
    return stage.say(pa.array(texts))


def _follow_ring(stage: Stage, level: Level, crew: Crew) -> None:
    """Accounts follow one another and are followed back; all follow the same few customers.

    Each is sent to as many accounts as the level has targets, a third of them customers. Fellows
    are drawn from the whole ring: it is no row of circles.
    """
    rng = stage.rng
    size = len(crew.members)
    paying = level.targets // 3
    # Somebody's two neighbours in each of some random rounds: as many ties for everybody.
    rounds = [rng.permutation(size) for _ in range((level.targets - paying + 1) // 2)]
    one = np.concatenate(rounds)
    other = np.concatenate([np.roll(some, 1) for some in rounds])
    who, whom = np.concatenate([one, other]), np.concatenate([other, one])
    keeps = rng.random(len(who)) < level.share
    who, whom = who[keeps], whom[keeps]
    turn = _moments(stage, level, crew, size)
    come = turn[whom] + _late(stage, level.jitter, len(whom))
    followed = AN_ACCOUNT + crew.members
    stage.do(crew.members[who], followed[whom], come, FOLLOW, place=crew.place[who])
    customers = stage.some(paying)
    client, target = np.nonzero(rng.random((size, paying)) < level.share)
    at = _moments(stage, level, crew, paying)
    come = at[target] + _late(stage, level.jitter, len(target))
    paid = AN_ACCOUNT + customers
    stage.do(crew.members[client], paid[target], come, FOLLOW, place=crew.place[client])
    for what, visits, since in ((followed, whom, turn), (paid, target, at)):
        others = _others(stage, level, visits, len(what))
        begin = np.maximum(0.0, since - DAY * rng.random(len(what)))
        stage.passers_by(what, begin, others, _ON_ACCOUNTS, middle=2 * DAY)


def _boost_pod(stage: Stage, level: Level, crew: Crew) -> None:
    """Members post, and the others vote them up, answer and pass them on."""
    rng = stage.rng
    member, target = _visits(stage, level, crew)
    home = _where(stage)
    born = _moments(stage, level, crew, level.targets)
    author = rng.permutation(len(crew.members))[np.arange(level.targets) % len(crew.members)]
    what = stage.new_posts(np.array(home), crew.members[author], born)
    other = author[target] != member
    member, target = member[other], target[other]
    come = born[target] + 5.0 + _late(stage, level.jitter, len(target))
    action = rng.choice((UPVOTE, COMMENT, AWARD, SHARE), len(target), p=(0.62, 0.2, 0.1, 0.08))
    stage.do(crew.members[member], what[target], come, action, place=crew.place[member])
    others = _others(stage, level, target, level.targets)
    stage.passers_by(what, born, others, _ON_POSTS, weight=stage.fond(home))


def _slow_drip(stage: Stage, level: Level, crew: Crew) -> None:
    """Accounts come one by one, over hours and days, to old things that hardly anybody knows."""
    rng = stage.rng
    member, target = _visits(stage, level, crew)
    drip = min(level.drip, 0.1 * stage.hours.span)
    at = np.minimum(_moments(stage, level, crew, level.targets), stage.hours.span - 1.05 * drip)
    if rng.random() < 0.5:
        what, on = stage.new_comments(level.targets), _ON_COMMENTS
    else:
        home = rng.choice(stage.communities.count, level.targets)
        author = stage.some(level.targets)[np.arange(level.targets) % 5]
        old = -DAY * rng.uniform(5.0, 60.0, level.targets)
        liked = np.full(level.targets, 0.05)
        what, on = stage.new_posts(home, author, old, liked=liked), _ON_POSTS
    come = at[target] + drip * rng.random(len(target))
    action = rng.choice((UPVOTE, AWARD, SHARE), len(target), p=(0.9, 0.05, 0.05))
    stage.do(crew.members[member], what[target], come, action, place=crew.place[member])
    others = _others(stage, level, target, level.targets)
    stage.passers_by(what, np.zeros(level.targets), others, on, middle=5 * DAY)


_KINDS: Mapping[str, Callable[[Stage, Level, Crew], None]] = {
    "link-spam": _link_spam,
    "vote-farm": _vote_farm,
    "copied-comments": _copied_comments,
    "follow-ring": _follow_ring,
    "boost-pod": _boost_pod,
    "slow-drip": _slow_drip,
}
