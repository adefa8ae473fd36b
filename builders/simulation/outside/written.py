"""An outside world drawn whole, and written as one table with labels, as a flat world is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from builders.simulation import ids
from builders.simulation.flat import FlatWorld, FlatWritten, write_world
from builders.simulation.hours import since_1970
from builders.simulation.one_table import (
    NONE,
    PlacedActs,
    all_of,
    labels_of,
)
from builders.simulation.outside import circles, crowds
from builders.simulation.outside.calendar import drawn_calendar
from builders.simulation.outside.language import drawn_language
from builders.simulation.outside.life import background
from builders.simulation.outside.people import drawn_people
from builders.simulation.outside.posts import drawn_posts
from builders.simulation.outside.rings import plant_rings
from builders.simulation.outside.spec import OutsideSpec
from builders.simulation.outside.stage import ACTIONS, Stage
from builders.simulation.population import Longs
from builders.simulation.stage import Planters, plant_look_alikes

LOOK_ALIKES: Planters[Stage] = {
    "fan-club": (crowds.fan_club, 3, 5),
    "flash-crowd": (crowds.flash_crowd, 2, 4),
    "news-burst": (crowds.news_burst, 1, 3),
    "classroom": (circles.classroom, 2, 3),
    "newsroom": (circles.newsroom, 1, 2),
    "niche": (circles.niche, 2, 4),
    "friends": (circles.friends, 2, 4),
    "meme": (crowds.meme, 2, 3),
    "newcomers": (crowds.newcomers, 1, 1),
}

_ONE_SECOND = 1.0


def write_outside(spec: OutsideSpec, out: Path) -> FlatWritten:
    """Write an outside world into the new folder `out`, whole or not at all.

    Raises:
        ConfigError: `out` exists and is not empty.
    """
    return write_world(lambda: outside_world(spec), out)


def outside_world(spec: OutsideSpec) -> FlatWorld:
    """Draw an outside world. The same spec gives the same rows."""
    rng = np.random.default_rng([spec.seed, 30])
    salt = int(rng.integers(1, 2**31))
    calendar = drawn_calendar(rng, spec)
    people = drawn_people(rng, spec)
    stage = Stage(
        rng=rng,
        scale=spec.scale,
        calendar=calendar,
        people=people,
        posts=drawn_posts(rng, spec, people, calendar),
        language=drawn_language(rng, len(people.subject_shares)),
        action_shares=rng.dirichlet(np.array([120.0, 40.0, 20.0, 20.0])),
    )
    counts = background(stage, spec.interactions)
    plant_look_alikes(stage, LOOK_ALIKES)
    _label_super_users(stage, counts)
    plant_rings(stage)
    acts = _all(stage)
    labels = labels_of(stage.groups, acts.who, _accounts(stage, salt))
    return FlatWorld(interactions=_table(stage, acts, salt), labels=labels)


def _label_super_users(stage: Stage, counts: Longs) -> None:
    """The busiest hundredth of all people: nothing is planted, they are as they are."""
    busiest = np.argsort(-counts, kind="stable")[: stage.people.organic // 100]
    stage.label("super-users-1", "super-users", busiest)


def _all(stage: Stage) -> PlacedActs:
    """All acts in the order of their times; what would fall outside the span falls on its edge."""
    acts = all_of(stage.acts)
    acts = replace(acts, at=np.clip(acts.at, 0.0, stage.calendar.span - _ONE_SECOND))
    return acts.pick(np.argsort(acts.at, kind="stable"))


def _table(stage: Stage, acts: PlacedActs, salt: int) -> pa.Table:
    people = stage.people
    posts = ids.scramble(np.arange(stage.posts.count + stage.new_posts), bits=30, salt=salt)
    accounts = _accounts(stage, salt)
    named = [f"p{post}" for post in posts.tolist()]
    places = ids.addresses(np.arange(people.count + stage.new_places), salt=salt)
    where = np.where(acts.place == NONE, people.home[acts.who], acts.place)
    said = pa.concat_arrays([pa.nulls(1, pa.string()), *stage.said])
    return pa.table(
        {
            "account": accounts.take(pa.array(acts.who)),
            "action": pa.array(ACTIONS).take(pa.array(acts.action)),
            "object": pa.concat_arrays([accounts, pa.array(named)]).take(pa.array(acts.what)),
            "time": pa.array(since_1970(acts.at, stage.calendar.first_day)),
            "text": said.take(pa.array(acts.text + 1)),
            "address": places.take(pa.array(where)),
        }
    )


def _accounts(stage: Stage, salt: int) -> pa.StringArray:
    numbers = ids.scramble(np.arange(stage.people.count), bits=40, salt=salt)
    return ids.hexadecimals(numbers, width=10)
