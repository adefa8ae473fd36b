"""What became of one run's clusters in another: which are new, go on, split, merge, are gone.

Two clusters are alike where they share three members or more, and either three tenths of both
together or half of one (`review.across_runs`, whose rule this is; weak members belong to none).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from graph.engine import Engine
from graph.engines import open_engine
from graph.schema import Column, Schema
from graph.schemas import LEAST_SHARED
from graph.table import Table
from review.across_runs import LEAST_CONTAINED, LEAST_JACCARD, WEAK
from review.run import Run

ALIKE = Schema(
    "alike",
    (
        Column("before", "VARCHAR", "a cluster of the earlier run"),
        Column("after", "VARCHAR", "a cluster of the later run that is like it"),
        Column("shared", "BIGINT", "members of both"),
        Column("accounts_before", "BIGINT", "members of the first, weak ones not counted"),
        Column("accounts_after", "BIGINT", "members of the second, weak ones not counted"),
    ),
    key=("before", "after"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How two runs differ, in numbers of clusters; of each list the first by place are given."""

    before: str
    after: str
    new: int
    """clusters of the later run like which the earlier has none"""
    continued: int
    """clusters of the later run like which the earlier has some"""
    vanished: int
    """clusters of the earlier run like which the later has none"""
    split: int
    """clusters of the earlier run like which the later has several"""
    merged: int
    """clusters of the later run like which the earlier has several"""
    new_rows: pa.Table
    """`cluster, place, accounts, says`, of the later run"""
    vanished_rows: pa.Table
    """the same, of the earlier run"""
    continued_rows: pa.Table
    """`ALIKE` with the later one's `place`"""


def changes_between(
    before: Run, after: Run, *, limit: int = 25, engine: Engine | None = None
) -> Changes:
    """Hold a run against an earlier one.

    Args:
        before: the earlier run.
        after: the later run.
        limit: how many rows each list has at most.
        engine: where to ask; a small one is opened by default.
    """
    with _both(before, after, engine) as tables:
        reader = tables["clusters_before"].engine
        alike = _alike(tables)
        try:
            asked = {**tables, "alike": alike}
            counts = reader.query(_COUNTS, **asked).to_pylist()[0]
            new, vanished = (
                reader.query(_lonely(run), {"limit": limit}, **asked) for run in ("after", "before")
            )
            continued = reader.query(_CONTINUED, {"limit": limit}, **asked)
        finally:
            reader.drop(alike)
    return Changes(
        before=before.name,
        after=after.name,
        new_rows=new,
        vanished_rows=vanished,
        continued_rows=continued,
        **{name: int(count) for name, count in counts.items()},
    )


@contextmanager
def _both(before: Run, after: Run, engine: Engine | None) -> Iterator[dict[str, Table]]:
    own = open_engine("local", memory="1GB") if engine is None else None
    reader = own or engine
    assert reader is not None
    names = ("clusters", "members")
    try:
        with before.opened(reader, *names) as old, after.opened(reader, *names) as found:
            yield {
                **{f"{name}_before": table for name, table in old.items()},
                **{f"{name}_after": table for name, table in found.items()},
            }
    finally:
        if own is not None:
            own.close()


def _alike(tables: Mapping[str, Table]) -> Table:
    return tables["members_before"].engine.sql(
        """
        with old as (select cluster, account from {members_before} where role <> $weak),
        found as (select cluster, account from {members_after} where role <> $weak),
        old_sizes as (select cluster, count(*) as accounts from old group by cluster),
        found_sizes as (select cluster, count(*) as accounts from found group by cluster),
        pairs as (
            select old.cluster as before, found.cluster as after, count(*) as shared
            from old join found on found.account = old.account
            group by old.cluster, found.cluster
            having count(*) >= $least_shared
        )
        select p.before, p.after, p.shared, o.accounts as accounts_before,
               f.accounts as accounts_after
        from pairs p
        join old_sizes o on o.cluster = p.before
        join found_sizes f on f.cluster = p.after
        where p.shared >= $least_jaccard * (o.accounts + f.accounts - p.shared)
           or p.shared >= $least_contained * least(o.accounts, f.accounts)
        """,
        ALIKE,
        {
            "weak": WEAK,
            "least_shared": LEAST_SHARED,
            "least_jaccard": LEAST_JACCARD,
            "least_contained": LEAST_CONTAINED,
        },
        members_before=tables["members_before"],
        members_after=tables["members_after"],
    )


_COUNTS = """
    with heirs as (select before, count(*) as n from {alike} group by before),
    ancestors as (select after, count(*) as n from {alike} group by after)
    select (select count(*) from {clusters_after}) - (select count(*) from ancestors) as new,
           (select count(*) from ancestors) as continued,
           (select count(*) from {clusters_before}) - (select count(*) from heirs) as vanished,
           (select count(*) from heirs where n > 1) as split,
           (select count(*) from ancestors where n > 1) as merged
"""

_CONTINUED = """
    select a.*, c.place
    from {alike} a join {clusters_after} c on c.cluster = a.after
    order by c.place, a.after, a.shared desc, a.before
    limit $limit
"""


def _lonely(run: str) -> str:
    return f"""
        select cluster, place, accounts, says from {{clusters_{run}}}
        where cluster not in (select {run} from {{alike}})
        order by place, cluster
        limit $limit
    """
