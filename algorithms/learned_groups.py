"""Groups of objects by interest, learned from who acts on what where no topic is given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from algorithms.co_clustering import Dividing, co_clustered, without_small
from algorithms.object_groups import OBJECT_GROUPS
from graph.schema import Column, Schema
from graph.table import Table

Ints = npt.NDArray[np.int64]

_KIND, _OBJECT, _ = OBJECT_GROUPS.columns
_ACCOUNT = Column("account", "VARCHAR", "the account's id")
_PLACE = Column("place", "BIGINT", "0, 1, 2 ... in the order in which they are looked at")

_CORE = Schema("core_groups", OBJECT_GROUPS.columns, key=("object_kind", "object"))
_KNOWN = Schema(
    "known_objects",
    (_KIND, _OBJECT, Column("accounts", "BIGINT", "accounts that act on it")),
    key=("object_kind", "object"),
)
_CHOSEN = Schema("chosen_objects", (_KIND, _OBJECT, _PLACE), key=("place",))
_MET = Schema(
    "met_objects",
    (_ACCOUNT, Column("object", "BIGINT", "the place of an object that it acts on")),
    key=("account", "object"),
)
_ABLE = Schema(
    "able_accounts",
    (_ACCOUNT, Column("objects", "BIGINT", "chosen objects that it acts on")),
    key=("account",),
)
_PEOPLE = Schema("chosen_accounts", (_ACCOUNT, _PLACE), key=("place",))

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


_DIVIDING = Dividing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """How object groups are learned, and how much of the extract is looked at for it."""

    dividing: Dividing = _DIVIDING
    """How what is looked at is divided."""
    least_accounts: int = 20
    """Objects of fewer accounts take the group of those who act on them."""
    most_objects: int = 5_000
    """The objects of most accounts are looked at."""
    most_accounts: int = 50_000
    """The accounts that act on most of those objects are looked at."""
    most_pairs: int = 10_000_000
    """And no more of them than act on so many objects together: what is looked at is held in one
    process, on Spark by the driver."""
    least_share: float = 0.03
    """Groups that are home to a smaller share of the accounts are none: a ring on objects of its
    own is dense enough to be one, and would explain itself away."""


DEFAULT_LEARNING = Learning()


@dataclass(frozen=True, slots=True)
class Learned:
    """Groups that were learned, and how much of the extract was looked at for it."""

    groups: Table | None
    """Each object's group (`OBJECT_GROUPS`); None where there is too little to learn from."""
    number: int
    """How many groups."""
    objects: int
    """Objects that were looked at; the others take the group of those who act on them."""
    objects_left: int
    """Objects of as many accounts that a bound left out of the look."""
    accounts: int
    """Accounts that were looked at."""
    accounts_left: int
    """Accounts that act on two or more of the objects and that a bound left out of the look."""

    def facts(self) -> dict[str, float | int | str]:
        """Plain values, for a run's manifest."""
        return {
            "object groups learned": self.number,
            "objects looked at for groups": self.objects,
            "objects left out of that look": self.objects_left,
            "accounts looked at for groups": self.accounts,
            "accounts left out of that look": self.accounts_left,
        }


def learned_groups(
    interactions: Table, *, seed: int, learning: Learning = DEFAULT_LEARNING
) -> Learned:
    """Each object's group, learned from which accounts act on what.

    Truncated singular vectors of the degree-normalised table of accounts and objects put objects
    of one audience side by side; k-means divides them. Objects of few accounts take the group that
    weighs most in the mixes of those who act on them: by vectors of their own a ring's objects
    would form one group, which would explain the ring away. Objects whose accounts act on nothing
    else are left out.

    The engine chooses what is looked at, which `learning` bounds; only that is held here.

    Source: Dhillon, Co-clustering documents and words using bipartite spectral graph partitioning
        (KDD 2001).
    """
    engine = interactions.engine
    look = _looked_at(interactions, learning)
    least = 2 * max(learning.dividing.groups, learning.dividing.dimensions)
    if min(look.names.num_rows, look.people) <= least:
        return look.told(None, 0)
    group = co_clustered(
        look.account,
        look.object_,
        objects=look.names.num_rows,
        seed=seed,
        dividing=learning.dividing,
    )
    group = without_small(look.account, look.object_, group, least_share=learning.least_share)
    rows = look.names.append_column("group_number", pa.array(group)).cast(_CORE.arrow)
    core = engine.from_arrow(rows.filter(pa.array(group >= 0)), _CORE)
    found = engine.sql(_EVERY_OBJECT, OBJECT_GROUPS, interactions=interactions, core=core)
    engine.drop(core)
    return look.told(found, int(group.max()) + 1)


@dataclass(frozen=True, slots=True)
class _Look:
    """What groups are learned from: distinct (account, object), sorted, by their places."""

    names: pa.Table
    """`object_kind` and `object`, in order of their places."""
    account: Ints
    object_: Ints
    people: int
    objects_known: int
    people_able: int

    def told(self, groups: Table | None, number: int) -> Learned:
        return Learned(
            groups=groups,
            number=number,
            objects=self.names.num_rows,
            objects_left=self.objects_known - self.names.num_rows,
            accounts=self.people,
            accounts_left=self.people_able - self.people,
        )


def _looked_at(interactions: Table, learning: Learning) -> _Look:
    """The objects of most accounts, and the accounts that act on most of these."""
    engine = interactions.engine
    known = engine.sql(
        """
        select object_kind, object, count(distinct account) as accounts
        from {interactions} group by object_kind, object
        having count(distinct account) >= $accounts
        """,
        _KNOWN,
        {"accounts": learning.least_accounts},
        interactions=interactions,
    )
    names = engine.query(
        """
        select object_kind, object from {known}
        order by accounts desc, object_kind, object limit $objects
        """,
        {"objects": learning.most_objects},
        known=known,
    )
    chosen = engine.from_arrow(_placed(names, _CHOSEN), _CHOSEN)
    met = engine.sql(
        """
        select distinct i.account, c.place as object
        from {interactions} i
        join {chosen} c on c.object_kind = i.object_kind and c.object = i.object
        """,
        _MET,
        interactions=interactions,
        chosen=chosen,
    )
    able = engine.sql(
        """
        select account, count(*) as objects from {met} group by account having count(*) >= 2
        """,
        _ABLE,
        met=met,
    )
    ranked = engine.query(
        "select account, objects from {able} order by objects desc, account limit $people",
        {"people": learning.most_accounts},
        able=able,
    )
    pairs = np.cumsum(ranked["objects"].to_numpy().astype(np.int64))
    ranked = ranked.slice(0, int((pairs <= learning.most_pairs).sum()))
    people = engine.from_arrow(_placed(ranked.select(["account"]), _PEOPLE), _PEOPLE)
    seen = engine.query(
        """
        select p.place as account, m.object
        from {met} m join {people} p on p.account = m.account
        order by p.place, m.object
        """,
        met=met,
        people=people,
    )
    account, object_ = (seen[name].to_numpy().astype(np.int64) for name in ("account", "object"))
    look = _Look(
        names=names,
        account=account,
        object_=object_,
        people=ranked.num_rows,
        objects_known=known.count(),
        people_able=able.count(),
    )
    for done in (known, chosen, met, able, people):
        engine.drop(done)
    return look


def _placed(rows: pa.Table, schema: Schema) -> pa.Table:
    """The rows with their place, from 0."""
    return rows.append_column("place", pa.array(np.arange(rows.num_rows))).cast(schema.arrow)
