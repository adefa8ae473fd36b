"""A world as one table and a list of labels, as a third party's labelled extract would look."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from builders.simulation import campaigns, objects, texts
from builders.simulation.campaigns import Campaign
from builders.simulation.crowds import Crowd
from builders.simulation.flat_life import drawn_crowding, flat_population, flat_posts, organic_rows
from builders.simulation.held_out import CAMPAIGN_PLANTERS, CROWD_PLANTERS
from builders.simulation.moonlighters import moonlighters
from builders.simulation.new_folder import new_folder
from builders.simulation.planting import Bed, lookalike_table, open_bed, ring_table
from builders.simulation.population import TOPICS
from builders.simulation.publics import PUBLIC_PLANTERS
from builders.simulation.rows import ACTIONS, COMMENT, FOLLOW, LOGIN, NONE, SHARE, Rows, joined
from builders.simulation.spec import SimulationSpec
from graph.errors import ConfigError

INTERACTIONS_FILE = "interactions.parquet"
LABELS_FILE = "labels.parquet"

FLAT_CAMPAIGNS: tuple[str, ...] = (
    "link-spam",
    "like-farm",
    "slow-drip",
    "copied-comments",
    "follow-ring",
    "mutual-boost",
)
"""Kinds of ring of a flat world, two of each unless told otherwise: an easy and a hard one."""

_CAMPAIGNS: Mapping[str, Campaign] = {
    **CAMPAIGN_PLANTERS,
    "small-cell": campaigns.small_cell,
    "moonlighters": moonlighters,
}
_CROWDS: Mapping[str, Crowd] = {**CROWD_PLANTERS, **PUBLIC_PLANTERS}
_LEVELS = (("L0", "L1"), ("L2", "L3"))
_WITHOUT_A_PLACE = frozenset({"device-farm", "office", "siblings"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatSpec:
    """What a flat world is made of.

    `campaigns` and `crowds` say how many of each kind of ring and of look-alike are planted; by
    default two of each of `FLAT_CAMPAIGNS`, and `usual_crowds`. The kinds are the held-out ones
    that need no log-ins, and `small-cell`, `moonlighters` and `PUBLIC_PLANTERS`, of which no world
    has any unless asked for.

    `plenty` says how many times as many posts there are as usual: where there is more to look at
    people meet less by chance, and a group leads less outside.
    """

    interactions: int = 500_000
    days: int = 14
    seed: int = 1
    start: str = "2025-03-03"
    text: bool = True
    campaigns: Mapping[str, int] | None = None
    crowds: Mapping[str, int] | None = None
    plenty: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be made.

        Raises:
            ConfigError: a number is out of bounds, or a kind is unknown or needs log-ins.
        """
        self.platform()
        if not 0.1 <= self.plenty <= 20.0:
            message = f"`plenty` is from 0.1 to 20, not {self.plenty:g}"
            raise ConfigError(message)
        _refuse_unknown("campaigns", self.campaigns, _CAMPAIGNS)
        _refuse_unknown("crowds", self.crowds, _CROWDS)

    def platform(self) -> SimulationSpec:
        """The size, the days and the seed, as the planters want them."""
        return SimulationSpec(
            interactions=self.interactions, days=self.days, seed=self.seed, start=self.start
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatWorld:
    """`interactions`: account, action, object, time (ms since 1970 UTC) and, if asked, text.

    `labels`: account_id, group_id, is_ring, kind, level (null for look-alikes); accounts that are
    absent are ordinary. An account may be in several groups.
    """

    interactions: pa.Table
    labels: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatWritten:
    """What was written where, and in how many seconds."""

    interactions: Path
    labels: Path
    rows: int
    rings: int
    look_alikes: int
    seconds: float


def write_flat(spec: FlatSpec, out: Path) -> FlatWritten:
    """Write a flat world into the new folder `out`, whole or not at all.

    Raises:
        ConfigError: `out` exists and is not empty, or there is no room for what is planted.
    """
    return write_world(lambda: flat_world(spec), out)


def write_world(draw: Callable[[], FlatWorld], out: Path) -> FlatWritten:
    """Draw a world and write it into the new folder `out`, whole or not at all.

    Raises:
        ConfigError: `out` exists and is not empty, or what `draw` raises.
    """
    began = time.monotonic()
    with new_folder(out) as folder:
        world = draw()
        pq.write_table(world.interactions, folder / INTERACTIONS_FILE)
        pq.write_table(world.labels, folder / LABELS_FILE)
    groups = world.labels.group_by(["group_id", "is_ring"]).aggregate([])["is_ring"].to_pylist()
    return FlatWritten(
        interactions=out / INTERACTIONS_FILE,
        labels=out / LABELS_FILE,
        rows=len(world.interactions),
        rings=sum(groups),
        look_alikes=len(groups) - sum(groups),
        seconds=time.monotonic() - began,
    )


def flat_world(spec: FlatSpec) -> FlatWorld:
    """Draw a flat world. The same spec gives the same rows.

    Raises:
        ConfigError: the campaigns want more accounts or interactions than there are.
    """
    platform = spec.platform()
    rng = np.random.default_rng([spec.seed, 20])
    salt = int(rng.integers(1, 2**31))
    crowding = drawn_crowding(rng)
    people = flat_population(platform, crowding, salt)
    posts = flat_posts(platform, people, crowding, plenty=spec.plenty)
    bed = open_bed(platform, people, posts, texts.phrases(spec.seed))
    _plant(bed, spec)
    planted = bed.planted()
    planted = planted.pick(np.flatnonzero(planted.action != LOGIN))
    left = spec.interactions - len(planted)
    if left < 0.4 * spec.interactions:
        message = (
            f"rings and look-alikes make {len(planted)} of {spec.interactions} interactions;"
            " ask for more interactions or plant fewer"
        )
        raise ConfigError(message)
    rows = joined([planted, organic_rows(bed, crowding, left)])
    return FlatWorld(interactions=_table(bed, rows, spec, salt), labels=_labels(bed))


def usual_crowds(seed: int) -> dict[str, int]:
    """How many of each look-alike a flat world has unless told otherwise.

    Four to six fan clubs, one or two of them fast, and three flash crowds.
    """
    rng = np.random.default_rng([seed, 26])
    fast = int(rng.integers(1, 3))
    return {"fan-club": int(rng.integers(4, 7)) - fast, "fast-fan-club": fast, "flash-crowd": 3}


def _plant(bed: Bed, spec: FlatSpec) -> None:
    """Each group has a seed of its own, so that one more leaves the others as they are drawn."""
    asked = spec.campaigns if spec.campaigns is not None else dict.fromkeys(FLAT_CAMPAIGNS, 2)
    for place, (kind, campaign) in enumerate(_CAMPAIGNS.items()):
        for number in range(asked.get(kind, 0)):
            rng = np.random.default_rng([spec.seed, 24, place, number])
            level = _LEVELS[number % 2][int(rng.integers(0, 2))]
            campaign(bed, rng, f"{kind}-{number + 1}", level)
    wanted = spec.crowds if spec.crowds is not None else usual_crowds(spec.seed)
    for place, (kind, crowd) in enumerate(_CROWDS.items()):
        for number in range(wanted.get(kind, 0)):
            rng = np.random.default_rng([spec.seed, 25, place, number])
            crowd(bed, rng, f"{kind}-{number + 1}")


def _table(bed: Bed, rows: Rows, spec: FlatSpec, salt: int) -> pa.Table:
    columns = {
        "account": bed.population.ids.take(pa.array(rows.account)),
        "action": pa.array(ACTIONS).take(pa.array(rows.action)),
        "object": _objects(bed, rows, salt),
        "time": pa.array(rows.at + bed.spec.start_ms),
    }
    if spec.text:
        columns["text"] = _texts(bed, rows)
    return pa.table(columns)


def _objects(bed: Bed, rows: Rows, salt: int) -> pa.Array:
    """Posts and links by their ids; what is followed is an account."""
    count = bed.posts.count + bed.planted_posts
    links = objects.link_addresses(bed.links, salt=salt)
    all_ = pa.concat_arrays([bed.population.ids, objects.post_ids(count, salt=salt), links])
    people = bed.population.count
    place = rows.object.astype(np.int64)
    place = np.where(rows.action == FOLLOW, place, place + people)
    place = np.where(rows.action == SHARE, place + count, place)
    return all_.take(pa.array(place))


def _texts(bed: Bed, rows: Rows) -> pa.Array:
    """What comments say; null for all other acts."""
    said = np.flatnonzero(rows.action == COMMENT)
    post = rows.object[said]
    topic = np.searchsorted(bed.posts.topic_ends, post, side="right")
    topic = np.where(topic < TOPICS, topic, bed.population.home_topic[rows.account[said]])
    owners = np.concatenate([bed.posts.owner, *bed.post_owners]).astype(np.int64)
    rng = np.random.default_rng([bed.spec.seed, 27])
    bodies = texts.comments(bed.stock, rng, topic, bed.population.ids.take(pa.array(owners[post])))
    planted = pa.array(bed.texts, pa.string())
    all_ = pa.concat_arrays([pa.array([None], pa.string()), bodies, planted])
    place = np.zeros(len(rows), dtype=np.int64)
    place[said] = 1 + np.arange(len(said))
    copied = np.flatnonzero((rows.action == COMMENT) & (rows.aux != NONE))
    place[copied] = 1 + len(said) + rows.aux[copied]
    return all_.take(pa.array(place))


def _labels(bed: Bed) -> pa.Table:
    rings, crowds = ring_table(bed), lookalike_table(bed)
    return pa.table(
        {
            "account_id": pa.concat_arrays([*rings["account"].chunks, *crowds["account"].chunks]),
            "group_id": pa.concat_arrays([*rings["ring"].chunks, *crowds["group"].chunks]),
            "is_ring": pa.array([True] * len(rings) + [False] * len(crowds)),
            "kind": pa.concat_arrays([*rings["kind"].chunks, *crowds["kind"].chunks]),
            "level": pa.concat_arrays([*rings["level"].chunks, pa.nulls(len(crowds), pa.string())]),
        }
    )


def _refuse_unknown(
    name: str, given: Mapping[str, int] | None, known: Mapping[str, object]
) -> None:
    there = [kind for kind in known if kind not in _WITHOUT_A_PLACE]
    for kind, count in (given or {}).items():
        if kind not in there:
            message = f"`{name}` has no `{kind}`; there is {', '.join(f'`{k}`' for k in there)}"
            raise ConfigError(message)
        if not 0 <= count <= 100:
            message = f"`{name}.{kind}` is from 0 to 100, not {count}"
            raise ConfigError(message)
