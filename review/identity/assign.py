"""Giving the clusters of a run their ids, as the run is taken into the store: all or none.

A run is held against where each id was seen last (its front), whichever run that was: a ring that
was away for a year is known again. Runs come in the order of their periods' ends, or of their
making where they tell no period. A run that comes late, after one that is newer, gets ids like any
other; but it moves no front and shows no merge, since what came after is known already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.sql.expression import bindparam

from review.across_runs import WEAK
from review.identity.lineage import MERGE, SPLIT, kept_apart, leads_to, next_event
from review.identity.matching import Matched, Overlap, matched
from review.identity.recurring import possible_returns
from review.identity.tables import (
    FRONTS,
    IDENTIFIED,
    IDENTITIES,
    LINEAGE,
    RETURNS,
    SIGHTINGS,
)
from review.manifest import canonical
from review.tables import CLUSTERS, MEMBERS, RUNS

NEW, CONTINUING, GROWN, SHRUNK, CHANGED = "new", "continuing", "grown", "shrunk", "changed"
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Front:
    """Where an id was seen last, and with how many accounts that are not weak."""

    identity: str
    run: str
    cluster: str
    version: int
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be written for a run, in the order in which it is told."""

    run: str
    late: bool
    minted: Sequence[Mapping[str, Any]]
    sightings: Sequence[Mapping[str, Any]]
    lineage: Sequence[Mapping[str, Any]]
    returns: Sequence[Mapping[str, Any]]
    retired: Sequence[str] = field(default_factory=tuple)

    @property
    def sha256(self) -> str:
        """The digest of all that is assigned."""
        return digest_of(self.sightings, self.lineage, self.returns)

    @property
    def told(self) -> dict[str, Any]:
        """What the history keeps of it."""
        kinds = [row["kind"] for row in self.lineage]
        return {
            "new": len(self.minted),
            "kept": len(self.sightings) - len(self.minted),
            "back": sum(row["missed"] > 0 for row in self.sightings),
            "splits": kinds.count(SPLIT),
            "merges": kinds.count(MERGE),
            "possible_returns": len({row["cluster"] for row in self.returns}),
            "late": self.late,
            "sha256": self.sha256,
        }


def digest_of(*parts: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 over rows as canonical JSON, a line each, an empty line between parts."""
    sha = hashlib.sha256()
    for part in parts:
        for row in part:
            sha.update(canonical(dict(row)) + b"\n")
        sha.update(b"\n")
    return sha.hexdigest()


def unidentified(connection: Connection) -> list[str]:
    """The runs of the store whose clusters have no ids yet, the first first."""
    given = select(IDENTIFIED.c.run)
    query = select(RUNS).where(RUNS.c.run.not_in(given))
    return [row.run for row in sorted(connection.execute(query), key=run_order)]


def run_order(run: Row[Any]) -> tuple[int, int, str]:
    """What puts runs in order: the period's end where it is told, else when they were made."""
    ended = run.created_at if run.ended_at is None else run.ended_at
    return ended, run.created_at, run.run


def plan_identities(connection: Connection, run: str, folder: Path) -> Plan:
    """Find out which ids the clusters of a run have; nothing is written yet.

    Args:
        connection: a turn of the store.
        run: a run that was taken in and has no ids yet.
        folder: the folder of its Parquet files, for what its clusters share.
    """
    rows = connection.execute(
        select(CLUSTERS.c.cluster)
        .where(CLUSTERS.c.run == run)
        .order_by(CLUSTERS.c.place, CLUSTERS.c.cluster)
    )
    clusters = [row.cluster for row in rows]
    known = _Known(connection, run)
    fronts, theirs = _fronts(connection)
    sizes, ours = _members(connection, run, clusters)
    found = matched([each.accounts for each in fronts], sizes, _overlaps(theirs, ours))
    minted = list(_mint(connection, run, known.year, len(clusters) - len(found.carried)))
    fresh = iter(minted)
    sightings, names = [], []
    for new, cluster in enumerate(clusters):
        carried = found.carried.get(new)
        front = None if carried is None else fronts[carried.known]
        name = next(fresh)["identity"] if front is None else front.identity
        names.append(name)
        sightings.append(
            {
                "run": run,
                "cluster": cluster,
                "identity": name,
                **_difference(front, carried, sizes[new]),
                "missed": 0 if front is None else known.missed(front.run),
                **({"version": front.version} if front is not None and known.late else {}),
            }
        )
    lineage = _lineage(connection, run, known.late, found, fronts, names)
    out_of = {row["identity"] for row in lineage if row["kind"] == SPLIT}
    unknown = {
        row["cluster"]
        for row in sightings
        if row["change"] == NEW and row["identity"] not in out_of
    }
    return Plan(
        run=run,
        late=known.late,
        minted=minted,
        sightings=sorted(sightings, key=lambda row: row["cluster"]),
        lineage=lineage,
        returns=possible_returns(connection, run, folder, unknown),
        retired=[row["identity"] for row in lineage if row["kind"] == MERGE],
    )


def write_plan(connection: Connection, plan: Plan, seq: int) -> None:
    """Write what was found out, under the number of the entry in the history."""
    for table, rows in (
        (IDENTITIES, plan.minted),
        (SIGHTINGS, plan.sightings),
        (LINEAGE, [{**row, "seq": seq, "undoes": None} for row in plan.lineage]),
        (RETURNS, plan.returns),
    ):
        for piece in _pieces(rows):
            connection.execute(insert(table), piece)
    _move_fronts(connection, plan)
    connection.execute(
        insert(IDENTIFIED).values(run=plan.run, seq=seq, late=plan.late, sha256=plan.sha256)
    )


def _move_fronts(connection: Connection, plan: Plan) -> None:
    columns = ("identity", "run", "cluster", "version")
    rows = [{name: row[name] for name in columns} for row in plan.sightings]
    fresh = {row["identity"] for row in plan.minted}
    for piece in _pieces([row for row in rows if row["identity"] in fresh]):
        connection.execute(insert(FRONTS), piece)
    if plan.late:
        return
    moved = update(FRONTS).where(FRONTS.c.identity == bindparam("id"))
    moved = moved.values({name: bindparam(f"its_{name}") for name in columns[1:]})
    kept = [row for row in rows if row["identity"] not in fresh]
    for piece in _pieces(kept):
        given = [
            {"id": row["identity"], **{f"its_{name}": row[name] for name in columns[1:]}}
            for row in piece
        ]
        connection.execute(moved, given)
    for identity in plan.retired:
        connection.execute(FRONTS.delete().where(FRONTS.c.identity == identity))


class _Known:
    """The run among those that have ids: whether it is late, and what lies before it."""

    def __init__(self, connection: Connection, run: str) -> None:
        rows = {row.run: row for row in connection.execute(select(RUNS))}
        given = set(connection.scalars(select(IDENTIFIED.c.run)))
        self._rows, self._order = rows, {name: run_order(row) for name, row in rows.items()}
        self._given, self._own = given, self._order[run]
        self.late = any(self._order[name] > self._own for name in given)
        self.year = datetime.fromtimestamp(rows[run].created_at / 1000, tz=UTC).year
        self._counts: dict[str, int] = {}

    def missed(self, last: str) -> int:
        """Runs of its job that did not show a cluster that was seen in run `last`."""
        if last not in self._counts:
            job = self._rows[last].job
            self._counts[last] = sum(
                self._order[last] < self._order[name] < self._own and self._rows[name].job == job
                for name in self._given
            )
        return self._counts[last]


def _difference(front: Front | None, carried: Overlap | None, accounts: int) -> dict[str, Any]:
    if front is None or carried is None:
        return {"version": 1, "change": NEW, "accounts": accounts, "gained": accounts, "lost": 0}
    gained, lost = accounts - carried.shared, front.accounts - carried.shared
    changes = {(False, False): CONTINUING, (True, False): GROWN, (False, True): SHRUNK}
    more, less = gained > lost, lost > gained
    change = changes.get((more, less), CHANGED)
    if change == CONTINUING and gained:
        change = CHANGED
    return {
        "version": front.version + (gained > 0 or lost > 0),
        "change": change,
        "accounts": accounts,
        "gained": gained,
        "lost": lost,
    }


def _lineage(
    connection: Connection,
    run: str,
    late: bool,
    found: Matched,
    fronts: Sequence[Front],
    names: Sequence[str],
) -> list[dict[str, Any]]:
    apart = kept_apart(connection)
    involved = {fronts[each.known].identity for each in found.merges.values()}
    involved |= {names[each.new] for each in found.merges.values()}
    ends = leads_to(connection, involved)
    told = [
        (SPLIT, names[new], fronts[each.known].identity, each.shared)
        for new, each in sorted(found.splits.items())
    ]
    for known, each in sorted({} if late else found.merges.items()):
        loser, winner = fronts[known].identity, names[each.new]
        if ends[loser] != ends[winner] and frozenset((loser, winner)) not in apart:
            told.append((MERGE, loser, winner, each.shared))
    first = next_event(connection)
    return [
        {
            "event": number,
            "kind": kind,
            "identity": one,
            "other": other,
            "run": run,
            "shared": shared,
        }
        for number, (kind, one, other, shared) in enumerate(told, start=first)
    ]


def _mint(connection: Connection, run: str, year: int, count: int) -> Iterator[dict[str, Any]]:
    last = connection.scalar(
        select(func.coalesce(func.max(IDENTITIES.c.number), 0)).where(IDENTITIES.c.year == year)
    )
    for number in range(int(last or 0) + 1, int(last or 0) + 1 + count):
        yield {"identity": f"CL-{year:04}-{number:06}", "year": year, "number": number, "run": run}


def _fronts(connection: Connection) -> tuple[list[Front], pa.Table]:
    """Every front, the oldest id first, and their accounts by its number."""
    rows = connection.execute(
        select(FRONTS)
        .join(IDENTITIES, IDENTITIES.c.identity == FRONTS.c.identity)
        .order_by(IDENTITIES.c.year, IDENTITIES.c.number)
    ).all()
    place_of = {row.identity: place for place, row in enumerate(rows)}
    members = MEMBERS.c
    pairs = connection.execute(
        select(FRONTS.c.identity, members.account)
        .join(MEMBERS, (members.run == FRONTS.c.run) & (members.cluster == FRONTS.c.cluster))
        .where(members.role != WEAK)
    )
    places, accounts = _columns(pairs, place_of)
    sizes = _counted(places, len(rows))
    fronts = [
        Front(row.identity, row.run, row.cluster, row.version, size)
        for row, size in zip(rows, sizes, strict=True)
    ]
    return fronts, pa.table({"known": places, "account": accounts})


def _members(
    connection: Connection, run: str, clusters: Sequence[str]
) -> tuple[list[int], pa.Table]:
    place_of = {cluster: place for place, cluster in enumerate(clusters)}
    pairs = connection.execute(
        select(MEMBERS.c.cluster, MEMBERS.c.account).where(
            MEMBERS.c.run == run, MEMBERS.c.role != WEAK
        )
    )
    places, accounts = _columns(pairs, place_of)
    return _counted(places, len(clusters)), pa.table({"new": places, "account": accounts})


def _columns(pairs: Iterable[Any], place_of: Mapping[str, int]) -> tuple[pa.Array, pa.Array]:
    places, accounts = [], []
    for name, account in pairs:
        places.append(place_of[name])
        accounts.append(account)
    return pa.array(places, pa.int64()), pa.array(accounts, pa.large_string())


def _counted(places: pa.Array, count: int) -> list[int]:
    sizes = [0] * count
    for entry in places.value_counts().to_pylist():
        sizes[entry["values"]] = entry["counts"]
    return sizes


def _overlaps(known: pa.Table, new: pa.Table) -> list[Overlap]:
    """How many accounts each known cluster and each new one share, where they share any."""
    both = known.join(new, "account", join_type="inner")
    counts = both.group_by(["known", "new"]).aggregate([([], "count_all")])
    counts = counts.sort_by([("known", "ascending"), ("new", "ascending")])
    columns = (counts[name].to_pylist() for name in ("known", "new", "count_all"))
    return [Overlap(*row) for row in zip(*columns, strict=True)]


def _pieces(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield list(rows[start : start + _ROWS_AT_ONCE])
