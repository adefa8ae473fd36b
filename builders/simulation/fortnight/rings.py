"""The twelve rings: two each of six kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from builders.simulation.fortnight import publics
from builders.simulation.fortnight.crews import Crew, hired, leave_the_rest
from builders.simulation.fortnight.levels import KINDS, TABLE, Level, dealt_levels
from builders.simulation.fortnight.stage import COMMENT, FOLLOW, LIKE, REPOST, SHARE, Stage
from builders.simulation.fortnight.words import told
from builders.simulation.hours import DAY, HOUR
from builders.simulation.population import Longs

_RETURNED = {
    "L0": (1.0, 10.0),
    "L1": (0.9, 300.0),
    "L2": (0.75, 2 * HOUR),
    "L3": (0.6, 9 * HOUR),
}
"""By level, the share of a follow ring's follows that are returned, and within how many s."""

Ring = Callable[[Stage, Level], Longs]


def plant_rings(stage: Stage) -> None:
    """Plant and label them all."""
    for kind, levels in dealt_levels(stage.rng).items():
        for number, level in enumerate(levels):
            members = PLANTED[kind](stage, TABLE[level])
            stage.label(f"{kind}-{number + 1}", kind, members, level)


def link_spam(stage: Stage, level: Level) -> Longs:
    """Accounts that pass on the same links, order by order."""
    crew = hired(stage, level, 28, 120)
    since = len(stage.acts)
    _sent(stage, crew, stage.new_links(round(stage.between(10, 24))), (SHARE,), (1.0,))
    leave_the_rest(stage, crew, since)
    return crew.members


def like_farm(stage: Stage, level: Level) -> Longs:
    """Accounts that like what customers pay for, and other things beside.

    Of the farms in a honeypot study some send all likes in short bursts, others spread them over
    days and like popular pages, too, as people do (De Cristofaro et al., IMC 2014).
    """
    crew = hired(stage, level, 48, 170)
    since = len(stage.acts)
    _sent(stage, crew, stage.new_posts(round(stage.between(10, 28))), (LIKE,), (1.0,))
    leave_the_rest(stage, crew, since)
    return crew.members


def mutual_boost(stage: Stage, level: Level) -> Longs:
    """An engagement pod: whoever posts is liked, commented and passed on by the others.

    Such pods are run by agreement on Instagram (Weerasinghe et al., WWW 2020).
    """
    crew = hired(stage, level, 14, 70)
    since = len(stage.acts)
    posts = stage.new_posts(round(stage.between(12, 26)))
    _sent(stage, crew, posts, (LIKE, COMMENT, REPOST), (0.55, 0.35, 0.1))
    leave_the_rest(stage, crew, since)
    return crew.members


def slow_drip(stage: Stage, level: Level) -> Longs:
    """Accounts that come to the same little-known things, each on a day of its own.

    The level tells how many days there are between the first and the last: two to five.
    """
    crew = hired(stage, level, 20, 110)
    since = len(stage.acts)
    things = stage.new_posts(round(stage.between(8, 18)))
    days = {"L0": 2.2, "L1": 2.6, "L2": 3.2, "L3": 4.0}[level.name] * stage.between(0.8, 1.3)
    days = min(days, stage.rhythm.days / 3)
    begin = stage.rng.uniform(0.0, stage.rhythm.span - days * DAY, len(things))
    came = crew.chosen(stage.rng, len(things))
    for place, thing in enumerate(things.tolist()):
        who = crew.members[came[:, place]]
        at = begin[place] + stage.rng.uniform(0.0, days * DAY, len(who))
        if level.name != "L0":
            at = stage.rhythm.up(stage.rng, at, stage.people.offset[who])
        action = stage.rng.choice([LIKE, REPOST, COMMENT], len(who), p=[0.7, 0.2, 0.1])
        stage.do(who, thing, at, action)
        some = stage.rng.uniform(2, 14)
        publics.visitors(stage, thing, float(begin[place]), some, crew.language)
    leave_the_rest(stage, crew, since)
    return crew.members


def copied_comments(stage: Stage, level: Level) -> Longs:
    """Accounts that say nearly the same under different posts, one script after another.

    Scam bots copy comments under what is watched most, word for word or a little changed (Na et
    al., IMC 2023). The level tells how many words are changed, and how long a script is in use.
    """
    rng, feed = stage.rng, stage.feed
    crew = hired(stage, level, 26, 120)
    since = len(stage.acts)
    hours, changed = {"L0": (1, 0.0), "L1": (3, 0.04), "L2": (8, 0.12), "L3": (24, 0.22)}[
        level.name
    ]
    changed *= rng.uniform(0.8, 1.25)
    scripts = round(stage.between(6, 15))
    came = crew.chosen(rng, scripts)
    seen: set[tuple[int, int]] = set()
    language = np.flatnonzero(stage.people.language[feed.author] == crew.language)
    language = language[np.argsort(feed.at[language], kind="stable")]
    for place, begin in enumerate(crew.orders(rng, stage, scripts).tolist()):
        script = stage.tongue.script(rng, crew.language, int(rng.integers(8, 24)))
        who = crew.members[came[:, place]]
        at = begin + crew.delays(rng, len(who), hours * HOUR * stage.between(0.6, 1.6))
        post = _popular_before(stage, language, at, seen)
        text = stage.say(pa.array([told(rng, script, changed) for _ in who], pa.string()))
        stage.do(who, post, at, COMMENT, text)
    leave_the_rest(stage, crew, since)
    return crew.members


def _popular_before(
    stage: Stage, posts: Longs, at: npt.NDArray[np.float64], seen: set[tuple[int, int]]
) -> Longs:
    """Of a day's posts one that draws, for each moment, and none twice in three hours."""
    feed, chosen = stage.feed, []
    for moment in at.tolist():
        high = int(np.searchsorted(feed.at[posts], moment))
        low = int(np.searchsorted(feed.at[posts], moment - DAY))
        some = posts[max(0, min(low, high - 1)) : max(high, 1)]
        drawn = stage.rng.exponential(1.0, len(some)) / feed.appeal[some]
        spell = int(moment // (3 * HOUR))
        ranked = some[np.argsort(drawn, kind="stable")].tolist()
        free = next((post for post in ranked if (post, spell) not in seen), ranked[0])
        seen.add((free, spell))
        chosen.append(free)
    return np.array(chosen, dtype=np.int64)


def follow_ring(stage: Stage, level: Level) -> Longs:
    """Accounts that follow one another and a ring of customers, spread over the whole campaign.

    The level tells what share of their acts that is, how many are followed back, and how soon:
    within seconds at L0, within a day at L3. Three to eight customers are followed by half or more.
    """
    rng = stage.rng
    crew = hired(stage, level, 28, 130)
    since = len(stage.acts)
    share, wait = _RETURNED[level.name]
    members, size = crew.members, len(crew.members)
    customers = np.array(
        [publics.known_author(stage, 0.5, 0.95) for _ in range(int(rng.integers(3, 9)))]
    )
    # A follow that is returned costs two members one each, so that each begins half of its own.
    inside = np.minimum(crew.quota * 0.85 / (1 + share), 0.6 * (size - 1)).astype(np.int64) + 1
    who = np.repeat(np.arange(size), inside)
    other = (who + 1 + (rng.random(len(who)) * (size - 1)).astype(np.int64)) % size
    pair = np.unique(np.minimum(who, other) * size + np.maximum(who, other))
    one, two = pair // size, pair % size
    turned = rng.random(len(pair)) < 0.5
    one, two = members[np.where(turned, two, one)], members[np.where(turned, one, two)]
    at = rng.uniform(crew.begin, crew.end, len(pair))
    if level.name != "L0":
        at = stage.rhythm.up(rng, at, stage.people.offset[one])
    stage.do(one, two, at, FOLLOW)
    back = rng.random(len(pair)) < share
    stage.do(two[back], one[back], at[back] + crew.delays(rng, int(back.sum()), wait), FOLLOW)
    bought = rng.random((size, len(customers))) < min(0.8 * level.joined, 0.8)
    row, column = np.nonzero(bought & (members[:, None] != customers))
    stage.do(members[row], customers[column], rng.uniform(crew.begin, crew.end, len(row)), FOLLOW)
    leave_the_rest(stage, crew, since)
    return members


def _sent(
    stage: Stage, crew: Crew, targets: Longs, actions: tuple[int, ...], shares: tuple[float, ...]
) -> None:
    """Send a crew to its targets, and others beside: before, with and after it."""
    rng = stage.rng
    came = crew.chosen(rng, len(targets))
    for place, begin in enumerate(crew.orders(rng, stage, len(targets)).tolist()):
        who = crew.members[came[:, place]]
        at = begin + crew.delays(rng, len(who))
        stage.do(who, int(targets[place]), at, rng.choice(actions, len(who), p=shares))
        public = max(crew.level.least, crew.level.public * len(who)) * stage.between(0.8, 1.8)
        others = stage.passers_by(int(public), crew.language)
        at = begin - 0.5 * HOUR + rng.lognormal(np.log(3 * HOUR), 1.2, len(others))
        at = stage.rhythm.up(rng, at, stage.people.offset[others])
        stage.do(others, int(targets[place]), at, rng.choice(actions, len(others), p=shares))


PLANTED: Mapping[str, Ring] = dict(
    zip(
        KINDS,
        (link_spam, like_farm, copied_comments, follow_ring, mutual_boost, slow_drip),
        strict=True,
    )
)
"""How each kind is planted."""
