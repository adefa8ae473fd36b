"""What people do by themselves: sessions in their waking hours, on what is fresh and popular."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from builders.simulation.drawing import located
from builders.simulation.neighbours import NEAR_SHARE
from builders.simulation.objects import POSTS_PER_LINK, Posts
from builders.simulation.population import LOYALTY, TOPICS, Bools, Floats, Ints, Longs
from builders.simulation.rows import COMMENT, FOLLOW, LIKE, LOGIN, NONE, SHARE, Rows
from builders.simulation.spec import HOUR_MS, MINUTE_MS
from builders.simulation.world import Block, World

Rng = np.random.Generator

_SESSION_ROWS = 4.0
_SESSION_MOST = 60
_GAP_MS = 35_000.0
_LOGIN_SHARE = 0.4  # of sessions
_SHARE_END, _COMMENT_END, _FOLLOW_END = 36, 79, 97  # of 256; the rest are likes
_SLICE_MS = 20 * MINUTE_MS
_REACTION_MS = 3.0 * MINUTE_MS
_FOLLOWED_BACK = 0.25
_SEQUENCE_BITS = 22  # a block has fewer rows than 2**22


def draw_block(world: World, block: Block) -> Rows:
    """Every interaction of a block, organic and planted, in time order.

    A block depends on the world and its own number alone, so blocks may be drawn in any order.
    """
    organic = _organic(world, block)
    first, last = np.searchsorted(world.planted.at, [block.begin_ms, block.end_ms])
    return organic.merged(world.planted.pick(slice(int(first), int(last))))


def block_rng(world: World, block: Block, purpose: int) -> Rng:
    """The random numbers of one block for one purpose."""
    seed = np.random.SeedSequence([world.spec.seed, 9, purpose, block.number])
    return np.random.Generator(np.random.SFC64(seed))


def _organic(world: World, block: Block) -> Rows:
    rng = block_rng(world, block, 0)
    if block.rows == 0:
        return world.planted.pick(slice(0, 0))
    account, at, opens = _sessions(world, block, rng)
    action = _actions(rng, opens)
    topic = _topics(world, rng, account)
    post = _posts_seen(world.posts, block, rng, at, topic)
    _prefer_the_newest(world, rng, account, at, topic, post)
    _copy_models(world, account, post)
    _comment_in_place_of_a_second_like(action, account, post, world.posts.count)
    object_ = _objects(action, post)
    _follow(world, rng, action, account, object_)
    return Rows(account, at, action, object_, np.full(len(at), NONE, dtype=np.int32))


def _sessions(world: World, block: Block, rng: Rng) -> tuple[Ints, Longs, Bools]:
    """Account, time and whether the row opens a session; sorted by time."""
    count = int(block.rows / _SESSION_ROWS * 1.1) + 64
    length = np.minimum(rng.geometric(1.0 / _SESSION_ROWS, count), _SESSION_MOST)
    while length.sum() < block.rows:
        length = np.append(length, rng.geometric(1.0 / _SESSION_ROWS, count))
    count = int(np.searchsorted(np.cumsum(length), block.rows)) + 1
    length = length[:count]
    begin, account = _openings(world, block, rng, count)
    session = np.repeat(np.arange(count, dtype=np.int32), length)[: block.rows]
    first = np.cumsum(length) - length
    elapsed = np.cumsum(rng.standard_exponential(block.rows, dtype=np.float32), dtype=np.float64)
    at = begin[session] + (_GAP_MS * (elapsed - elapsed[first][session])).astype(np.int64)
    span = block.end_ms - block.begin_ms
    # A session over the block's end is folded back, so that each block keeps its own rows.
    at = np.clip(np.where(at >= span, 2 * span - 1 - at, at), 0, span - 1)
    key = np.sort(at << _SEQUENCE_BITS | np.arange(block.rows))
    order = key & ((1 << _SEQUENCE_BITS) - 1)
    opens = np.zeros(block.rows, dtype=bool)
    opens[first] = True
    return account[session[order]], (key >> _SEQUENCE_BITS) + block.begin_ms, opens[order]


def _openings(world: World, block: Block, rng: Rng, count: int) -> tuple[Longs, Ints]:
    """When sessions begin (ms from the block's begin) and whose they are."""
    first_hour = block.begin_ms // HOUR_MS % 24
    hours = (block.end_ms - block.begin_ms) // HOUR_MS
    cells = world.zone_hours[:, first_hour : first_hour + hours]
    ends = np.cumsum(cells.ravel())
    cell = np.minimum(np.searchsorted(ends, rng.random(count) * ends[-1]), ends.size - 1)
    zone, hour = np.divmod(cell, hours)
    begin = hour * HOUR_MS + (rng.random(count) * HOUR_MS).astype(np.int64)
    zone_ends = world.population.zone_ends
    rate = np.concatenate([[0.0], world.rate_ends])
    low, high = rate[np.concatenate([[0], zone_ends[:-1]])], rate[zone_ends]
    drawn = low[zone] + rng.random(count) * (high - low)[zone]
    return begin, located(world.rate_ends, drawn).astype(np.int32)


def _actions(rng: Rng, opens: Bools) -> npt.NDArray[np.int8]:
    drawn = rng.integers(0, 256, len(opens), dtype=np.uint8)
    action = np.full(len(opens), LIKE, dtype=np.int8)
    action[drawn < _FOLLOW_END] = FOLLOW
    action[drawn < _COMMENT_END] = COMMENT
    action[drawn < _SHARE_END] = SHARE
    first = np.flatnonzero(opens)
    action[first[rng.random(len(first)) < _LOGIN_SHARE]] = LOGIN
    return action


def _topics(world: World, rng: Rng, account: Ints) -> npt.NDArray[np.int8]:
    """The home topic for most rows, any topic for the rest."""
    drawn = rng.random(len(account), dtype=np.float32)
    # What is left of the draw beyond the loyal share picks the other topic.
    other = np.minimum((drawn - LOYALTY) * (TOPICS / (1.0 - LOYALTY)), TOPICS - 1)
    topic = np.where(drawn < LOYALTY, world.population.home_topic[account], other)
    return topic.astype(np.int8)


def _posts_seen(
    posts: Posts, block: Block, rng: Rng, at: Longs, topic: npt.NDArray[np.int8]
) -> Ints:
    """A post for each row, in proportion to appeal and to the attention that is left of it.

    Every twenty minutes the posts of each topic are weighed anew, those born since among them.
    """
    near = _alive(posts, block)
    born = posts.born_at[near]
    fade = np.exp(-_SLICE_MS / posts.life_ms[near])
    weight = posts.appeal[near] * np.exp((born - block.begin_ms) / posts.life_ms[near])
    topic_end = np.searchsorted(near, posts.topic_ends)
    topic_begin = np.concatenate([[0], topic_end[:-1]])
    seen = np.empty(len(at), dtype=np.int32)
    moments = np.arange(block.begin_ms, block.end_ms, _SLICE_MS)
    borders = np.searchsorted(at, np.append(moments, block.end_ms))
    luck = rng.random(len(at))
    for moment, low, high in zip(moments, borders[:-1], borders[1:], strict=True):
        ends = np.cumsum(np.where(born <= moment, weight, 0.0))
        weight *= fade
        seen[low:high] = near[_drawn(ends, topic_begin, topic_end, luck[low:high], topic[low:high])]
    return seen


def _alive(posts: Posts, block: Block) -> Longs:
    """Posts that may still be looked at in a block: less than six lives old."""
    ends = posts.born_at + 6.0 * posts.life_ms
    return np.flatnonzero((posts.born_at < block.end_ms) & (ends > block.begin_ms))


def _drawn(
    ends: Floats, begin: Longs, end: Longs, luck: Floats, topic: npt.NDArray[np.int8]
) -> Longs:
    padded = np.concatenate([[0.0], ends])
    low, high = padded[begin], padded[end]
    return np.minimum(located(ends, low[topic] + luck * (high - low)[topic]), end[topic] - 1)


def _prefer_the_newest(
    world: World, rng: Rng, account: Ints, at: Longs, topic: npt.NDArray[np.int8], post: Ints
) -> None:
    """Fast reactors take the post that was newest in its topic some minutes ago."""
    row = np.flatnonzero(world.population.fast[account])
    moment = at[row] - (rng.standard_exponential(len(row)) * _REACTION_MS).astype(np.int64)
    ends = world.posts.topic_ends
    for number, (first, last) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        mine = np.flatnonzero(topic[row] == number)
        newest = np.searchsorted(world.posts.born_at[first:last], moment[mine], side="right") - 1
        post[row[mine]] = first + np.maximum(newest, 0)


def _copy_models(world: World, account: Ints, post: Ints) -> None:
    """Accounts that hide behind a copied history take what their model saw last before them."""
    row = np.flatnonzero(world.model[account] != NONE)
    model = world.model[account[row]]
    of_model = np.flatnonzero(np.isin(account, np.unique(model)))
    if len(of_model) == 0:
        return
    # Rows are in time order, so an account's number with a row's number sorts by account and time.
    key = account[of_model].astype(np.int64) * len(account) + of_model
    order = np.argsort(key)
    key = key[order]
    last = np.searchsorted(key, model.astype(np.int64) * len(account) + row) - 1
    found = (last >= 0) & (account[of_model[order[np.maximum(last, 0)]]] == model)
    post[row[found]] = post[of_model[order[last[found]]]]


def _comment_in_place_of_a_second_like(
    action: npt.NDArray[np.int8], account: Ints, post: Ints, posts: int
) -> None:
    """Nobody likes one post twice: within a block the second like becomes a comment."""
    row = np.flatnonzero(action == LIKE)
    pair = account[row].astype(np.uint64) * np.uint64(posts) + post[row].astype(np.uint64)
    # 42 mixed bits beside the sequence: two pairs in one are rare, and cost only a like.
    mixed = pair * np.uint64(0x9E3779B97F4A7C15) & ~np.uint64((1 << _SEQUENCE_BITS) - 1)
    key = np.sort(mixed | np.arange(len(row), dtype=np.uint64))
    again = (key[1:] ^ key[:-1]) < np.uint64(1 << _SEQUENCE_BITS)
    later = (key[1:][again] & np.uint64((1 << _SEQUENCE_BITS) - 1)).astype(np.int64)
    action[row[later]] = COMMENT


def _objects(action: npt.NDArray[np.int8], post: Ints) -> Ints:
    object_ = np.where(action == SHARE, post // POSTS_PER_LINK, post)
    object_[action == LOGIN] = NONE
    return object_


def _follow(
    world: World, rng: Rng, action: npt.NDArray[np.int8], account: Ints, object_: Ints
) -> None:
    """The famous are followed more, neighbours too; some follows are returned hours later."""
    row = np.flatnonzero(action == FOLLOW)
    ends = world.fame_ends
    followed = located(ends, rng.random(len(row)) * ends[-1])
    followed = np.where(followed == account[row], (followed + 1) % world.population.count, followed)
    if world.neighbours is not None:
        near = rng.random(len(row)) < NEAR_SHARE
        followed[near] = world.neighbours.near(rng, account[row[near]])
    object_[row] = followed
    half = len(row) // 2
    earlier, later = row[:half], row[len(row) - half :]
    active = np.diff(world.rate_ends, prepend=0.0)[followed[:half]] > 0.0
    back = active & (rng.random(half) < _FOLLOWED_BACK)
    follower = account[earlier[back]]
    account[later[back]] = object_[earlier[back]]
    object_[later[back]] = follower
