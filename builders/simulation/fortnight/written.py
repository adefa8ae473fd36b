"""A fortnight drawn whole, and written as one table with labels, as a flat world is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from builders.simulation import ids
from builders.simulation.flat import FlatWorld, FlatWritten, write_world
from builders.simulation.fortnight import groups, publics
from builders.simulation.fortnight.feed import drawn_feed
from builders.simulation.fortnight.life import background, cascades
from builders.simulation.fortnight.people import drawn_people
from builders.simulation.fortnight.rhythm import drawn_rhythm
from builders.simulation.fortnight.rings import plant_rings
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.fortnight.stage import (
    ACTIONS,
    COMMENT,
    FOLLOW,
    SHARE,
    TAG,
    TAGS_OF_A_BUCKET,
    Stage,
)
from builders.simulation.fortnight.words import drawn_tongue
from builders.simulation.hours import since_1970
from builders.simulation.one_table import (
    NONE,
    Acts,
    all_of,
    in_order,
    labels_of,
    room_beside,
)
from builders.simulation.said import texts_of
from builders.simulation.stage import Planters, plant_look_alikes

LOOK_ALIKES: Planters[Stage] = {
    "fan-club": (publics.fan_club, 5, 7),
    "flash-crowd": (publics.flash_crowd, 2, 4),
    "news-burst": (publics.news_burst, 2, 3),
    "newsroom": (groups.newsroom, 2, 4),
    "friends": (groups.friends, 3, 6),
    "hobby": (groups.hobby, 2, 4),
    "office": (groups.office, 2, 3),
}


def write_fortnight(spec: FortnightSpec, folder: Path) -> FlatWritten:
    """Write a fortnight into the new folder `folder`, whole or not at all.

    Raises:
        ConfigError: `folder` exists and is not empty, or there is no room for what is planted.
    """
    return write_world(lambda: fortnight_world(spec), folder)


def fortnight_world(spec: FortnightSpec) -> FlatWorld:
    """Draw a fortnight: just as many interactions as were asked for. The same spec, the same rows.

    Raises:
        ConfigError: what is planted leaves too little room for everybody's life.
    """
    rng = np.random.default_rng([spec.seed, 40])
    salt = int(rng.integers(1, 2**31))
    rhythm = drawn_rhythm(rng, spec)
    people = drawn_people(rng, spec)
    stage = Stage(
        rng=rng,
        spec=spec,
        rhythm=rhythm,
        people=people,
        feed=drawn_feed(rng, spec, people, rhythm),
        tongue=drawn_tongue(rng, people.languages, people.topics),
    )
    # Rings first: they take whom they like, and crowds are made of those who are left.
    plant_rings(stage)
    plant_look_alikes(stage, LOOK_ALIKES)
    cascades(stage)
    acts = in_order(all_of([*stage.acts, background(stage, room_beside(stage.acts, spec))]))
    accounts = ids.letters(ids.scramble(np.arange(people.count), bits=45, salt=salt), width=9)
    labels = labels_of(stage.groups, acts.who, accounts)
    return FlatWorld(interactions=_table(stage, acts, accounts, salt), labels=labels)


def _table(stage: Stage, acts: Acts, accounts: pa.StringArray, salt: int) -> pa.Table:
    named = pa.concat_arrays(
        [
            accounts,
            ids.decimals(ids.scramble(np.arange(stage.posts), bits=39, salt=salt + 1), width=12),
            _links(stage, salt),
            _tags(stage),
        ]
    )
    people, tags = stage.people.count, stage.posts + stage.links
    place = acts.what + np.select(
        [acts.action == FOLLOW, acts.action == SHARE, acts.action == TAG],
        [0, people + stage.posts, people + tags],
        people,
    )
    return pa.table(
        {
            "account": accounts.take(pa.array(acts.who)),
            "action": pa.array(ACTIONS).take(pa.array(acts.action)),
            "object": named.take(pa.array(place)),
            "time": pa.array(since_1970(acts.at, stage.rhythm.first_day)),
            "text": _texts(stage, acts, accounts),
        }
    )


def _texts(stage: Stage, acts: Acts, accounts: pa.StringArray) -> pa.Array:
    """What comments say, one in four to somebody by name; null for all other acts."""
    rng, people = stage.rng, stage.people
    said = np.flatnonzero((acts.action == COMMENT) & (acts.text == NONE))
    who = acts.who[said]
    topic = people.interests[who, rng.integers(0, 3, len(who))]
    remarks = stage.tongue.remarks(rng, people.language[who], topic)
    named = np.flatnonzero(rng.random(len(who)) < 0.25)
    spoken_to = accounts.take(pa.array(people.read_by(rng, who[named]))).to_pylist()
    for one, name in zip(named.tolist(), spoken_to, strict=True):
        remarks[one] = f"@{name} {remarks[one]}"
    return texts_of(acts, stage.said, said, pa.array(remarks, pa.string()))


def _links(stage: Stage, salt: int) -> pa.Array:
    """Addresses of some hundreds of sites, few of which have most of the links."""
    number = ids.scramble(np.arange(stage.links), bits=40, salt=salt + 2)
    names = ids.letters(number, width=8).to_pylist()
    sites = np.sqrt(number % np.uint64(160_000)).astype(np.int64).tolist()
    return pa.array(
        [f"https://site{site}.example/{name}" for site, name in zip(sites, names, strict=True)],
        pa.string(),
    )


def _tags(stage: Stage) -> pa.Array:
    """Hashtags of each language and topic: a word of the language and which it is."""
    people, words = stage.people, stage.tongue.words
    return pa.array(
        [
            f"#{words[language][300 + (topic * 73 + tag * 31) % 2_000]}{topic}_{tag}"
            for language in range(people.languages)
            for topic in range(people.topics)
            for tag in range(TAGS_OF_A_BUCKET)
        ],
        pa.string(),
    )
