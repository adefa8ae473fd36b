"""What is refused before anything is written on a cluster: strangers, and late decisions."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from graph.errors import ConfigError
from review.decisions import Overtaken
from review.tables import CLUSTERS, DECISIONS, MEMBERS


def refuse_strangers(
    connection: Connection, run: str, cluster: str, accounts: Collection[str] = ()
) -> None:
    """Go on only where the run has the cluster, and the cluster these members.

    Raises:
        ConfigError: it has not.
    """
    there = select(CLUSTERS.c.cluster).where(CLUSTERS.c.run == run, CLUSTERS.c.cluster == cluster)
    if connection.scalar(there) is None:
        message = f"the store knows no cluster `{cluster}` in run `{run}`"
        raise ConfigError(message)
    if not accounts:
        return
    members = select(MEMBERS.c.account).where(MEMBERS.c.run == run, MEMBERS.c.cluster == cluster)
    strangers = set(accounts).difference(connection.scalars(members))
    if strangers:
        message = f"`{min(strangers)}` cannot be excluded: it is no member of `{cluster}`"
        raise ConfigError(message)


def refuse_unseen(connection: Connection, run: str, cluster: str, seen: int | None) -> None:
    """Go on only where no decision came after the one that the person had before them.

    Raises:
        Overtaken: one came.
    """
    if seen is None:
        return
    newest = select(func.max(DECISIONS.c.seq)).where(
        DECISIONS.c.run == run, DECISIONS.c.cluster == cluster
    )
    number = connection.scalar(newest) or 0
    if seen != number:
        message = (
            f"cluster `{cluster}` was decided on meanwhile (decision {number});"
            " look at it again, then decide"
        )
        raise Overtaken(message)
