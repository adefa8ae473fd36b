"""The same cluster over runs of separate days: does what it shows against chance go on?

A cluster of one run is that of an earlier one where the earlier one's *heir* it is: of the clusters
that share three members or more with it, and either three tenths of both together or half of one,
the one that shares most. The first run in which a line of heirs was found chooses it, and pays for
the choice: its e-value is the cluster's, for which all groups of that run were paid. Every later
run bets on what was known before it began. Its two e-values are those of the groups that share most
with the cluster as it was before, one group for each half of the days, which the other half tests;
where a half shows no such group, nothing was bet and its e-value is 1. A run that has lost the
cluster therefore still counts. All that may be multiplied, and looked at after each run: chance
brings a cluster of the first run to a product of N at most once in N such runs.

No act may be counted twice, so only runs count whose periods lie apart. From the run that is looked
at, of the runs that end before it begins the one that begins last goes in, and so on backwards, so
that as many count as can; which those are depends on no result. Every other run is named with the
reason.

Sources: docs/scores.md; Greene, Doyle and Cunningham 2010 (fronts and their heirs).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, func, literal, select, tuple_

from graph.errors import ConfigError
from graph.schemas import LEAST_SHARED
from review.tables import CLUSTERS, DAY_GROUPS, MEMBERS, RUNS

LEAST_JACCARD = 0.3
LEAST_CONTAINED = 0.5
NOT_TESTED = "it tests nothing on days of their own (`other_days` in [job])"
NOT_THERE = "no cluster of it leads to this one"
NOT_SHOWN = "no half of its days shows the cluster"
LATER = "it begins later"
WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysOfRun:
    """What the days of one run say of the cluster. Times are ms since 1970 UTC.

    `cluster` is its name in that run, None where the run has lost it; `groups` how many halves of
    the days show a group of it, `meetings` and `expected` theirs on the other half, together.
    `log10_e` is the run's e-value, `log10_product` that of it and all runs before.
    """

    run: str
    began_at: int
    ended_at: int
    cluster: str | None
    groups: int
    meetings: int
    expected: float
    log10_e: float
    log10_product: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A run that does not count, and why."""

    run: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossRuns:
    """A cluster over runs: those that count, the first first, and those that do not."""

    days: tuple[DaysOfRun, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def log10_product(self) -> float:
        """log10 of the product of e-values; 0 where no run counts."""
        return self.days[-1].log10_product if self.days else 0.0

    @property
    def says(self) -> str:
        """What the product means, in words; the names of runs are not among them."""
        if not self.days:
            return "no half of its days shows this cluster: nothing to be multiplied"
        runs = "one run" if len(self.days) == 1 else f"{len(self.days)} runs of separate days"
        if self.log10_product <= 0:
            return f"the days that did not choose it say nothing against chance, over {runs}"
        return (
            "on days that did not choose it, chance would give this or more"
            f" at most once in {times(self.log10_product)}, over {runs}"
        )


@dataclass(frozen=True, slots=True)
class _Period:
    run: str
    began_at: int
    ended_at: int


@dataclass(frozen=True, slots=True)
class _Named:
    """A cluster by its run and its name there."""

    run: str
    cluster: str


@dataclass(frozen=True, slots=True)
class _Half:
    meetings: int
    expected: float
    log10_e: float


def across_runs(connection: Connection, run: str, cluster: str) -> AcrossRuns | None:
    """Follow a cluster back over the runs that the store knows; None if its run tested no days.

    Args:
        connection: a transaction of the store.
        run: the run that is looked at; later ones do not count.
        cluster: the cluster's name there.

    Raises:
        ConfigError: the store knows no such cluster in that run.
    """
    there = select(CLUSTERS.c.cluster).where(CLUSTERS.c.run == run, CLUSTERS.c.cluster == cluster)
    if connection.scalar(there) is None:
        message = f"the store knows no cluster `{cluster}` in run `{run}`"
        raise ConfigError(message)
    counted, left_out = _apart(connection, run)
    if not counted:
        return None
    line = _line(connection, [each.run for each in counted], cluster)
    days = _days(connection, counted, line)
    for period, named in zip(counted[: len(counted) - len(days)], line, strict=False):
        left_out.append(LeftOut(run=period.run, why=NOT_THERE if named is None else NOT_SHOWN))
    return AcrossRuns(days=days, left_out=tuple(sorted(left_out, key=lambda each: each.run)))


def times(log10: float) -> str:
    """Ten to this, in words: `1,200`, `10^31.2`."""
    return f"{10**log10:,.0f}" if log10 < 6 else f"10^{log10:.1f}"


def _apart(connection: Connection, run: str) -> tuple[list[_Period], list[LeftOut]]:
    """The run and those before it whose periods lie apart, the first first; and the others."""
    rows = connection.execute(
        select(RUNS.c.run, RUNS.c.began_at, RUNS.c.ended_at).order_by(
            RUNS.c.began_at.desc(), RUNS.c.ended_at.desc(), RUNS.c.created_at.desc(), RUNS.c.run
        )
    ).all()
    known = [_Period(*row) for row in rows if row.began_at is not None]
    own = next((each for each in known if each.run == run), None)
    if own is None:
        return [], []
    counted = [own]
    left_out = [LeftOut(run=row.run, why=NOT_TESTED) for row in rows if row.began_at is None]
    for each in known:
        clash = next((other for other in counted if _overlap(each, other)), None)
        if each is own:
            continue
        if clash is not None:
            why = f"its period overlaps that of `{clash.run}`, and no act is counted twice"
            left_out.append(LeftOut(run=each.run, why=why))
        elif each.began_at > own.ended_at:
            left_out.append(LeftOut(run=each.run, why=LATER))
        else:
            counted.insert(0, each)
    return counted, left_out


def _overlap(one: _Period, other: _Period) -> bool:
    return one.began_at <= other.ended_at and other.began_at <= one.ended_at


def _line(connection: Connection, runs: Sequence[str], cluster: str) -> list[_Named | None]:
    """The cluster in each run, from the earliest that leads to it; None before that, and if lost.

    Args:
        connection: a transaction of the store.
        runs: the runs that count, the last one that of the cluster.
        cluster: its name there.
    """
    first = len(runs) - 1
    front = _Named(runs[first], cluster)
    line: list[_Named | None] = [*([None] * first), front]
    for place in range(first - 1, -1, -1):
        for ancestor in _alike(connection, runs[place], front):
            path = _heirs(connection, ancestor, runs[place + 1 : first + 1])
            if path[-1] == front:
                line[place:first] = [ancestor, *path[:-1]]
                first, front = place, ancestor
                break
    return line


def _heirs(connection: Connection, cluster: _Named, runs: Sequence[str]) -> list[_Named | None]:
    """The cluster's heir in each of the runs that follow its own, None where it is lost."""
    path: list[_Named | None] = []
    for run in runs:
        heir = next(iter(_alike(connection, run, cluster)), None)
        path.append(heir)
        cluster = heir or cluster
    return path


def _alike(connection: Connection, run: str, cluster: _Named) -> list[_Named]:
    """The clusters of a run that may be this one, those that share most first.

    Of equal ones the smaller goes first, then by name. Weak members belong to none.
    """
    ours, theirs = MEMBERS.alias("ours"), MEMBERS.alias("theirs")
    shared = func.count().label("shared")
    rows = connection.execute(
        select(theirs.c.cluster, shared)
        .join(ours, ours.c.account == theirs.c.account)
        .where(*_of(ours, cluster), theirs.c.run == run, theirs.c.role != WEAK)
        .group_by(theirs.c.cluster)
        .having(shared >= LEAST_SHARED)
    ).all()
    size = _size(connection, cluster)
    found = []
    for row in rows:
        other = _Named(run, row.cluster)
        its = _size(connection, other)
        if row.shared >= LEAST_JACCARD * (
            size + its - row.shared
        ) or row.shared >= LEAST_CONTAINED * min(size, its):
            found.append((-row.shared, its, other))
    return [each[-1] for each in sorted(found, key=lambda each: (*each[:2], each[-1].cluster))]


def _size(connection: Connection, cluster: _Named) -> int:
    query = select(func.count()).select_from(MEMBERS).where(*_of(MEMBERS, cluster))
    return connection.execute(query).scalar_one()


def _of(members: FromClause, cluster: _Named) -> tuple[ColumnElement[bool], ...]:
    return (
        members.c.run == cluster.run,
        members.c.cluster == cluster.cluster,
        members.c.role != WEAK,
    )


def _days(
    connection: Connection, counted: Sequence[_Period], line: Sequence[_Named | None]
) -> tuple[DaysOfRun, ...]:
    """The runs from the first that chose the cluster, and showed it on days that did not."""
    found: list[DaysOfRun] = []
    known: _Named | None = None
    product = 0.0
    for period, cluster in zip(counted, line, strict=True):
        if known is None:
            stake = None if cluster is None else _stake(connection, cluster)
            if cluster is None or stake is None:
                continue
            halves, log10_e = _groups(connection, period.run, cluster), stake
        else:
            halves = _groups(connection, period.run, known)
            log10_e = _mean([each.log10_e for each in halves])
        product += log10_e
        known = cluster or known
        found.append(
            DaysOfRun(
                run=period.run,
                began_at=period.began_at,
                ended_at=period.ended_at,
                cluster=None if cluster is None else cluster.cluster,
                groups=len(halves),
                meetings=sum(each.meetings for each in halves),
                expected=math.fsum(each.expected for each in halves),
                log10_e=log10_e,
                log10_product=product,
            )
        )
    return tuple(found)


def _stake(connection: Connection, cluster: _Named) -> float | None:
    """The cluster's own e-value, all groups of its run paid for; None where no half shows it."""
    query = select(CLUSTERS.c.log10_e).where(
        CLUSTERS.c.run == cluster.run, CLUSTERS.c.cluster == cluster.cluster
    )
    stake: float | None = connection.scalar(query)
    return stake


def _mean(log10_e: Sequence[float]) -> float:
    """log10 of the mean of two halves' e-values; a half that shows nothing has 1."""
    less, more = sorted([*log10_e, 0.0, 0.0][:2])
    return more + math.log10((1.0 + 10.0 ** (less - more)) / 2.0)


def _groups(connection: Connection, run: str, cluster: _Named) -> list[_Half]:
    """For each half of a run's days the group that shares most with the cluster, if any does."""
    groups, members = DAY_GROUPS.c, MEMBERS.c
    shared = func.count().label("shared")
    told = (groups.meetings, groups.expected, groups.log10_e)
    # By account and run at once, as the index has them: told apart, SQLite reads the run's groups
    # from end to end (356 ms of 400,000 rows, against 0.3 ms).
    ours = select(members.account, literal(run)).where(*_of(MEMBERS, cluster))
    rows = connection.execute(
        select(groups.days, *told)
        .where(tuple_(groups.account, groups.run).in_(ours))
        .group_by(groups.days, groups.found, groups.accounts, *told)
        .having(shared >= LEAST_SHARED, 2 * shared >= groups.accounts)
        .order_by(groups.days, shared.desc(), groups.found)
    )
    best: dict[int, _Half] = {}
    for row in rows:
        best.setdefault(row.days, _Half(row.meetings, row.expected, row.log10_e))
    return list(best.values())
