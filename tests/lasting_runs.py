"""Runs as the store would hold them, told in a line each, and the ids that they get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Connection, create_engine, insert, select

from graph.engines import open_engine
from graph.schemas import RUN_TABLES
from review.history import add_entry
from review.identity.assign import plan_identities, write_plan
from review.identity.tables import LINEAGE, SIGHTINGS
from review.publish import RunFacts, RunWriter
from review.run import Run
from review.tables import CLUSTERS, HISTORY_HEAD, MEMBERS, METADATA, RUNS

DAY = 86_400_000
START = 1_767_225_600_000
"""2026-01-01, ms since 1970 UTC."""
NOWHERE = Path("no such folder")


@dataclass
class Day:
    """One daily run: `clusters` maps a name to members; a member `~x` is weak."""

    number: int
    clusters: Mapping[str, Sequence[str]]
    job: str = "daily"
    things: Sequence[tuple[str, str, str, int, int]] = field(default_factory=tuple)
    """(cluster, kind, object, members, population)"""

    @property
    def run(self) -> str:
        return f"{self.job}-{self.number:03}"


@contextmanager
def empty_store() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as connection:
        connection.execute(insert(HISTORY_HEAD).values(only=1, seq=0, hash="0" * 64))
        yield connection
    engine.dispose()


def tell(connection: Connection, *days: Day) -> None:
    """Take runs in, without their files, and give their clusters ids."""
    for day in days:
        connection.execute(
            insert(RUNS).values(
                run=day.run, job=day.job, created_at=START + day.number * DAY, imported_at=0,
                manifest_sha256="", clusters=0, members=0,
            )
        )  # fmt: skip
        for place, (name, members) in enumerate(day.clusters.items(), start=1):
            connection.execute(
                insert(CLUSTERS).values(
                    run=day.run, cluster=name, place=place, score=1.0, accounts=len(members),
                    edges=1, layers="", says="", membership_sha256="",
                )
            )  # fmt: skip
            connection.execute(
                insert(MEMBERS),
                [{"run": day.run, "cluster": name, **member(each)} for each in members],
            )
        plan = plan_identities(connection, day.run, NOWHERE)
        seq = add_entry(connection, "import", by="test", at=0, run=day.run, details=plan.told)
        write_plan(connection, plan, seq)


def member(told: str) -> dict[str, str]:
    return {"account": told.lstrip("~"), "role": "weak" if told.startswith("~") else "core"}


def ids(connection: Connection, day: Day) -> dict[str, str]:
    """The id of each cluster of a run, as it was given."""
    rows = connection.execute(select(SIGHTINGS).where(SIGHTINGS.c.run == day.run))
    return {row.cluster: row.identity for row in rows}


def sighting(connection: Connection, day: Day, cluster: str) -> Mapping[str, object]:
    query = select(SIGHTINGS).where(SIGHTINGS.c.run == day.run, SIGHTINGS.c.cluster == cluster)
    return dict(connection.execute(query).mappings().one())


def events(connection: Connection) -> list[tuple[str, str, str, str]]:
    rows = connection.execute(select(LINEAGE).order_by(LINEAGE.c.event))
    return [(row.kind, row.identity, row.other, row.run) for row in rows]


def publish(out: Path, *days: Day) -> list[Run]:
    """The runs as a job would publish them, with their files."""
    made = []
    with open_engine("local", threads=1) as engine:
        for day in days:
            given = {
                "clusters": _clusters(day),
                "members": _members(day),
                "cluster_objects": _things(day),
            }
            with RunWriter.open(out, day.run, created_at=START + day.number * DAY) as writer:
                for name, schema in RUN_TABLES.items():
                    writer.add(engine.from_arrow(_rows(schema, given.get(name, [])), schema), name)
                made.append(writer.publish(RunFacts(job=day.job)))
    return made


def _clusters(day: Day) -> list[dict[str, object]]:
    return [
        {
            "cluster": name, "place": place, "score": 1 / place, "accounts": len(members),
            "layers": "links", "flagged": True, "says": f"{len(members)} accounts met often",
        }
        for place, (name, members) in enumerate(day.clusters.items(), start=1)
    ]  # fmt: skip


def _members(day: Day) -> list[dict[str, object]]:
    return [
        {"cluster": name, **member(each)}
        for name, members in day.clusters.items()
        for each in members
    ]


def _things(day: Day) -> list[dict[str, object]]:
    columns = ("cluster", "object_kind", "object", "members", "population")
    return [{**dict(zip(columns, row, strict=True)), "layer": "links"} for row in day.things]


def _rows(schema, given):
    blank = {"VARCHAR": "", "BIGINT": 0, "DOUBLE": 0.0, "BOOLEAN": False}
    columns = {c.name: None if c.nullable else blank[c.type] for c in schema.columns}
    return pa.Table.from_pylist([{**columns, **row} for row in given], schema=schema.arrow)
