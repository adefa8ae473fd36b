"""Asking for lasting ids: which one a cluster has, where an id was seen, what happened to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select

from graph.errors import ConfigError, StoreError
from review.database import reading
from review.identity.assign import digest_of, run_order
from review.identity.carried import Carried, carried_by_cluster
from review.identity.lineage import (
    LineageEvent,
    events_of,
    lead_here,
    leads_to,
    undo_event,
)
from review.identity.recurring import evidence_of
from review.identity.tables import IDENTIFIED, IDENTITIES, LINEAGE, RETURNS, SIGHTINGS
from review.tables import HISTORY, RUNS

_IDENTITY = re.compile(r"CL-[0-9]{4,}-[0-9]{6,}")
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A known id that a new cluster may be, with other accounts; `evidence` are things of both."""

    identity: str
    objects: int
    evidence: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A cluster of a run by its id.

    `identity` is what its id leads to now, `minted` the id that it was given. `version` rises when
    its accounts change. `change` is `new`, `continuing`, `grown`, `shrunk` or `changed` against
    where it was seen before; `gained` and `lost` count accounts, weak ones not; `missed` runs of
    its job passed without it.
    """

    identity: str
    minted: str
    run: str
    cluster: str
    version: int
    change: str
    accounts: int
    gained: int
    lost: int
    missed: int
    carried: Carried | None = None
    returns: tuple[Return, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Biography:
    """An id: where it was seen, the first first, and what happened to it.

    `asked` leads to `identity`; `names` are all ids that do. `stale` counts the runs of its job
    that came after its last one and did not show it.
    """

    asked: str
    identity: str
    names: tuple[str, ...]
    sightings: tuple[Sighting, ...]
    events: tuple[LineageEvent, ...]
    stale: int


class Identities:
    """The lasting ids of a store: `Store.identities`."""

    def __init__(
        self, engine: Engine, turn: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        """Use `Store.identities`."""
        self._engine, self._turn = engine, turn

    def of_run(self, run: str, clusters: Collection[str] | None = None) -> dict[str, Sighting]:
        """The clusters of a run (all, or some) with their ids and what was decided on these."""
        with reading(self._engine) as connection:
            rows = _sightings(connection, run, clusters)
            ends = leads_to(connection, {row["identity"] for row in rows})
            held = carried_by_cluster(connection, run, clusters)
            returns = _returns(connection, run, clusters)
            return {
                row["cluster"]: _sighting(
                    row,
                    ends[row["identity"]],
                    held.get(row["cluster"]),
                    returns.get(row["cluster"], ()),
                )
                for row in rows
            }

    def of_cluster(self, run: str, cluster: str) -> Sighting | None:
        """One cluster of a run with its id; None where the store gave it none."""
        return self.of_run(run, [cluster]).get(cluster)

    def biography(self, identity: str) -> Biography:
        """Where an id was seen and what happened to it, after every redirect.

        Raises:
            ConfigError: no such id was minted.
        """
        with reading(self._engine) as connection:
            self._refuse_unknown(connection, identity)
            end = leads_to(connection, [identity])[identity]
            names = lead_here(connection, end)
            runs = {row.run: row for row in connection.execute(select(RUNS))}
            rows = connection.execute(
                select(SIGHTINGS).where(SIGHTINGS.c.identity.in_(names))
            ).mappings()
            ordered = sorted(rows, key=lambda row: (run_order(runs[row["run"]]), row["cluster"]))
            given = set(connection.scalars(select(IDENTIFIED.c.run)))
            last = runs[ordered[-1]["run"]]
            after = [
                each
                for name, each in runs.items()
                if name in given and each.job == last.job and run_order(each) > run_order(last)
            ]
            return Biography(
                asked=identity,
                identity=end,
                names=tuple(names),
                sightings=tuple(_sighting(dict(row), end, None, ()) for row in ordered),
                events=tuple(events_of(connection, names)),
                stale=len(after),
            )

    def clusters_of(self, identity: str, run: str) -> list[str]:
        """The clusters of a run that an id leads to: one, or none, or those of a joined split.

        Raises:
            ConfigError: no such id was minted.
        """
        with reading(self._engine) as connection:
            self._refuse_unknown(connection, identity)
            names = lead_here(connection, leads_to(connection, [identity])[identity])
            query = select(SIGHTINGS.c.cluster).where(
                SIGHTINGS.c.identity.in_(names), SIGHTINGS.c.run == run
            )
            return sorted(connection.scalars(query))

    def undo(self, event: int, *, reason: str, by: str, at: int) -> LineageEvent:
        """Take back a split, a merge, or an earlier undoing.

        Raises:
            ConfigError: there is no such event, or it was taken back already.
            StoreError: the database refused.
        """
        with self._turn() as connection:
            return undo_event(connection, event, reason=reason, by=by, at=at)

    def verify(self) -> int:
        """Hold what was assigned against the digests in the history; give the number of runs.

        Raises:
            StoreError: naming the first run whose ids are not those that were assigned.
        """
        with reading(self._engine) as connection:
            rows = connection.execute(
                select(IDENTIFIED.c.run, IDENTIFIED.c.sha256, HISTORY.c.details)
                .join(HISTORY, HISTORY.c.seq == IDENTIFIED.c.seq)
                .order_by(IDENTIFIED.c.seq)
            ).all()
            for run, sha256, details in rows:
                found = _digest(connection, run)
                if found != sha256 or f'"sha256": "{sha256}"' not in details:
                    message = f"the ids of run `{run}` were altered: their digest does not hold"
                    raise StoreError(message)
            return len(rows)

    def _refuse_unknown(self, connection: Connection, identity: str) -> None:
        known = select(IDENTITIES.c.identity).where(IDENTITIES.c.identity == identity)
        if connection.scalar(known) is None:
            message = f"no cluster has the id `{identity[:40]}`; ids look like `CL-2026-000123`"
            raise ConfigError(message)


def looks_like_identity(text: str) -> bool:
    """Whether a text has the form of an id."""
    return _IDENTITY.fullmatch(text) is not None


def _sightings(
    connection: Connection, run: str, clusters: Collection[str] | None
) -> list[Mapping[str, Any]]:
    query = select(SIGHTINGS).where(SIGHTINGS.c.run == run).order_by(SIGHTINGS.c.cluster)
    if clusters is None:
        return [dict(row) for row in connection.execute(query).mappings()]
    wanted = sorted(clusters)
    return [
        dict(row)
        for start in range(0, len(wanted), _AT_ONCE)
        for row in connection.execute(
            query.where(SIGHTINGS.c.cluster.in_(wanted[start : start + _AT_ONCE]))
        ).mappings()
    ]


def _returns(
    connection: Connection, run: str, clusters: Collection[str] | None
) -> dict[str, tuple[Return, ...]]:
    query = select(RETURNS).where(RETURNS.c.run == run).order_by(RETURNS.c.identity)
    found: dict[str, tuple[Return, ...]] = {}
    for row in connection.execute(query).mappings():
        if clusters is None or row["cluster"] in clusters:
            each = Return(
                identity=row["identity"],
                objects=row["objects"],
                evidence=tuple(evidence_of(row["evidence"])),
            )
            found[row["cluster"]] = (*found.get(row["cluster"], ()), each)
    return found


def _sighting(
    row: Mapping[str, Any], end: str, held: Carried | None, returns: tuple[Return, ...]
) -> Sighting:
    given = {name: row[name] for name in row if name != "identity"}
    return Sighting(**given, identity=end, minted=row["identity"], carried=held, returns=returns)


def _digest(connection: Connection, run: str) -> str:
    sightings = select(SIGHTINGS).where(SIGHTINGS.c.run == run).order_by(SIGHTINGS.c.cluster)
    columns = ("event", "kind", "identity", "other", "run", "shared")
    lineage = (
        select(*(LINEAGE.c[name] for name in columns))
        .where(LINEAGE.c.run == run)
        .order_by(LINEAGE.c.event)
    )
    returns = (
        select(RETURNS).where(RETURNS.c.run == run).order_by(RETURNS.c.cluster, RETURNS.c.identity)
    )
    return digest_of(
        *(
            (dict(row) for row in connection.execute(query).mappings())
            for query in (sightings, lineage, returns)
        )
    )
