"""Two clusters side by side, of one run or of two: members, objects and days in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from graph.engine import Engine
from graph.engines import open_engine
from graph.errors import ConfigError
from graph.table import Table
from review.run import Run

DAY_MS = 86_400_000
_TABLES = ("clusters", "members", "cluster_objects", "member_interactions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two clusters; `one` and `other` in the names of columns are the first and the second."""

    one: Mapping[str, Any]
    """the first's row of `CLUSTERS`"""
    other: Mapping[str, Any]
    members: pa.Table
    """`account, name, role_one, role_other`: who is in both first; a role is null who is not in"""
    objects: pa.Table
    """`layer, object_kind, object, members_one, members_other`: what both share first"""
    days: pa.Table
    """`day, acts_one, acts_other`: the UTC day's first ms, and what members did on it"""

    def in_both(self, rows: pa.Table, column: str) -> int:
        """How many rows of one of the tables belong to both clusters, by `column`'s two halves."""
        ends = (rows[f"{column}_{side}"].to_pylist() for side in ("one", "other"))
        return sum(1 for one, other in zip(*ends, strict=True) if one and other)


def compared(
    one: tuple[Run, str], other: tuple[Run, str], *, engine: Engine | None = None
) -> Compared:
    """Put two clusters side by side.

    Args:
        one: a run and the name of a cluster of it.
        other: the same or another run, and a cluster of that.
        engine: where to ask; a small one is opened by default.

    Raises:
        ConfigError: a run has no cluster of that name.
    """
    with _both(one[0], other[0], engine) as tables:
        reader = tables["clusters_one"].engine
        names = {"one": one[1], "other": other[1]}

        def asked(query: str, *wanted: str) -> pa.Table:
            given = {
                f"{name}_{side}": tables[f"{name}_{side}"] for name in wanted for side in names
            }
            return reader.query(query, names, **given)

        return Compared(
            one=_row(tables["clusters_one"], *one),
            other=_row(tables["clusters_other"], *other),
            members=asked(_MEMBERS, "members"),
            objects=asked(_OBJECTS, "cluster_objects"),
            days=asked(_DAYS, "member_interactions"),
        )


@contextmanager
def _both(one: Run, other: Run, engine: Engine | None) -> Iterator[dict[str, Table]]:
    own = open_engine("local", memory="1GB") if engine is None else None
    reader = own or engine
    assert reader is not None
    try:
        with one.opened(reader, *_TABLES) as first, other.opened(reader, *_TABLES) as second:
            yield {
                **{f"{name}_one": table for name, table in first.items()},
                **{f"{name}_other": table for name, table in second.items()},
            }
    finally:
        if own is not None:
            own.close()


def _row(clusters: Table, run: Run, cluster: str) -> dict[str, Any]:
    found = clusters.engine.query(
        "select * from {clusters} where cluster = $cluster", {"cluster": cluster}, clusters=clusters
    )
    if not found.num_rows:
        message = f"run `{run.name}` has no cluster `{cluster[:80]}`"
        raise ConfigError(message)
    row: dict[str, Any] = found.to_pylist()[0]
    return row


_MEMBERS = """
    with one as (select account, name, role from {members_one} where cluster = $one),
    other as (select account, name, role from {members_other} where cluster = $other)
    select coalesce(a.account, b.account) as account, coalesce(a.name, b.name) as name,
           a.role as role_one, b.role as role_other
    from one a full join other b on b.account = a.account
    order by a.role is null or b.role is null, a.role is null, 1
"""

_OBJECTS = """
    with one as (select * from {cluster_objects_one} where cluster = $one),
    other as (select * from {cluster_objects_other} where cluster = $other)
    select coalesce(a.layer, b.layer) as layer,
           coalesce(a.object_kind, b.object_kind) as object_kind,
           coalesce(a.object, b.object) as object,
           coalesce(a.members, 0) as members_one, coalesce(b.members, 0) as members_other
    from one a full join other b
      on b.layer = a.layer and b.object_kind = a.object_kind and b.object = a.object
    order by a.members is null or b.members is null,
             coalesce(a.members, 0) + coalesce(b.members, 0) desc, 1, 2, 3
"""

_DAYS = f"""
    with acts as (
        select acted_at - (acted_at % {DAY_MS} + {DAY_MS}) % {DAY_MS} as day, 1 as one, 0 as other
        from {{member_interactions_one}} where cluster = $one
        union all
        select acted_at - (acted_at % {DAY_MS} + {DAY_MS}) % {DAY_MS}, 0, 1
        from {{member_interactions_other}} where cluster = $other
    )
    select day, cast(sum(one) as bigint) as acts_one, cast(sum(other) as bigint) as acts_other
    from acts group by day order by day
"""
