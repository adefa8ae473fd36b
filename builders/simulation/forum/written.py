"""A forum drawn whole, and written as one table with labels, as a flat world is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from builders.simulation import ids
from builders.simulation.flat import FlatWorld, FlatWritten, write_world
from builders.simulation.forum import circles, crowds, declared
from builders.simulation.forum.hours import drawn_hours
from builders.simulation.forum.life import background
from builders.simulation.forum.marks import mark_hubs
from builders.simulation.forum.names import object_names
from builders.simulation.forum.people import THEMES, drawn_communities, drawn_people
from builders.simulation.forum.places import drawn_places
from builders.simulation.forum.posts import drawn_posts
from builders.simulation.forum.rings import manned_rings, plant_rings
from builders.simulation.forum.spec import ForumSpec
from builders.simulation.forum.stage import (
    A_POST,
    ACTIONS,
    COMMENT,
    OBJECTS,
    POST,
    Stage,
    planted,
)
from builders.simulation.forum.wording import drawn_wording
from builders.simulation.hours import since_1970
from builders.simulation.object_numbers import kind_of
from builders.simulation.one_table import (
    NONE,
    PlacedActs,
    all_of,
    in_order,
    labels_of,
    room_beside,
)
from builders.simulation.said import texts_of
from builders.simulation.stage import Planters, plant_look_alikes

UNSEEN: Planters[Stage] = {
    "syndicated-pages": (declared.syndicated_pages, 1, 2),
    "declared-bots": (declared.declared_bots, 1, 1),
    "newcomers": (crowds.newcomers, 1, 2),
}
"""Look-alikes of accounts that did nothing before, and how many there are, from and to."""

LOOK_ALIKES: Planters[Stage] = {
    "fan-club": (crowds.fan_club, 2, 4),
    "flash-crowd": (crowds.flash_crowd, 1, 3),
    "news-burst": (crowds.news_burst, 1, 2),
    "question-hour": (crowds.question_hour, 1, 3),
    "match-thread": (crowds.match_thread, 1, 2),
    "weekly-thread": (crowds.weekly_thread, 1, 3),
    "first-readers": (crowds.first_readers, 1, 1),
    "copypasta": (declared.copypasta, 1, 2),
    "classroom": (circles.classroom, 2, 3),
    "friends": (circles.friends, 4, 9),
    "regulars": (circles.regulars, 2, 5),
    "moderators": (circles.moderators, 2, 4),
    "clan": (circles.clan, 2, 4),
    "reading-group": (circles.reading_group, 1, 3),
}
"""Look-alikes of everybody else; `marks.py` labels more."""


def write_forum(spec: ForumSpec, folder: Path) -> FlatWritten:
    """Write a forum into the new folder `folder`, whole or not at all.

    Raises:
        ConfigError: `folder` exists and is not empty, or there is no room for what is planted.
    """
    return write_world(lambda: forum_world(spec), folder)


def forum_world(spec: ForumSpec) -> FlatWorld:
    """Draw a forum: just as many interactions as were asked for, the same for one spec.

    Raises:
        ConfigError: what is planted leaves too little room for everybody's life.
    """
    rng = np.random.default_rng([spec.seed, 60])
    salt = int(rng.integers(1, 2**31))
    hours = drawn_hours(rng, spec)
    communities = drawn_communities(rng, spec, hours)
    people = drawn_people(rng, spec, hours, communities)
    stage = Stage(
        rng=rng,
        spec=spec,
        hours=hours,
        people=people,
        communities=communities,
        posts=drawn_posts(rng, spec, hours, people, communities),
        places=drawn_places(rng, people),
        wording=drawn_wording(rng, len(hours.offset) + 1, THEMES),
    )
    # Rings first: they take whom they like, and crowds are made of those who are left. Whoever was
    # hijacked lives on, and may well be a fan of something.
    rings = manned_rings(stage)
    plant_look_alikes(stage, UNSEEN)
    plant_rings(stage, rings)
    plant_look_alikes(stage, LOOK_ALIKES)
    made = planted(stage)
    acts = in_order(all_of([made, background(stage, room_beside([made], spec))]))
    where = stage.places.of(hours, people, acts.who, acts.at)
    place = np.where(acts.place == NONE, where, acts.place)
    mark_hubs(stage, acts, place)
    accounts = ids.letters(ids.scramble(np.arange(people.count), bits=45, salt=salt), width=9)
    sites, which = np.unique(place, return_inverse=True)
    table = pa.table(
        {
            "account": accounts.take(pa.array(acts.who)),
            "action": pa.array(ACTIONS).take(pa.array(acts.action)),
            "object": object_names(stage, acts.what, accounts, salt),
            "object_kind": pa.array(OBJECTS).take(pa.array(kind_of(acts.what))),
            "time": pa.array(since_1970(acts.at, hours.first_day)),
            "text": _texts(stage, acts),
            "address": ids.addresses(np.arange(len(sites)), salt=salt + 9).take(pa.array(which)),
        }
    )
    return FlatWorld(interactions=table, labels=labels_of(stage.groups, acts.who, accounts))


def _texts(stage: Stage, acts: PlacedActs) -> pa.Array:
    """What posts and comments say; null for all other acts."""
    writes = (acts.action == COMMENT) | (acts.action == POST)
    own = np.flatnonzero(writes & (acts.text == NONE))
    # Where it is not known what a thing is about, people write as they do at home.
    post = acts.what[own] - A_POST
    known = (post >= 0) & (post < stage.posts.count)
    home = stage.people.homes[acts.who[own], 0]
    home = np.where(known, stage.posts.community[np.where(known, post, 0)], home)
    language, theme = stage.communities.language[home], stage.communities.theme[home]
    title = acts.action[own] == POST
    words = [
        stage.wording.texts(stage.rng, language[some], theme[some], middle=middle)
        for some, middle in ((title, 3.0), (~title, 5.0))
    ]
    own = np.concatenate([own[title], own[~title]])
    return texts_of(acts, stage.said, own, pa.concat_arrays(words))
