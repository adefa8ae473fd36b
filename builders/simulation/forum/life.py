"""Everybody's life: sittings, feeds, votes, comments, conversations, and new people to follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.forum.feed import Feed
from builders.simulation.forum.people import ACQUAINTED, FONDNESS, HOMES
from builders.simulation.forum.stage import (
    A_COMMENT,
    A_COMMUNITY,
    A_LINK,
    A_POST,
    AN_ACCOUNT,
    AWARD,
    COMMENT,
    DOWNVOTE,
    FOLLOW,
    JOIN,
    OPEN,
    POST,
    SHARE,
    UPVOTE,
    Stage,
    once,
)
from builders.simulation.hours import HOUR, MINUTE, in_sittings
from builders.simulation.one_table import NONE, PlacedActs, all_of
from builders.simulation.population import Bools, Floats, Longs
from builders.simulation.stage import EVEN, POPULAR

_HOME, _FRONT, _DEEP, _NEW, _OLD, _KNOWN, _ANYTHING = range(7)
_PAGES = (0.42, 0.17, 0.17, 0.07, 0.08, 0.09)
"""What a sitting looks at: all that one reads, the front page, one community, its newest posts, old
threads, posts of those one knows. Guesses."""

_TO_COMMENTS = 0.3
_REPLIES = 0.55
_ANSWERED = 0.3
_ACTS = {
    UPVOTE: 0.685, DOWNVOTE: 0.07, COMMENT: 0.1, OPEN: 0.085, SHARE: 0.014, AWARD: 0.008,
    FOLLOW: 0.018, JOIN: 0.02,
}  # fmt: skip
"""Shares of acts, posts apart. On the largest forum there were 24 votes for each comment and 7
comments for each post in 2020 (its own year in review: 49.2 billion, 2 billion, 303 million); an
extract that is made to look at what is said has more comments, as here."""

_MARGIN = (1.12, 1.35, 2.0)


@dataclass(slots=True)
class _Read:
    """What was looked at: by whom, when, which post."""

    who: Longs
    at: Floats
    post: Longs

    def only(self, which: Bools | Longs) -> _Read:
        return _Read(self.who[which], self.at[which], self.post[which])


def background(stage: Stage, room: int) -> PlacedActs:
    """As many acts of everybody's life as there is room for.

    Raises:
        RuntimeError: people do not find as much to do; no size was seen to lead to that.
    """
    feed = Feed(stage.posts)
    posted = _posted(stage)
    for margin in _MARGIN:
        lived = once(all_of([posted, *_lived(stage, feed, margin * room - len(posted.who))]))
        if len(lived.who) >= room:
            keep = np.sort(stage.rng.permutation(len(lived.who))[:room])
            return lived.pick(keep)
    message = f"{room} acts were wanted, and only {len(lived.who)} could be drawn"
    raise RuntimeError(message)


def _posted(stage: Stage) -> PlacedActs:
    """The posts that no group planted."""
    posts = stage.posts
    new = np.flatnonzero(posts.birth[: stage.organic] >= 0.0)
    links = posts.link[new] != NONE
    what = np.where(links, A_LINK + posts.link[new], A_POST + new)
    return _acts(posts.author[new], what, posts.birth[new], np.full(len(new), POST))


def _lived(stage: Stage, feed: Feed, count: float) -> list[PlacedActs]:
    rng = stage.rng
    left = np.maximum(stage.left, 0.0)
    mean = left * count / left.sum()
    acts = (mean + rng.random(len(mean))).astype(np.int64)
    read = _sittings(stage, feed, acts)
    action = _wished(stage, read)
    comments = action == COMMENT
    talk = _Talk(stage, read.only(comments))
    said = [talk.acts(), *talk.answers()]
    rest, wish = read.only(~comments), action[~comments]
    to_comment = (rng.random(len(wish)) < _TO_COMMENTS) & np.isin(wish, (UPVOTE, DOWNVOTE, AWARD))
    on = np.where(to_comment, talk.one_under(rest), NONE)
    return [*said, _done(stage, rest, wish, on)]


def _sittings(stage: Stage, feed: Feed, acts: Longs) -> _Read:
    """Who looks at what, when: in sittings, some of them long, on pages of one's choice."""
    rng, people = stage.rng, stage.people
    who = np.repeat(np.arange(people.count), acts)
    opens = rng.random(len(who)) < people.sitting[who]
    opens[np.cumsum(acts)[acts > 0] - acts[acts > 0]] = True
    sitting = np.cumsum(opens) - 1
    first = np.flatnonzero(opens)
    begins = stage.hours.moments(rng, people.shift[who[first]], people.joined[who[first]])
    # Half a minute from vote to vote; whoever reads comments takes longer. Guesses.
    at = in_sittings(opens, begins, rng.lognormal(np.log(35.0), 1.1, len(who)))
    at = np.where(at >= stage.hours.span, begins[sitting], at)
    page = rng.choice(len(_PAGES), len(first), p=_PAGES)
    manner = stage.manner[who[first]]
    page = np.where(manner == EVEN, _ANYTHING, np.where(manner == POPULAR, _FRONT, page))[sitting]
    fond = FONDNESS / FONDNESS.sum()
    choice = rng.choice(HOMES, len(who), p=fond)
    alone = rng.choice(HOMES, len(first), p=fond)[sitting]
    at_once = (page == _DEEP) | (page == _NEW)
    community = people.homes[who, np.where(at_once, alone, choice)]
    post = np.full(len(who), NONE)
    for some_page in (_NEW, _OLD, _ANYTHING, _KNOWN):
        some = np.flatnonzero(page == some_page)
        post[some] = _shown(stage, feed, some_page, who[some], community[some], at[some])
    lacking = np.flatnonzero(post == NONE)
    post[lacking] = feed.hot(rng, community[lacking], at[lacking], page[lacking] == _FRONT)
    lacking = np.flatnonzero(post == NONE)
    post[lacking] = feed.evenly(rng, at[lacking])
    return _Read(who, at, post)


def _shown(stage: Stage, feed: Feed, page: int, who: Longs, community: Longs, at: Floats) -> Longs:
    """What pages show that are not of what is hot; `NONE` where they have nothing."""
    if page == _NEW:
        return feed.newest(stage.rng, community, at)
    if page == _OLD:
        return feed.any_before(stage.rng, community, at)
    if page == _KNOWN:
        return feed.last_of(_known(stage, who), at)
    return feed.evenly(stage.rng, at)


def _known(stage: Stage, who: Longs) -> Longs:
    """Somebody that each knows."""
    return stage.people.knows[who, stage.rng.integers(0, ACQUAINTED, len(who))]


def _wished(stage: Stage, read: _Read) -> Longs:
    """What each would do with what it reads; who talks more than others votes less."""
    rng, people = stage.rng, stage.people
    action = rng.choice([*_ACTS], len(read.who), p=[*_ACTS.values()])
    talks = rng.random(len(read.who)) < np.minimum(0.7, _ACTS[COMMENT] * people.talks[read.who])
    action[(action == COMMENT) & ~talks] = UPVOTE
    action[talks] = COMMENT
    links = stage.posts.link[read.post] != NONE
    action[(action == OPEN) & ~links] = UPVOTE
    return action


class _Talk:
    """Comments under posts: who said what to whom, in which order."""

    def __init__(self, stage: Stage, read: _Read) -> None:
        """Put what was written in order: by post, and then by time."""
        self.stage = stage
        self.base = stage.comments
        order = np.lexsort((read.at, read.post))
        self.read = read.only(order)
        self.keys = self._key(self.read.post, self.read.at)
        self.parent = np.where(
            stage.rng.random(len(order)) < _REPLIES, self._earlier(self.read), NONE
        )

    def _key(self, post: Longs, at: Floats) -> Floats:
        return post * (self.stage.hours.span + 1.0) + at

    def _earlier(self, read: _Read) -> Longs:
        """A comment under each post, sooner one of the first; `NONE` if there is none yet."""
        low = np.searchsorted(self.keys, read.post * (self.stage.hours.span + 1.0))
        many = np.searchsorted(self.keys, self._key(read.post, read.at)) - low
        place = low + (many * self.stage.rng.random(len(low)) ** 1.8).astype(np.int64)
        return np.where(many > 0, place, NONE)

    def one_under(self, read: _Read) -> Longs:
        """The object that is a comment under each post, `NONE` where nobody wrote one yet."""
        place = self._earlier(read)
        return np.where(place == NONE, NONE, A_COMMENT + self.base + place)

    def acts(self) -> PlacedActs:
        """All comments: under a post, or to another comment."""
        read, parent = self.read, self.parent
        what = np.where(parent == NONE, A_POST + read.post, A_COMMENT + self.base + parent)
        return _acts(read.who, what, read.at, np.full(len(what), COMMENT))

    def answers(self) -> list[PlacedActs]:
        """Conversations: whoever was answered answers back, minutes later, and so on."""
        stage, rng = self.stage, self.stage.rng
        mine = np.flatnonzero(self.parent != NONE)
        other, who = self.read.who[mine], self.read.who[self.parent[mine]]
        at, what = self.read.at[mine], A_COMMENT + self.base + mine
        number = self.base + len(self.read.who)
        parts = []
        chance = _ANSWERED
        while len(who):
            goes = (rng.random(len(who)) < chance) & (who != other)
            goes &= ~stage.taken[who] & ~stage.taken[other]
            who, other, what = who[goes], other[goes], what[goes]
            at = stage.awake(who, at[goes] + rng.lognormal(np.log(9 * MINUTE), 1.2, len(who)))
            there = at < stage.hours.span
            who, other, at, what = who[there], other[there], at[there], what[there]
            parts.append(_acts(who, what, at, np.full(len(who), COMMENT)))
            what = A_COMMENT + number + np.arange(len(who))
            number += len(who)
            who, other = other, who
            chance = 0.55
        return parts


def _done(stage: Stage, read: _Read, action: Longs, comment: Longs) -> PlacedActs:
    """All acts but comments, to the post, its comment, its link, its author, its community."""
    rng, posts, people = stage.rng, stage.posts, stage.people
    what = np.where(comment == NONE, A_POST + read.post, comment)
    what = np.where(action == OPEN, A_LINK + posts.link[read.post], what)
    # People join what they read, and mostly what all read; they follow whom they know, or whoever
    # wrote what they liked, the famous first.
    joins = people.homes[read.who, rng.integers(0, HOMES, len(read.who))]
    what = np.where(action == JOIN, A_COMMUNITY + joins, what)
    author = posts.author[read.post]
    luck = rng.random(len(author))
    named = (luck < 0.4) | stage.taken[author]
    followed = np.where(named, _known(stage, read.who), author)
    famous = rng.choice(people.count, len(author), p=people.fame / people.fame.sum())
    followed = np.where((luck > 0.75) | stage.taken[followed], famous, followed)
    what = np.where(action == FOLLOW, AN_ACCOUNT + followed, what)
    some = np.flatnonzero((action == FOLLOW) & (followed != read.who))
    back = some[(rng.random(len(some)) < 0.3) & ~stage.taken[followed[some]]]
    late = stage.awake(
        followed[back], read.at[back] + rng.lognormal(np.log(5 * HOUR), 1.3, len(back))
    )
    late = np.where(late < stage.hours.span, late, read.at[back] + 1.0)
    returned = _acts(followed[back], AN_ACCOUNT + read.who[back], late, np.full(len(back), FOLLOW))
    keeps = (action != FOLLOW) | (followed != read.who)
    mine = _acts(read.who, what, read.at, action).pick(keeps)
    inside = late < stage.hours.span
    early = people.joined[returned.who] <= returned.at
    return all_of([mine, returned.pick(inside & early)])


def _acts(who: Longs, what: Longs, at: Floats, action: Longs) -> PlacedActs:
    nothing = np.full(len(who), NONE)
    return PlacedActs(who, what, at, action, nothing, nothing)
