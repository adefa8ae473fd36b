"""A platform with everything planted, ready to be drawn block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from builders.simulation import objects, population
from builders.simulation.clock import day_factors, zone_hours
from builders.simulation.held_out import plant_campaigns, plant_crowds
from builders.simulation.lookalikes import plant_lookalikes
from builders.simulation.neighbours import Neighbours, settle
from builders.simulation.objects import Posts
from builders.simulation.planting import Bed, lookalike_table, open_bed, ring_table
from builders.simulation.population import Floats, Ints, Longs, Population
from builders.simulation.rings import plant_rings
from builders.simulation.rows import Rows
from builders.simulation.spec import DAY_MS, HOUR_MS, SimulationSpec
from builders.simulation.texts import Phrases, phrases
from graph.errors import ConfigError

_MOST_PLANTED = 0.6


@dataclass(frozen=True, slots=True)
class Block:
    """Some hours of one day, which are drawn and written at once.

    `begin_ms` and `end_ms` are from the start; `rows` is how many organic interactions it has.
    """

    number: int
    day: int
    part: int
    begin_ms: int
    end_ms: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that a block needs besides its own seed; nothing here is changed any more.

    `rate_ends` is the running sum of the accounts' activity, `post_ids` and `post_owner` cover
    organic and planted posts, `texts` the planted texts, `planted` the planted rows in time order.
    With held-out families `neighbours` says who lives near whom.
    """

    spec: SimulationSpec
    salt: int
    population: Population
    posts: Posts
    stock: Phrases
    rate_ends: Floats
    fame_ends: Floats
    zone_hours: Floats
    device: Ints
    home_address: Ints
    carrier_address: Ints
    model: Ints
    post_ids: pa.StringArray
    post_owner: Ints
    links: pa.StringArray
    texts: pa.Array
    planted: Rows
    blocks: tuple[Block, ...]
    accounts: pa.Table
    rings: pa.Table
    lookalikes: pa.Table
    neighbours: Neighbours | None


def make_world(spec: SimulationSpec) -> World:
    """Draw accounts and posts, plant rings and look-alikes, and share the rest out over blocks.

    Raises:
        ConfigError: the planted groups want more accounts or interactions than there are.
    """
    salt = int(np.random.default_rng([spec.seed, 0]).integers(1, 2**31))
    people = population.populate(spec, salt)
    posts = objects.publish(spec, people)
    stock = phrases(spec.seed)
    bed = open_bed(spec, people, posts, stock)
    plant_rings(bed)
    if spec.held_out:
        plant_campaigns(bed)
    plant_lookalikes(bed)
    if spec.held_out:
        plant_crowds(bed)
    return _closed(bed, salt)


def _closed(bed: Bed, salt: int) -> World:
    planted = bed.planted()
    _refuse_too_many(bed.spec, len(planted))
    post_owner = np.concatenate([bed.posts.owner, *bed.post_owners]).astype(np.int32)
    pages = np.concatenate([*bed.pages, np.empty(0, dtype=np.int64)])
    rate_ends = np.cumsum(bed.expected)
    zone_weights = _zone_weights(rate_ends, bed.population.zone_ends)
    return World(
        spec=bed.spec,
        salt=salt,
        population=bed.population,
        posts=bed.posts,
        stock=bed.stock,
        rate_ends=rate_ends,
        fame_ends=np.cumsum(bed.population.fame),
        zone_hours=zone_hours() * zone_weights[:, None],
        device=bed.device,
        home_address=bed.home_address,
        carrier_address=bed.carrier_address,
        model=bed.model,
        post_ids=objects.post_ids(len(post_owner), salt=salt),
        post_owner=post_owner,
        links=objects.link_addresses(bed.links, salt=salt),
        texts=pa.array(bed.texts, pa.string()),
        planted=planted,
        blocks=_blocks(bed.spec, zone_weights, bed.spec.interactions - len(planted)),
        accounts=population.account_table(bed.population, bed.created_at, pages, bed.spec),
        rings=ring_table(bed),
        lookalikes=lookalike_table(bed),
        neighbours=settle(bed.spec, bed.population) if bed.spec.held_out else None,
    )


def _refuse_too_many(spec: SimulationSpec, planted: int) -> None:
    if planted > _MOST_PLANTED * spec.interactions:
        message = (
            f"rings and look-alikes make {planted} of {spec.interactions} interactions;"
            " simulate more interactions or plant fewer"
        )
        raise ConfigError(message)


def _zone_weights(rate_ends: Floats, zone_ends: Longs) -> Floats:
    ends = np.where(zone_ends > 0, rate_ends[np.maximum(zone_ends - 1, 0)], 0.0)
    weights: Floats = np.diff(ends, prepend=0.0) / rate_ends[-1]
    return weights


def _blocks(spec: SimulationSpec, zone_weights: Floats, rows: int) -> tuple[Block, ...]:
    """Share the organic rows out over equal stretches of hours, following day and hour."""
    hours = day_factors(spec)[:, None] * (zone_weights @ zone_hours())[None, :]
    share = hours / hours.sum()
    for parts in (1, 2, 3, 4, 6, 8, 12, 24):
        by_part = share.reshape(spec.days, parts, -1).sum(axis=2).ravel()
        counts = _rounded(by_part, rows)
        if counts.max() <= spec.rows_per_block:
            break
    hours_each = 24 // parts
    return tuple(
        Block(
            number=number,
            day=number // parts,
            part=number % parts,
            begin_ms=(number // parts) * DAY_MS + (number % parts) * hours_each * HOUR_MS,
            end_ms=(number // parts) * DAY_MS + (number % parts + 1) * hours_each * HOUR_MS,
            rows=int(count),
        )
        for number, count in enumerate(counts)
    )


def _rounded(shares: Floats, total: int) -> npt.NDArray[np.int64]:
    """Whole numbers that follow the shares and add up to `total` exactly."""
    ends = np.round(np.cumsum(shares / shares.sum()) * total).astype(np.int64)
    ends[-1] = total
    return np.diff(ends, prepend=0)
