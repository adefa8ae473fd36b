"""The clusters of a division that are large enough to be looked at."""

from __future__ import annotations

from graph.model import Clustering
from graph.schemas import CLUSTERING


def large_clusters(whole: Clustering, *, least_accounts: int) -> Clustering:
    """The clusters of at least `least_accounts` accounts; bounds stay with the whole division."""
    members = whole.members.engine.sql(
        """
        select account, cluster from {members} where cluster in (
            select cluster from {members} group by cluster having count(*) >= $accounts)
        """,
        CLUSTERING,
        {"accounts": least_accounts},
        members=whole.members,
    )
    return Clustering(members, method=whole.method)
