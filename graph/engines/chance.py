"""The local way to fill in what chance would give each edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.coaction_reading import OWN_POST
from graph.engines.coaction_whole import Objects
from graph.engines.kernels.cells import MEETINGS, SIZES, meetings
from graph.engines.kernels.chance import Expectation, expectation
from graph.engines.kernels.interest import interest, with_interest
from graph.engines.kernels.strata import HOUR_MS, one_stratum, time_strata
from graph.engines.kernels.texts import TextCodes, by_name
from graph.schema import Column, Schema
from graph.schemas import EDGES, INTERACTIONS
from graph.table import Table

Ints = npt.NDArray[np.int64]

_NUMBERED = """
from {interactions} i
join (
    select account, row_number() over (order by account) - 1 as place
    from (select distinct account from {interactions})
) a using (account)
join (
    select action, object_kind, object,
           row_number() over (order by action, object_kind, object) - 1 as place
    from (select distinct action, object_kind, object from {interactions})
) o using (action, object_kind, object)
"""
_IN_ORDER = "order by o.place, i.acted_at, a.place"
_PLACES = "a.place as account, o.place as object, i.acted_at"

_GROUPED = """
select i.account, i.action, i.object_kind, i.object, i.acted_at,
       coalesce(g.group_number,
                (select coalesce(max(group_number), -1) + 1 from {groups})) as grp
from {interactions} i
left join {groups} g on g.object_kind = i.object_kind and g.object = i.object
"""
_ACTS = Schema(
    "acts",
    tuple(
        column
        for column in INTERACTIONS.columns
        if column.name in ("account", "action", "object_kind", "object", "acted_at")
    ),
    key=("account", "acted_at"),
)
_GROUPED_ACTS = Schema(
    "grouped_acts",
    (*_ACTS.columns, Column("grp", "BIGINT", "the object's group of interest")),
    key=_ACTS.key,
)

Then = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class _Coded:
    """Interactions as numbers, sorted by object and time; `ids[i]` is account `i`.

    Which object has which number means nothing. `names` and `rank` tell an account's number:
    `rank[names.encode(...)]`.
    """

    ids: pa.StringArray
    names: TextCodes
    rank: Ints
    account: Ints
    object_: Ints
    acted_at: Ints

    def numbers(self, names: pa.StringArray) -> Ints:
        """The numbers of accounts that act here."""
        known = self.names.known
        codes = self.names.encode(names)
        if self.names.known > known:
            message = "an edge has an account that has no interactions"
            raise ValueError(message)
        numbers: Ints = self.rank[codes].astype(np.int64)
        return numbers


@dataclass(frozen=True, slots=True)
class _Told:
    """Interactions as numbers, in one order, and the own post that each of a member's tells.

    `ids[i]` is account `i`; `post` is -1 where an act is one by itself.
    """

    ids: pa.StringArray
    account: Ints
    object_: Ints
    acted_at: Ints
    post: Ints


def expect_co_actions(
    edges: Table,
    interactions: Table,
    *,
    within_ms: int,
    least: int,
    timed: bool,
    then: Then,
    beside: Table | None = None,
    groups: Table | None = None,
    apart: Table | None = None,
) -> tuple[Table, Table | None, int]:
    """The edges with `expected` filled in, and how many pairs of interactions match in all.

    Between the two stand the pairs beside the edges with theirs, if any are given.

    Args:
        edges: `EDGES` built from these interactions with this window.
        interactions: `INTERACTIONS` that the builder could choose from.
        within_ms: the window; -1 for any time.
        least: interactions that a stretch of time needs to be a stratum of its own.
        timed: whether the hour explains co-action; False makes one stratum of all.
        then: what is done to each batch of filled edges; it can be pickled.
        beside: further `EDGES`, which are expected and no more.
        groups: `object_kind`, `object` and its `group_number`: what interest explains is expected
            too, where that is more. Objects without a group are one more group.
        apart: accounts (`account`) whose acts make no rate of the hours: what others do is
            expected of them.
    """
    coded = _coded(interactions)
    counted = None if apart is None else ~_is_in(coded, apart)
    strata = (
        time_strata(
            coded.acted_at,
            width_ms=max(HOUR_MS, within_ms),
            least=least,
            times=None if counted is None else counted.astype(np.int64),
        )
        if timed and within_ms >= 0
        else one_stratum(len(coded.acted_at))
    )
    model = expectation(
        coded.account,
        coded.object_,
        coded.acted_at,
        accounts=len(coded.ids),
        within_ms=within_ms,
        strata=strata,
        counted=counted,
    )
    interests = None
    if groups is not None:
        liked, group = _read_grouped(interactions, groups)
        interests = interest(
            liked.account,
            liked.object_,
            liked.acted_at,
            group,
            accounts=len(liked.ids),
            within_ms=within_ms,
            least=least,
        )
    fill = partial(_filled, model=model, interests=interests, coded=coded)
    hold = interactions.engine.from_batches
    filled = hold((then(batch) for batch in fill(edges)), EDGES)
    others = None if beside is None else hold(fill(beside), EDGES)
    return filled, others, model.matches


def cluster_meetings(
    members: Table, interactions: Table, *, width_ms: int, least: int, unnamed: str
) -> Table:
    """How often members of each cluster meet (`graph.engines.kernels.cells.MEETINGS`).

    One row a cluster and meeting size (`graph.engines.kernels.cells.SIZES`).

    Args:
        members: `CLUSTERING`.
        interactions: as in `expect_co_actions`.
        width_ms: how long a cell is.
        least: acts that a stretch of time needs to be a stratum of its own.
        unnamed: what rows of an account without `content` are (`builders.coaction.Unnamed`).
    """
    told = _told(interactions, members, unnamed)
    rows = members.engine.query(
        "select cluster, account from {members} order by cluster, account", members=members
    )
    named = rows["cluster"].combine_chunks().dictionary_encode()
    cluster_of = np.full(len(told.ids), -1, dtype=np.int64)
    places = pc.index_in(rows["account"].combine_chunks(), value_set=told.ids)
    cluster_of[places.to_numpy().astype(np.int64)] = named.indices.to_numpy()
    names = named.dictionary
    found = meetings(
        told.account,
        told.object_,
        told.acted_at,
        told.post,
        cluster_of=cluster_of,
        clusters=len(names),
        width_ms=width_ms,
        least=least,
    )
    rows = pa.table(
        {
            "cluster": names.take(pa.array(np.repeat(np.arange(len(names)), len(SIZES)))),
            "size": pa.array(np.tile(np.array(SIZES, dtype=np.int64), len(names))),
            "seen": pa.array(found.seen.astype(np.int64).ravel()),
            "expected": pa.array(found.expected.ravel()),
        },
        schema=MEETINGS.arrow,
    )
    return members.engine.from_arrow(rows, MEETINGS)


def _coded(interactions: Table) -> _Coded:
    """The interactions as numbers; a job asks for the same ones with several windows."""
    engine: Any = interactions.engine
    found: _Coded = engine.remembered(interactions, "coded", partial(_read, interactions))
    return found


def _read(interactions: Table) -> _Coded:
    engine: Any = interactions.engine
    acts = engine.project(interactions, _ACTS)
    coded, _ = _encoded(engine.unordered(acts), grouped=False)
    engine.drop(acts)
    return coded


def _read_grouped(interactions: Table, groups: Table) -> tuple[_Coded, Ints]:
    """The interactions as numbers, and the group of each one's object."""
    engine: Any = interactions.engine
    acts = engine.sql(_GROUPED, _GROUPED_ACTS, interactions=interactions, groups=groups)
    coded, group = _encoded(engine.unordered(acts), grouped=True)
    engine.drop(acts)
    return coded, group


def _encoded(batches: Iterator[pa.RecordBatch], *, grouped: bool) -> tuple[_Coded, Ints]:
    names = TextCodes()
    objects = Objects(names=TextCodes(), kinds=TextCodes(), actions=TextCodes())
    read: list[tuple[npt.NDArray[Any], ...]] = [(np.empty(0, np.int64),) * 4]
    for batch in batches:
        at = batch["acted_at"].to_numpy().copy()
        group = batch["grp"].to_numpy().copy() if grouped else at[:0]
        read.append((names.encode(batch["account"]), objects.encode(batch), at, group))
    account, object_, acted_at, group = (
        np.concatenate(column) for column in zip(*read, strict=True)
    )
    rank, ids = by_name(names)
    order = np.lexsort((acted_at, object_))
    coded = _Coded(
        ids=ids.cast(pa.string()),
        names=names,
        rank=rank.astype(np.int64),
        account=rank[account[order]].astype(np.int64),
        object_=object_[order].astype(np.int64),
        acted_at=acted_at[order],
    )
    return coded, group[order] if grouped else group


def _told(interactions: Table, members: Table, unnamed: str) -> _Told:
    """The interactions with their posts, which are texts, so other accounts' are not looked at."""
    rows = interactions.engine.query(
        f"""
        select {_PLACES}, case when i.account in (select account from {{members}})
                               then nullif({OWN_POST[unnamed]}, '') end as post
        {_NUMBERED} {_IN_ORDER}
        """,
        interactions=interactions,
        members=members,
    )
    posts = rows["post"].dictionary_encode().unify_dictionaries()
    codes = [pc.fill_null(chunk.indices, -1).to_numpy() for chunk in posts.chunks]
    post: Ints = np.concatenate([np.empty(0, np.int64), *codes]).astype(np.int64)
    return _Told(_ids(interactions), *_numbers(rows), post)


def _ids(interactions: Table) -> pa.StringArray:
    return interactions.engine.query(
        "select distinct account from {interactions} order by account", interactions=interactions
    )["account"].combine_chunks()


def _numbers(rows: pa.Table) -> tuple[Ints, Ints, Ints]:
    account, object_, acted_at = (
        rows[name].to_numpy().astype(np.int64, copy=False)
        for name in ("account", "object", "acted_at")
    )
    return account, object_, acted_at


def _is_in(coded: _Coded, accounts: Table) -> npt.NDArray[np.bool_]:
    """Which interactions are by these accounts."""
    found = accounts.engine.query("select account from {accounts}", accounts=accounts)
    named = pc.is_in(coded.ids, value_set=found["account"].combine_chunks())
    flags: npt.NDArray[np.bool_] = named.to_numpy(zero_copy_only=False)[coded.account]
    return flags


def _filled(
    edges: Table, *, model: Expectation, interests: Expectation | None, coded: _Coded
) -> Iterator[pa.RecordBatch]:
    place = EDGES.names.index("expected")
    engine: Any = edges.engine
    for batch in engine.unordered(edges):
        src, dst = coded.numbers(batch["src"]), coded.numbers(batch["dst"])
        means = with_interest(model, interests, src, dst)
        yield batch.set_column(place, EDGES.arrow.field("expected"), pa.array(means))
