"""What was decided on a cluster in earlier runs, as it bears on the accounts it has now.

A decision speaks of the accounts that it was taken on: those that were members then, that were not
weak and that it did not leave out. An account that joined afterwards has no verdict, whatever was
decided before it came. Where several decisions speak of an account, the newest counts. One that
awaits its second review speaks of its accounts too, and says just that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from graph.errors import ConfigError
from review.across_runs import WEAK
from review.decisions import Decision, as_it_counts, decisions_of, standing, standing_rows
from review.identity.lineage import lead_here, leads_to
from review.identity.tables import SIGHTINGS
from review.second.pending import not_counting
from review.tables import DECISIONS, MEMBERS

EXCLUDED = "excluded"


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
    ours = lead_here(connection, identity)
    seen_in = connection.execute(
        select(SIGHTINGS.c.run, SIGHTINGS.c.cluster)
        .join(
            DECISIONS,
            (DECISIONS.c.run == SIGHTINGS.c.run) & (DECISIONS.c.cluster == SIGHTINGS.c.cluster),
        )
        .where(SIGHTINGS.c.identity.in_(ours))
        .distinct()
    ).all()
    own = (run, cluster)
    held = [
        standing(decisions_of(connection, *seen))
        for seen in seen_in
        if not (before and tuple(seen) == own)
    ]
    taken = sorted((each for each in held if each is not None), key=lambda each: -each.seq)
    if not taken:
        return None
    numbers = select(DECISIONS.c.seq).where(DECISIONS.c.seq.in_([each.seq for each in taken]))
    waiting = not_counting(connection, numbers)
    found = [as_it_counts(each, waiting) for each in taken]
    now = _accounts(connection, run, cluster)
    verdicts: dict[str, tuple[str, int]] = {}
    for decision in found:
        for account, verdict in _spoken_of(connection, decision).items():
            if account in now:
                verdicts.setdefault(account, verdict)
    newest = _accounts(connection, found[0].run, found[0].cluster)
    return Carried(
        decision=found[0],
        verdicts=verdicts,
        fresh=tuple(sorted(now - verdicts.keys())),
        gone=len(newest - now),
    )


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


def _spoken_of(connection: Connection, decision: Decision) -> dict[str, tuple[str, int]]:
    excluded = set(decision.excluded)
    those = _accounts(connection, decision.run, decision.cluster) | excluded
    return {
        account: (EXCLUDED if account in excluded else decision.outcome, decision.seq)
        for account in those.difference(decision.kept)
    }


def _accounts(connection: Connection, run: str, cluster: str) -> set[str]:
    members = MEMBERS.c
    query = select(members.account).where(
        members.run == run, members.cluster == cluster, members.role != WEAK
    )
    return set(connection.scalars(query))
