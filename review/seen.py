"""What a person who decides had before them: the cluster as its run found it, and what found it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, select

from review.tables import CLUSTERS, HISTORY, RUNS


def what_was_seen(connection: Connection, run: str, cluster: str) -> dict[str, Any]:
    """The cluster's score, place and accounts, its members' digest, the run and its version.

    `manifest_sha256` pins down all the rest of the run: its settings, its evidence, its files.
    """
    row = connection.execute(
        select(
            CLUSTERS.c.score, CLUSTERS.c.place, CLUSTERS.c.accounts, CLUSTERS.c.membership_sha256
        ).where(CLUSTERS.c.run == run, CLUSTERS.c.cluster == cluster)
    ).one()
    manifest = connection.scalar(select(RUNS.c.manifest_sha256).where(RUNS.c.run == run))
    taken_in = connection.scalar(
        select(HISTORY.c.details).where(HISTORY.c.run == run, HISTORY.c.action == "import")
    )
    return {
        **row._mapping,
        "manifest_sha256": manifest,
        "ringwatch": json.loads(taken_in or "{}").get("ringwatch", "unknown"),
    }
