"""Known rings that may be back with other accounts, by the things that were mostly their own.

A thing (a link, a text, a device) is *mostly a cluster's own* where three of its members or more
were on it, and they were at least half of all accounts of the extract that were. A new cluster
that has such a thing of a confirmed one may be its return: that is told with the things that say
so, and is for people to judge. Things are kept as digests, so that the store holds no links.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, insert, select

from graph.schemas import LEAST_SHARED
from review.decisions import standing_rows
from review.identity.tables import FINGERPRINTS, REMEMBERED, SIGHTINGS
from review.manifest import canonical, digest
from review.second.pending import counted_outcome

OF = ("confirmed", "mixed")
"""Outcomes of clusters whose things are remembered."""

THINGS_KEPT = 50
THINGS_TOLD = 5
LONGEST_TOLD = 200
_COLUMNS = ["cluster", "object_kind", "object", "members", "population"]


def remember(connection: Connection, runs: Path) -> None:
    """Keep what was mostly their own of decided clusters that nobody looked at yet.

    Args:
        connection: a turn of the store.
        runs: the folder that holds the runs' folders; a run that is no longer there is passed over
            until it is.
    """
    by_run = defaultdict(set)
    for row in connection.execute(standing_rows().where(counted_outcome().in_(OF))):
        by_run[row.run].add(row.cluster)
    for run, clusters in sorted(by_run.items()):
        looked_at = select(REMEMBERED.c.cluster).where(REMEMBERED.c.run == run)
        fresh = clusters.difference(connection.scalars(looked_at))
        file = runs / run / "cluster_objects.parquet"
        if fresh and file.is_file():
            _remember(connection, run, sorted(fresh), file)


def possible_returns(
    connection: Connection, run: str, folder: Path, clusters: Collection[str]
) -> list[dict[str, Any]]:
    """Rows of `RETURNS` for clusters of a run that no known one goes on in."""
    known = _known(connection)
    file = folder / "cluster_objects.parquet"
    if not known or not clusters or not file.is_file():
        return []
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for thing in _own_things(file, clusters):
        for then in known.get(_digest(thing), ()):
            found[thing["cluster"], then["identity"]][_digest(thing)] = {
                "kind": thing["object_kind"],
                "object": thing["object"][:LONGEST_TOLD],
                "members": thing["members"],
                "population": thing["population"],
                "members_then": then["members"],
                "population_then": then["population"],
            }
    return [
        {
            "run": run,
            "cluster": cluster,
            "identity": identity,
            "objects": len(things),
            "evidence": canonical(_told(things)).decode(),
        }
        for (cluster, identity), things in sorted(found.items())
    ]


def evidence_of(text: str) -> list[dict[str, Any]]:
    """The things that `RETURNS.evidence` holds."""
    told: list[dict[str, Any]] = json.loads(text)
    return told


def _remember(connection: Connection, run: str, clusters: list[str], file: Path) -> None:
    kept: dict[str, dict[str, dict[str, Any]]] = {cluster: {} for cluster in clusters}
    for thing in sorted(_own_things(file, clusters), key=_most_shared_first):
        things = kept[thing["cluster"]]
        if len(things) < THINGS_KEPT:
            things.setdefault(
                _digest(thing), {name: thing[name] for name in ("members", "population")}
            )
    rows = [
        {"run": run, "cluster": cluster, "sha256": sha, **thing}
        for cluster, things in kept.items()
        for sha, thing in sorted(things.items())
    ]
    if rows:
        connection.execute(insert(FINGERPRINTS), rows)
    looked_at = [
        {"run": run, "cluster": cluster, "objects": len(things)} for cluster, things in kept.items()
    ]
    connection.execute(insert(REMEMBERED), looked_at)


def _known(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """What confirmed clusters had, by digest; of decisions that stand alone."""
    stands = standing_rows().where(counted_outcome().in_(OF)).subquery()
    prints, sightings = FINGERPRINTS.c, SIGHTINGS.c
    rows = connection.execute(
        select(prints.sha256, sightings.identity, prints.members, prints.population)
        .join(stands, (stands.c.run == prints.run) & (stands.c.cluster == prints.cluster))
        .join(SIGHTINGS, (sightings.run == prints.run) & (sightings.cluster == prints.cluster))
        .order_by(prints.sha256, sightings.identity, prints.run)
    ).mappings()
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["sha256"]].append(dict(row))
    return found


def _own_things(file: Path, clusters: Collection[str]) -> Iterator[dict[str, Any]]:
    """What was mostly the clusters' own, in the order of the file."""
    wanted = pa.array(sorted(clusters), pa.string())
    with pq.ParquetFile(file, page_checksum_verification=True) as rows:
        for group in range(rows.num_row_groups):
            table = rows.read_row_group(group, columns=_COLUMNS)
            members = table["members"]
            own = pc.and_(
                pc.and_(
                    pc.greater_equal(members, LEAST_SHARED),
                    pc.greater_equal(pc.multiply(members, 2), table["population"]),
                ),
                pc.is_in(table["cluster"], wanted),
            )
            yield from table.filter(own).to_pylist()


def _digest(thing: Mapping[str, Any]) -> str:
    return digest([thing["object_kind"], thing["object"]])


def _told(things: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The things that most members shared, now and then."""
    order = sorted(things.values(), key=lambda one: (-one["members"], one["kind"], one["object"]))
    return order[:THINGS_TOLD]


def _most_shared_first(thing: Mapping[str, Any]) -> tuple[int, int, str, str]:
    return -thing["members"], thing["population"], thing["object_kind"], thing["object"]
