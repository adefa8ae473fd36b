"""A marketplace drawn whole, and written as one table with labels, as a flat world is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from builders.simulation import ids
from builders.simulation.flat import FlatWorld, FlatWritten, write_world
from builders.simulation.hours import since_1970
from builders.simulation.marketplace import circles, crowds
from builders.simulation.marketplace.goods import drawn_goods, drawn_kinds, drawn_shelves
from builders.simulation.marketplace.hours import drawn_hours
from builders.simulation.marketplace.life import background
from builders.simulation.marketplace.names import object_names
from builders.simulation.marketplace.people import drawn_people
from builders.simulation.marketplace.places import drawn_places
from builders.simulation.marketplace.rings import plant_rings
from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.marketplace.stage import (
    ACTIONS,
    ANSWER,
    OBJECTS,
    QUESTION,
    QUESTIONS_OF_ONE,
    REVIEW,
    Acts,
    Stage,
)
from builders.simulation.marketplace.words import drawn_words
from builders.simulation.object_numbers import kind_of, number_of
from builders.simulation.one_table import (
    NONE,
    all_of,
    in_order,
    labels_of,
    room_beside,
)
from builders.simulation.said import texts_of
from builders.simulation.stage import Planters, plant_look_alikes

LOOK_ALIKES: Planters[Stage] = {
    "fan-club": (crowds.fan_club, 2, 5),
    "flash-crowd": (crowds.flash_crowd, 1, 3),
    "deal-hunters": (crowds.deal_hunters, 1, 3),
    "long-sitting": (crowds.long_sitting, 1, 3),
    "friends": (circles.friends, 3, 10),
    "household": (circles.household, 3, 10),
    "hobby": (circles.hobby, 2, 4),
    "newsroom": (circles.newsroom, 1, 3),
    "classroom": (circles.classroom, 1, 4),
    "support": (circles.support, 1, 3),
    "newcomers": (circles.newcomers, 1, 2),
}

_STARS = np.array([0.09, 0.05, 0.08, 0.18, 0.6])
"""Shares of one to five stars: most give five, and more give one than two (Hu, Pavlou and Zhang
2009, the J shape; the figures are round)."""


def write_marketplace(spec: MarketplaceSpec, folder: Path) -> FlatWritten:
    """Write a marketplace into the new folder `folder`, whole or not at all.

    Raises:
        ConfigError: `folder` exists and is not empty, or there is no room for what is planted.
    """
    return write_world(lambda: marketplace_world(spec), folder)


def marketplace_world(spec: MarketplaceSpec) -> FlatWorld:
    """Draw a marketplace: just as many interactions as were asked for, the same for one spec.

    Raises:
        ConfigError: what is planted leaves too little room for everybody's life.
    """
    rng = np.random.default_rng([spec.seed, 50])
    salt = int(rng.integers(1, 2**31))
    hours = drawn_hours(rng, spec)
    kinds = drawn_kinds(rng)
    people = drawn_people(rng, spec, hours, kinds, len(ACTIONS))
    goods = drawn_goods(rng, spec, kinds, hours.span)
    stage = Stage(
        rng=rng,
        spec=spec,
        hours=hours,
        people=people,
        goods=goods,
        shelves=drawn_shelves(rng, goods, hours.span),
        words=drawn_words(rng, int(people.language.max()) + 1, len(kinds)),
        places=drawn_places(rng, people),
    )
    # Rings first: they take whom they like, and crowds are made of those who are left. Whoever was
    # hijacked lives on, and may well be a fan of something.
    plant_rings(stage)
    plant_look_alikes(stage, LOOK_ALIKES)
    acts = in_order(all_of([*stage.acts, background(stage, room_beside(stage.acts, spec))]))
    accounts = ids.letters(ids.scramble(np.arange(people.count), bits=50, salt=salt), width=10)
    labels = labels_of(stage.groups, acts.who, accounts)
    return FlatWorld(interactions=_table(stage, acts, accounts, salt), labels=labels)


def _table(stage: Stage, acts: Acts, accounts: pa.StringArray, salt: int) -> pa.Table:
    rng, hours, people = stage.rng, stage.hours, stage.people
    place = np.where(
        acts.place == NONE, stage.places.address(hours, people, acts.who, acts.at), acts.place
    )
    device = np.where(acts.device == NONE, stage.places.device(acts.who, acts.at), acts.device)
    stars = 1 + rng.choice(len(_STARS), len(acts.who), p=_STARS)
    stars = np.where(acts.stars == NONE, stars, acts.stars)
    own, whose = np.unique(device, return_inverse=True)
    machines = ids.hexadecimals(ids.scramble(own, bits=56, salt=salt + 6), width=14)
    sites, which = np.unique(place, return_inverse=True)
    text = _texts(stage, acts)
    columns: dict[str, pa.Array] = {
        "account": accounts.take(pa.array(acts.who)),
        "action": pa.array(ACTIONS).take(pa.array(acts.action)),
        "object": object_names(stage, acts.what, accounts, salt),
        "object_kind": pa.array(OBJECTS).take(pa.array(kind_of(acts.what))),
        "time": pa.array(since_1970(acts.at, hours.first_day)),
        "text": text,
        "stars": pa.array(stars, pa.int8(), mask=acts.action != REVIEW),
        "address": ids.addresses(sites, salt=salt + 5).take(pa.array(which)),
        "device": machines.take(pa.array(whose)),
        "joined": pa.array(since_1970(people.joined[acts.who], hours.first_day)),
    }
    plain = {"account", "action", "object", "time", "text"} | set(stage.spec.extras)
    return pa.table({name: values for name, values in columns.items() if name in plain})


def _texts(stage: Stage, acts: Acts) -> pa.Array:
    """What reviews and answers say; null for all other acts."""
    people, goods = stage.people, stage.goods
    writes = (acts.action == REVIEW) | (acts.action == ANSWER)
    own = np.flatnonzero(writes & (acts.text == NONE))
    number = number_of(acts.what[own])
    listing = np.where(acts.what[own] >= QUESTION, number // QUESTIONS_OF_ONE, number)
    known = listing < goods.count
    # Of what is on no shelf nobody else writes; they write as they do about what they like.
    kind = np.where(
        known, goods.kind[np.where(known, listing, 0)], people.tastes[acts.who[own], 0]
    )  # fmt: skip
    words = stage.words.texts(stage.rng, people.language[acts.who[own]], kind)
    return texts_of(acts, stage.said, own, words)
