"""A block's interactions as the tables that Hive would hold: one a kind of action."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation import ids, objects
from builders.simulation.organic import block_rng
from builders.simulation.population import TOPICS
from builders.simulation.rows import COMMENT, FOLLOW, LIKE, LOGIN, NONE, SHARE, Rows
from builders.simulation.texts import comments
from builders.simulation.world import Block, World

_CARRIER_USE = 0.6  # of the log-ins of those who have one
_SECOND_DEVICE_USE = 0.15


def block_tables(world: World, block: Block, rows: Rows) -> dict[str, pa.Table]:
    """Table name to rows, in time order. Times are ms since 1970 UTC but in `comments`: seconds."""
    return {
        name: pa.table(make(world, block, rows.of(action)))
        for name, (action, make) in _TABLES.items()
    }


def _likes(world: World, block: Block, rows: Rows) -> Mapping[str, pa.Array]:
    return {
        "user_id": _accounts(world, rows.account),
        "post_id": world.post_ids.take(pa.array(rows.object)),
        "author_id": _accounts(world, world.post_owner[rows.object]),
        "liked_at": _milliseconds(world, rows),
    }


def _shares(world: World, block: Block, rows: Rows) -> Mapping[str, pa.Array]:
    return {
        "user_id": _accounts(world, rows.account),
        "share_id": _own_posts(block, rows, SHARE),
        "url": world.links.take(pa.array(rows.object)),
        "shared_at": _milliseconds(world, rows),
    }


def _comments(world: World, block: Block, rows: Rows) -> Mapping[str, pa.Array]:
    author = _accounts(world, world.post_owner[rows.object])
    return {
        "user_id": _accounts(world, rows.account),
        "comment_id": _own_posts(block, rows, COMMENT),
        "post_id": world.post_ids.take(pa.array(rows.object)),
        "author_id": author,
        "body": _bodies(world, block, rows, author),
        "written_at": pa.array((rows.at + world.spec.start_ms) // 1000),
    }


def _follows(world: World, block: Block, rows: Rows) -> Mapping[str, pa.Array]:
    return {
        "follower_id": _accounts(world, rows.account),
        "followee_id": _accounts(world, rows.object),
        "followed_at": _milliseconds(world, rows),
    }


def _logins(world: World, block: Block, rows: Rows) -> Mapping[str, pa.Array]:
    rng = block_rng(world, block, 2)
    count = world.population.count
    own, home = world.device[rows.account], world.home_address[rows.account]
    # Devices and addresses past the population's are planted: whoever has one uses no other.
    second = (rng.random(len(rows)) < _SECOND_DEVICE_USE) & (own < count)
    device = np.where(second, rows.account + count, own)
    device = np.where(rows.object != NONE, rows.object, device)
    carrier = world.carrier_address[rows.account]
    roams = (carrier != NONE) & (rng.random(len(rows)) < _CARRIER_USE)
    address = np.where(roams, carrier + count, home)
    address = np.where(rows.aux != NONE, rows.aux, address)
    unknown = (rng.random(len(rows)) < 0.02) & (own < count)
    devices = objects.device_ids(device, salt=world.salt)
    return {
        "user_id": _accounts(world, rows.account),
        "device_id": pc.if_else(pa.array(unknown), pa.scalar(None, pa.string()), devices),
        "ip": ids.addresses(address, salt=world.salt),
        "logged_in_at": _milliseconds(world, rows),
    }


def _bodies(world: World, block: Block, rows: Rows, author: pa.Array) -> pa.Array:
    post_topic = np.searchsorted(world.posts.topic_ends, rows.object, side="right")
    topic = np.where(post_topic < TOPICS, post_topic, world.population.home_topic[rows.account])
    bodies = comments(world.stock, block_rng(world, block, 1), topic, author)
    planted = np.flatnonzero(rows.aux != NONE)
    if len(planted) == 0:
        return bodies
    place = np.arange(len(rows))
    place[planted] = len(rows) + np.arange(len(planted))
    return pa.concat_arrays([bodies, world.texts.take(pa.array(rows.aux[planted]))]).take(
        pa.array(place)
    )


def _own_posts(block: Block, rows: Rows, action: int) -> pa.Array:
    """Numbers past 2**53 for the posts that the actions made, each given once."""
    number = (np.int64(block.number) * 8 + action << 22) + np.arange(len(rows))
    return pa.array((ids.scramble(number, bits=60, salt=7) + np.uint64(1 << 60)).astype(np.int64))


def _accounts(world: World, numbers: npt.NDArray[np.int32]) -> pa.Array:
    return world.population.ids.take(pa.array(numbers))


def _milliseconds(world: World, rows: Rows) -> pa.Array:
    return pa.array(rows.at + world.spec.start_ms)


_TABLES: dict[str, tuple[int, Callable[[World, Block, Rows], Mapping[str, pa.Array]]]] = {
    "likes": (LIKE, _likes),
    "shares": (SHARE, _shares),
    "comments": (COMMENT, _comments),
    "follows": (FOLLOW, _follows),
    "logins": (LOGIN, _logins),
}

TABLES: tuple[str, ...] = tuple(_TABLES)
