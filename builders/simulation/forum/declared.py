"""Who says openly what it is: pages of one house, bots; and a text that goes round."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation.forum.stage import A_LINK, A_POST, COMMENT, OPEN, POST, UPVOTE, Stage
from builders.simulation.forum.wording import changed
from builders.simulation.hours import DAY, HOUR, MINUTE
from builders.simulation.population import Longs


def _plain(stage: Stage, count: int, least: float) -> Longs:
    """Accounts of an owner who does nothing else with them."""
    can = ~stage.ringed & (stage.people.posts == 0) & (stage.left == stage.people.budget)
    some = stage.some(count, can.astype(float), least=least)
    stage.taken[some] = True
    stage.people.fame[some] = 0.0
    return some


def syndicated_pages(stage: Stage, name: str) -> None:
    """Ten to 40 pages of one house post the same link within seconds, and each title says whose.

    That they are one house's stands in the title alone: the table has no names of accounts.
    """
    rng = stage.rng
    pages = _plain(stage, int(rng.integers(10, 41)), 10.0)
    common = np.zeros(1, dtype=np.int64)
    first = stage.wording.texts(rng, common, common, middle=2.0).to_pylist()[0]
    house = " ".join(first.split()[:2]).title()
    stories = int(stage.left[pages].min() + rng.integers(0, 10))
    links = stage.new_links(stories, 1)
    titles = stage.wording.texts(
        rng, np.zeros(stories, np.int64), rng.integers(0, stage.wording.themes, stories), middle=2.0
    )
    told = pc.binary_join_element_wise(titles, pa.scalar(f"[{house} network, official page]"), " ")
    text = stage.say(told)
    at = stage.moments(stories, until=0.98)
    who, story = np.nonzero(rng.random((len(pages), stories)) < 0.92)
    when = at[story] + rng.exponential(3.0, len(who))
    office = int(stage.places.new(1)[0])
    stage.do(pages[who], A_LINK + links[story], when, POST, text=text[story], place=office)
    stage.left[pages] = 0.0
    readers = rng.poisson(8.0, stories)
    stage.passers_by(A_LINK + links, at, readers, {OPEN: 1.0})
    stage.label(name, "syndicated-pages", pages)


def declared_bots(stage: Stage, name: str) -> None:
    """Bots that say so under all they write: under each new post, or where they are called."""
    rng, posts = stage.rng, stage.posts
    bots = _plain(stage, int(rng.integers(6, 15)), 25.0)
    server = stage.places.new(len(bots))
    for one, place in zip(bots, server, strict=True):
        many = int(min(stage.left[one] * 4, 600))
        home = int(rng.integers(0, 20))
        new = np.flatnonzero((posts.birth >= 0.0) & (posts.birth < 0.98 * stage.hours.span))
        mine = new[posts.community[new] == home] if rng.random() < 0.5 else rng.permutation(new)
        post = mine[:many]
        # A bot that is asked to look at every new post is there in seconds.
        at = posts.birth[post] + rng.exponential(stage.between(3.0, 20 * MINUTE), len(post))
        theme, language = stage.communities.theme[home], stage.communities.language[home]
        body = stage.wording.texts(
            rng, np.full(len(post), language), np.full(len(post), theme), middle=3.0
        )
        tail = pa.scalar("I am a bot, and this action was performed automatically.")
        text = stage.say(pc.binary_join_element_wise(body, tail, " "))
        stage.do(np.repeat(one, len(post)), A_POST + post, at, COMMENT, text=text, place=int(place))
    stage.left[bots] = 0.0
    stage.label(name, "declared-bots", bots)


def copypasta(stage: Stage, name: str) -> None:
    """Twenty to 80 strangers paste the same long joke, or change it, wherever it fits, for days."""
    rng, posts = stage.rng, stage.posts
    some = stage.some(int(rng.integers(20, 81)), stage.people.talks + 0.02, least=8.0)
    home = int(rng.integers(0, 10))
    theme, language = stage.communities.theme[home], stage.communities.language[home]
    joke = stage.wording.texts(rng, np.array([language]), np.array([theme]), middle=16.0)
    other = stage.wording.texts(rng, np.array([language]), np.array([theme]), middle=30.0)
    words = other.to_pylist()[0].split()
    text = stage.say(
        pa.array(
            [
                changed(rng, joke.to_pylist()[0], 1, float(share), words)[0]
                for share in rng.choice((0.0, 0.0, 0.05, 0.2), len(some))
            ]
        )
    )
    begins = rng.uniform(0.0, 0.6) * stage.hours.span
    at = stage.awake(some, begins + rng.lognormal(np.log(DAY), 0.9, len(some)))
    for one, moment, number in zip(some, at, text, strict=True):
        near = np.flatnonzero((posts.birth <= moment) & (posts.birth > moment - 10 * HOUR))
        if len(near):
            post = rng.choice(near, 1, p=posts.appeal[near] / posts.appeal[near].sum())
            stage.do(np.array([one]), A_POST + post, np.array([moment]), COMMENT, text=int(number))
    answers = stage.new_comments(len(some))
    readers = rng.poisson(6.0, len(some))
    stage.passers_by(answers, at, readers, {UPVOTE: 1.0})
    stage.label(name, "copypasta", some)
