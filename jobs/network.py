"""One co-action network of one file, in the formats that network tools read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from builders.coaction import Count
from builders.extracts.read import OverBudget, read_extract
from builders.extracts.report import accounting
from builders.extracts.spec import ExtractSpec
from builders.extracts.toml import extract_spec
from builders.network import Compat, network
from graph.engines import open_engine
from jobs.progress import Progress, Silent
from jobs.quick import QuickTable, table_section
from jobs.set_aside import written_aside
from review.export.edges import write_edges
from review.export.formats import format_of
from review.export.manifest import ExportManifest, Purpose
from review.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkJob:
    """What to join, and where to write it; `builders.network.network` tells the settings."""

    table: QuickTable
    out: Path
    within_seconds: float | None
    min_participation: int | None = None
    count: Count | None = None
    min_weight: int = 1
    compat: Compat | None = None
    quarantine_share: float = 0.0
    memory: str = "4GB"
    threads: int | None = None
    made_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMade:
    """The file's manifest, whether its edges are directed, and the accounts of what was read."""

    manifest: ExportManifest
    directed: bool
    interactions: int
    accounting: tuple[str, ...]


def make_network(job: NetworkJob, *, progress: Progress | None = None) -> NetworkMade:
    """Read the table, join its accounts, and write the edges with a manifest beside them.

    Nobody's id is taken for a placeholder, no row for a repetition, and times may begin with 1970,
    since other tools' input is read so.

    Raises:
        ConfigError: a setting does not fit, no format has the suffix, a column is not told.
        ExtractError: the table cannot be read, or more was set aside than is allowed; it is then
            written beside `out`.
        StoreError: the disk refused; nothing was written.
    """
    said = progress or Silent()
    format_of(job.out)
    spec = _extract(job, said)
    engine = open_engine("local", memory=job.memory, threads=job.threads)
    try:
        said.step("read", f"read {job.table.path}")
        reading = read_extract(
            engine, spec, progress=lambda done: said.rows(done.bytes_done, done.bytes, "bytes")
        )
        said.step("join", "find who acted together")
        graph = network(
            reading.interactions,
            within_seconds=job.within_seconds,
            min_participation=job.min_participation,
            count=job.count,
            min_weight=job.min_weight,
            compat=job.compat,
        )
        said.step("write", f"write {job.out}")
        manifest = write_edges(
            graph,
            job.out,
            origin=_origin(job, reading.fingerprint),
            purpose=Purpose(says="co-action network", exported_by=job.made_by),
        )
        return NetworkMade(
            manifest=manifest,
            directed=graph.directed,
            interactions=reading.interactions.count(),
            accounting=tuple(accounting(reading)),
        )
    except OverBudget as error:
        raise written_aside(error, job.out.with_name(job.out.name + ".quarantine")) from error
    finally:
        engine.close()


def _extract(job: NetworkJob, said: Progress) -> ExtractSpec:
    section = {
        **table_section(job.table, lambda assumed: said.note(f"assumed: {assumed}"), else_unit="s"),
        "deduplicate": False,
    }
    spec = extract_spec({"tables": [section]}, base=Path())
    return replace(
        spec,
        sentinel_ids=(),
        platform_start=date(1970, 1, 1),
        late_days=None,
        quarantine_share=job.quarantine_share,
    )


def _origin(job: NetworkJob, fingerprint: str) -> Origin:
    return Origin(
        job="network",
        extract={"path": str(job.table.path), "fingerprint": fingerprint},
        settings={
            "within_seconds": job.within_seconds,
            "min_participation": job.min_participation,
            "count": job.count,
            "min_weight": job.min_weight,
            "compat": job.compat,
            "columns": dict(job.table.mapping),
        },
    )
