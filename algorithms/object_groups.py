"""Objects by interest: the topic that the extract gives, or groups learned from who acts on what.

People who care for one topic meet on its objects without knowing of one another; a null model that
knows the groups does not call that coordination (`graph.engines.kernels.interest`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp
from scipy.sparse.linalg import svds

from graph.schema import Column, Schema
from graph.table import Table

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

OBJECT_GROUPS = Schema(
    "object_groups",
    (
        Column("object_kind", "VARCHAR", "what kind of thing the object is"),
        Column("object", "VARCHAR", "an object"),
        Column("group_number", "BIGINT", "its group of interest, from 0"),
    ),
    key=("object_kind", "object"),
)

_CORE = Schema("core_groups", OBJECT_GROUPS.columns, key=("object_kind", "object"))

_SEEN = """
with met as (select distinct account, object_kind, object from {interactions}),
known as (
    select object_kind, object, row_number() over (
        order by count(*) desc, object_kind, object) - 1 as place
    from met group by object_kind, object having count(*) >= $accounts
),
kept as (
    select m.account, k.place as object
    from met m join known k on k.object_kind = m.object_kind and k.object = m.object
    where k.place < $objects
),
people as (
    select account, row_number() over (order by count(*) desc, account) - 1 as place
    from kept group by account having count(*) >= 2
)
select p.place as account, k.object from kept k join people p on p.account = k.account
where p.place < $people
order by p.place, k.object
"""

_NAMES = """
select object_kind, object from (
    select object_kind, object, row_number() over (
        order by count(distinct account) desc, object_kind, object) - 1 as place
    from {interactions} group by object_kind, object having count(distinct account) >= $accounts
) where place < $objects
order by place
"""

_EVERY_OBJECT = """
with met as (select distinct account, object_kind, object from {interactions}),
mix as (
    select m.account, c.group_number,
           count(*) * 1.0 / sum(count(*)) over (partition by m.account) as share
    from met m join {core} c on c.object_kind = m.object_kind and c.object = m.object
    group by m.account, c.group_number
),
votes as (
    select m.object_kind, m.object, x.group_number,
           sum(cast(round(x.share * 1000000) as bigint)) as weight
    from met m join mix x on x.account = m.account
    left join {core} c on c.object_kind = m.object_kind and c.object = m.object
    where c.object is null
    group by m.object_kind, m.object, x.group_number
),
ranked as (
    select *, row_number() over (
        partition by object_kind, object order by weight desc, group_number) as place
    from votes
)
select object_kind, object, group_number from {core}
union all
select object_kind, object, group_number from ranked where place = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How object groups are learned, and how much of the extract is looked at for it."""

    groups: int = 12
    """Groups; far fewer than objects, so that each is far larger than any ring."""
    dimensions: int = 12
    """Singular vectors, the first of which (how active, how popular) is dropped."""
    least_accounts: int = 20
    """Objects of fewer accounts take the group of those who act on them."""
    most_objects: int = 5_000
    """The objects of most accounts are looked at."""
    most_accounts: int = 50_000
    """The accounts that act on most of those objects are looked at."""
    least_share: float = 0.03
    """Groups that are home to a smaller share of the accounts are none: a ring on objects of its
    own is dense enough to be one, and would explain itself away."""
    starts: int = 4
    """Divisions tried, of which the tightest is taken."""
    rounds: int = 50


DEFAULT_LEARNING = Learning()


def given_groups(carried: Table, attribute: str) -> Table:
    """Each object's group (`OBJECT_GROUPS`): the value of `attribute` it has most often.

    Objects without a value are left out. Groups are numbered in the order of their values.

    Args:
        carried: interactions with their attributes.
        attribute: the name of one of them.
    """
    column = '"' + attribute.replace('"', '""') + '"'
    return carried.engine.sql(
        f"""
        with votes as (
            select i.object_kind, i.object, i.{column} as topic, count(*) as acts
            from {{carried}} i where i.{column} is not null
            group by i.object_kind, i.object, i.{column}
        ),
        best as (
            select *, row_number() over (
                partition by object_kind, object order by acts desc, topic) as place
            from votes
        )
        select object_kind, object, dense_rank() over (order by topic) - 1 as group_number
        from best where place = 1
        """,
        OBJECT_GROUPS,
        carried=carried,
    )


def learned_groups(
    interactions: Table, *, seed: int, learning: Learning = DEFAULT_LEARNING
) -> Table | None:
    """Each object's group (`OBJECT_GROUPS`), learned from which accounts act on what.

    Truncated singular vectors of the degree-normalised table of accounts and objects put objects
    of one audience side by side; k-means divides them. Objects of few accounts take the group that
    weighs most in the mixes of those who act on them: by vectors of their own a ring's objects
    would form one group, which would explain the ring away. Objects whose accounts act on nothing
    else are left out.

    Returns:
        None where there are too few objects or accounts to learn from.

    Source: Dhillon, Co-clustering documents and words using bipartite spectral graph partitioning
        (KDD 2001).
    """
    engine = interactions.engine
    bounds = {"accounts": learning.least_accounts, "objects": learning.most_objects}
    seen = engine.query(
        _SEEN, {**bounds, "people": learning.most_accounts}, interactions=interactions
    )
    names = engine.query(_NAMES, bounds, interactions=interactions)
    account, object_ = (seen[name].to_numpy().astype(np.int64) for name in ("account", "object"))
    if min(names.num_rows, len(np.unique(account))) <= 2 * max(
        learning.groups, learning.dimensions
    ):
        return None
    group = co_clustered(account, object_, objects=names.num_rows, seed=seed, learning=learning)
    group = without_small(account, object_, group, least_share=learning.least_share)
    rows = names.append_column("group_number", pa.array(group)).cast(_CORE.arrow)
    rows = rows.filter(pa.array(group >= 0))
    core = engine.from_arrow(rows, _CORE)
    found = engine.sql(_EVERY_OBJECT, OBJECT_GROUPS, interactions=interactions, core=core)
    engine.drop(core)
    return found


def co_clustered(
    account: Ints, object_: Ints, *, objects: int, seed: int, learning: Learning
) -> Ints:
    """The group of each object, from distinct (account, object) in a given order."""
    rng = np.random.default_rng(seed)
    people = int(account.max()) + 1
    rows = 1.0 / np.sqrt(np.bincount(account, minlength=people).clip(1))
    columns = 1.0 / np.sqrt(np.bincount(object_, minlength=objects).clip(1))
    matrix = sp.csr_matrix(
        (rows[account] * columns[object_], (account, object_)), shape=(people, objects)
    )
    begin = rng.random(min(matrix.shape))
    _, values, vectors = svds(matrix, k=learning.dimensions, v0=begin, random_state=0)
    # The first vector is how popular an object is, and no interest.
    order = np.argsort(-values, kind="stable")[1:]
    points = vectors[order].T * values[order]
    points /= np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)
    # The last digits depend on how many cores add up.
    return nearest_centres(np.round(points, 9), learning, rng)


def without_small(account: Ints, object_: Ints, group: Ints, *, least_share: float) -> Ints:
    """The groups of objects, numbered anew; -1 for those that are home to few accounts.

    An account is at home in the group of most of its objects, of equals the first.
    """
    groups = int(group.max()) + 1
    people = int(account.max()) + 1
    counts = np.bincount(account * groups + group[object_], minlength=people * groups)
    homes = np.bincount(counts.reshape(people, groups).argmax(axis=1), minlength=groups)
    large = homes >= least_share * people
    found: Ints = np.where(large[group], np.cumsum(large)[group] - 1, -1).astype(np.int64)
    return found


def nearest_centres(points: Floats, learning: Learning, rng: np.random.Generator) -> Ints:
    """k-means with k-means++ starts; the tightest of them, the earliest among equals."""
    best, least = np.zeros(len(points), dtype=np.int64), np.inf
    for _ in range(learning.starts):
        centres = _spread(points, learning.groups, rng)
        for _ in range(learning.rounds):
            near = _distances(points, centres).argmin(axis=1)
            moved = centres.copy()
            for number in range(len(centres)):
                own = points[near == number]
                if len(own):
                    moved[number] = own.mean(axis=0)
            if np.abs(moved - centres).max() < 1e-9:
                break
            centres = moved
        apart = _distances(points, centres)
        cost = round(float(apart.min(axis=1).sum()), 6)
        if cost < least:
            best, least = apart.argmin(axis=1).astype(np.int64), cost
    return best


def _spread(points: Floats, number: int, rng: np.random.Generator) -> Floats:
    """Centres far from one another, drawn by squared distance (k-means++)."""
    chosen = [points[int(rng.integers(len(points)))]]
    for _ in range(number - 1):
        apart = _distances(points, np.array(chosen)).min(axis=1)
        sums = np.cumsum(apart)
        place = int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))
        chosen.append(points[min(place, len(points) - 1)])
    return np.array(chosen)


def _distances(points: Floats, centres: Floats) -> Floats:
    """Squared distances of points (rows) to centres (columns)."""
    squares = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)[None, :]
    found: Floats = np.maximum(squares - 2.0 * points @ centres.T, 0.0)
    return found
