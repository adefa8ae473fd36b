"""Who is at work on which cluster, for how long: `Store.claims`.

A claim is a lease: it runs out by itself, and whoever holds it renews it by working. Two people
never hold one cluster. A claim keeps others from being sent there, not from deciding: whose lease
ran out over a long reason loses nothing, and `seen` guards against deciding past one another.
Claims are no part of the history; they say nothing of any account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    ForeignKeyConstraint,
    Table,
    delete,
    insert,
    select,
    update,
)

from graph.errors import ConfigError, StoreError
from review.database import reading
from review.decisions import checked_words
from review.tables import CLUSTERS, EXACT, METADATA

LEASE_MINUTES = 30
LONGEST_MINUTES = 12 * 60
_MINUTE_MS = 60_000

CLAIMS = Table(
    "claims",
    METADATA,
    Column("run", EXACT, primary_key=True),
    Column("cluster", EXACT, primary_key=True),
    Column("by", EXACT, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    ForeignKeyConstraint(["run", "cluster"], ["clusters.run", "clusters.cluster"]),
)
"""One row a cluster that is or was claimed; it holds until `until`, ms since 1970 UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A cluster that somebody is at work on. Times are ms since 1970 UTC."""

    run: str
    cluster: str
    by: str
    since: int
    until: int


class Claims:
    """The claims of a store: `Store.claims`."""

    def __init__(
        self, engine: Engine, turn: Callable[[], AbstractContextManager[Connection]]
    ) -> None:
        """Use `Store.claims`."""
        self._engine, self._turn = engine, turn

    def take(
        self, run: str, cluster: str, *, by: str, at: int, minutes: int = LEASE_MINUTES
    ) -> Claim:
        """Claim a cluster, or renew one's own claim; it never gets shorter by that.

        Raises:
            ConfigError: no such cluster, nobody who claims, or no length that a claim may have.
            StoreError: somebody else holds it, or the database refused.
        """
        by = checked_words(by, what="the name of who claims")
        if not 1 <= minutes <= LONGEST_MINUTES:
            message = f"a claim lasts 1 to {LONGEST_MINUTES} minutes, not {minutes}"
            raise ConfigError(message)
        with self._turn() as connection:
            known = select(CLUSTERS.c.cluster).where(
                CLUSTERS.c.run == run, CLUSTERS.c.cluster == cluster
            )
            if connection.scalar(known) is None:
                message = f"the store knows no cluster `{cluster}` in run `{run}`"
                raise ConfigError(message)
            held = _row(connection, run, cluster)
            if held is not None and held.until > at and held.by != by:
                left = -((at - held.until) // _MINUTE_MS)
                message = f"`{held.by}` is at work on cluster `{cluster}` for {left} more minutes"
                raise StoreError(message)
            mine = held is not None and held.until > at
            made = Claim(
                run=run,
                cluster=cluster,
                by=by,
                since=held.since if mine and held is not None else at,
                until=max(at + minutes * _MINUTE_MS, held.until if mine and held else 0),
            )
            if held is not None:
                connection.execute(delete(CLAIMS).where(*_that(run, cluster)))
            connection.execute(insert(CLAIMS).values(asdict(made)))
        return made

    def renew(self, run: str, cluster: str, *, by: str, at: int) -> Claim | None:
        """Renew one's own claim, as working does; None where one holds none."""
        held = self.of(run, cluster, at=at)
        if held is None or held.by != by:
            return None
        if held.until > at + (LEASE_MINUTES - 1) * _MINUTE_MS:
            # A page that is asked for again and again is no reason to write each time.
            return held
        try:
            return self.take(run, cluster, by=by, at=at)
        except StoreError:
            return None

    def release(self, run: str, cluster: str, *, by: str, at: int) -> bool:
        """Let go of one's own claim; whether there was one."""
        with self._turn() as connection:
            held = _row(connection, run, cluster)
            if held is None or held.by != by or held.until <= at:
                return False
            connection.execute(update(CLAIMS).where(*_that(run, cluster)).values(until=at))
        return True

    def of(self, run: str, cluster: str, *, at: int) -> Claim | None:
        """Who holds a cluster."""
        with reading(self._engine) as connection:
            held = _row(connection, run, cluster)
        return held if held is not None and held.until > at else None

    def of_run(self, run: str, *, at: int) -> Mapping[str, Claim]:
        """The claims that hold on a run's clusters, by cluster."""
        query = select(CLAIMS).where(CLAIMS.c.run == run, CLAIMS.c.until > at)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(CLAIMS.c.cluster)).mappings()
            return {row["cluster"]: Claim(**row) for row in rows}


def _row(connection: Connection, run: str, cluster: str) -> Claim | None:
    row = connection.execute(select(CLAIMS).where(*_that(run, cluster))).mappings().one_or_none()
    return None if row is None else Claim(**row)


def _that(run: str, cluster: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return CLAIMS.c.run == run, CLAIMS.c.cluster == cluster
