"""What was decided on a cluster in earlier runs, as it bears on the accounts it has now.

A decision speaks of the accounts that it was taken on: those that were members then, that were not
weak and that it did not leave out. An account that joined afterwards has no verdict, whatever was
decided before it came. Where several decisions speak of an account, the newest counts. One that
awaits its second review speaks of its accounts too, and says just that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select, tuple_

from graph.errors import ConfigError
from review.across_runs import WEAK
from review.decisions import (
    Decision,
    as_it_counts,
    decisions_numbered,
    standing_numbers,
    standing_rows,
)
from review.identity.lineage import lead_here, leads_to
from review.identity.tables import SIGHTINGS
from review.second.pending import not_counting
from review.tables import DECISIONS, MEMBERS

EXCLUDED = "excluded"
_AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The decisions that stand on an id, as they bear on one of its clusters.

    `decision` is the newest of them, on whatever run. `verdicts` gives each account of the cluster
    of which one speaks its outcome (or `excluded`) and that decision's number. `fresh` are its
    accounts, not weak, of which none speaks; `gone` those of the newest that are no longer in it.
    """

    decision: Decision
    verdicts: Mapping[str, tuple[str, int]]
    fresh: tuple[str, ...]
    gone: int

    @property
    def says(self) -> str:
        """What stands, in words: `confirmed (run daily-3), 12 new since the decision`."""
        new = f", {len(self.fresh)} new since the decision" if self.fresh else ""
        gone = f", {self.gone} gone" if self.gone else ""
        return f"{self.decision.outcome} (run {self.decision.run}){new}{gone}"


def carried(
    connection: Connection, run: str, cluster: str, identity: str, *, before: bool = False
) -> Carried | None:
    """What stands on an id, for its cluster in a run; None where nothing was decided.

    Args:
        connection: a transaction of the store.
        run: the run of the cluster.
        cluster: the cluster's name.
        identity: the id it has, or leads to.
        before: leave out what was decided on the cluster in this run.
    """
    names = lead_here(connection, leads_to(connection, [identity])[identity])
    found = _standing_on(connection, names)
    if before:
        found = [each for each in found if (each.run, each.cluster) != (run, cluster)]
    return _carried(connection, run, {cluster: found}).get(cluster)


def carried_by_cluster(
    connection: Connection, run: str, clusters: Collection[str] | None = None
) -> dict[str, Carried]:
    """`carried` for the clusters of a run (all, or some) on whose ids anything stands."""
    query = select(SIGHTINGS.c.cluster, SIGHTINGS.c.identity).where(SIGHTINGS.c.run == run)
    if clusters is None:
        by_end = _by_end(connection)
        minted = {row.cluster: row.identity for row in connection.execute(query)} if by_end else {}
        ends = leads_to(connection, set(minted.values()))
    else:
        wanted = sorted(clusters)
        minted = {
            row.cluster: row.identity
            for start in range(0, len(wanted), _AT_ONCE)
            for row in connection.execute(
                query.where(SIGHTINGS.c.cluster.in_(wanted[start : start + _AT_ONCE]))
            )
        }
        ends = leads_to(connection, set(minted.values()))
        by_end = {
            end: _standing_on(connection, lead_here(connection, end)) for end in set(ends.values())
        }
    on = {cluster: by_end.get(ends[identity], ()) for cluster, identity in minted.items()}
    return _carried(connection, run, on)


def keeping_verdicts(connection: Connection, run: str, cluster: str) -> tuple[str, ...]:
    """The accounts of a cluster of which earlier decisions speak, for one on the others alone.

    Decisions on the same cluster of the same run are not earlier ones: the new one replaces them.

    Raises:
        ConfigError: nothing was decided on its id before, or none of its accounts is new.
    """
    minted = connection.scalar(
        select(SIGHTINGS.c.identity).where(SIGHTINGS.c.run == run, SIGHTINGS.c.cluster == cluster)
    )
    end = None if minted is None else leads_to(connection, [minted])[minted]
    held = None if end is None else carried(connection, run, cluster, end, before=True)
    if held is None:
        message = f"nothing was decided before on what cluster `{cluster}` continues: decide on all"
        raise ConfigError(message)
    if not held.fresh:
        message = f"no account of cluster `{cluster}` is new since the decision that stands on it"
        raise ConfigError(message)
    return tuple(sorted(held.verdicts))


def decided_identities(connection: Connection) -> set[str]:
    """The ids, as they were minted, on some cluster of which a decision stands."""
    stands = standing_rows().subquery()
    return set(
        connection.scalars(
            select(SIGHTINGS.c.identity).join(
                stands,
                (stands.c.run == SIGHTINGS.c.run) & (stands.c.cluster == SIGHTINGS.c.cluster),
            )
        )
    )


def _standing_on(connection: Connection, identities: Iterable[str]) -> list[Decision]:
    """The decisions that stand on clusters of these ids."""
    numbers = (
        select(DECISIONS.c.seq)
        .join(
            SIGHTINGS,
            (SIGHTINGS.c.run == DECISIONS.c.run) & (SIGHTINGS.c.cluster == DECISIONS.c.cluster),
        )
        .where(SIGHTINGS.c.identity.in_(list(identities)))
    )
    held = standing_numbers(DECISIONS.c.seq.in_(numbers))
    return decisions_numbered(connection, held)


def _by_end(connection: Connection) -> dict[str, list[Decision]]:
    """Every decision that stands, by what the id of its cluster leads to."""
    held = {
        (each.run, each.cluster): each
        for each in decisions_numbered(connection, standing_numbers())
    }
    if not held:
        return {}
    rows = connection.execute(
        select(DECISIONS.c.run, DECISIONS.c.cluster, SIGHTINGS.c.identity)
        .join(
            SIGHTINGS,
            (SIGHTINGS.c.run == DECISIONS.c.run) & (SIGHTINGS.c.cluster == DECISIONS.c.cluster),
        )
        .distinct()
    ).all()
    ends = leads_to(connection, {row.identity for row in rows})
    found: dict[str, list[Decision]] = defaultdict(list)
    for row in rows:
        decision = held.get((row.run, row.cluster))
        if decision is not None:
            found[ends[row.identity]].append(decision)
    return found


def _carried(
    connection: Connection, run: str, on: Mapping[str, Iterable[Decision]]
) -> dict[str, Carried]:
    """What decisions say of the accounts of a run's clusters, each of the decisions on its id."""
    taken = {
        cluster: sorted(given, key=lambda each: -each.seq) for cluster, given in on.items() if given
    }
    if not taken:
        return {}
    every = {each.seq: each for given in taken.values() for each in given}
    waiting = not_counting(connection, select(DECISIONS.c.seq).where(DECISIONS.c.seq.in_(every)))
    accounts = _accounts(
        connection,
        {(run, cluster) for cluster in taken} | {(d.run, d.cluster) for d in every.values()},
    )
    found = {}
    for cluster, given in taken.items():
        now = accounts[run, cluster]
        verdicts: dict[str, tuple[str, int]] = {}
        for each in given:
            decision = as_it_counts(each, waiting)
            for account, verdict in _spoken_of(decision, accounts[each.run, each.cluster]).items():
                if account in now:
                    verdicts.setdefault(account, verdict)
        found[cluster] = Carried(
            decision=as_it_counts(given[0], waiting),
            verdicts=verdicts,
            fresh=tuple(sorted(now - verdicts.keys())),
            gone=len(accounts[given[0].run, given[0].cluster] - now),
        )
    return found


def _spoken_of(decision: Decision, members: set[str]) -> dict[str, tuple[str, int]]:
    excluded = set(decision.excluded)
    return {
        account: (EXCLUDED if account in excluded else decision.outcome, decision.seq)
        for account in (members | excluded).difference(decision.kept)
    }


def _accounts(
    connection: Connection, clusters: Collection[tuple[str, str]]
) -> dict[tuple[str, str], set[str]]:
    """The members of clusters, weak ones not counted, by run and cluster."""
    found: dict[tuple[str, str], set[str]] = {each: set() for each in clusters}
    wanted, members = sorted(found), MEMBERS.c
    for start in range(0, len(wanted), _AT_ONCE):
        those = wanted[start : start + _AT_ONCE]
        query = select(members.run, members.cluster, members.account).where(
            tuple_(members.run, members.cluster).in_(those), members.role != WEAK
        )
        for run, cluster, account in connection.execute(query):
            found[run, cluster].add(account)
    return found
